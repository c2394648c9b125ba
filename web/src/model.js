// The shapes of the API, as the server's `store::model` writes them. Types only.

/** @typedef {"allow" | "ask" | "deny"} Decision */
/** @typedef {{decision: Decision, rule: string, reason: string, mode?: "enforce" | "warn" | "observe", would?: Decision, code?: string}} Verdict `would`: what the rule would have decided, where its word did not hold */
/** @typedef {{kind: string, at: string, count: number}} Redaction `at`: a JSON pointer into the payload, empty for somewhere in it */
/** @typedef {{type: "main"} | {type: "subagent", id: string, agent_type?: string}} Actor */
/** @typedef {"succeeded" | "failed" | "denied" | "unknown"} Outcome */
/** @typedef {"working" | "waiting" | "idle" | "asleep" | "ended" | "failed"} SessionState */

/**
 * @typedef {object} StoredEvent
 * @property {string} id
 * @property {number} seq
 * @property {string | null} session_id
 * @property {string} agent
 * @property {string} name
 * @property {string} kind
 * @property {string} occurred_at
 * @property {string} received_at
 * @property {Actor} actor
 * @property {string | null} tool
 * @property {string | null} tool_family
 * @property {string | null} [mcp_server]
 * @property {string | null} [mcp_server_name] what the project calls it
 * @property {string | null} tool_use_id
 * @property {Outcome | null} outcome
 * @property {number | null} duration_ms
 * @property {Verdict | null} verdict
 * @property {string | null} user
 * @property {string | null} device
 * @property {string | null} source_app
 * @property {Redaction[]} [redactions] what was taken out
 * @property {any} payload
 */

/**
 * What was used of models; a server before there was a ledger says nothing of it.
 * @typedef {object} Used
 * @property {number} [requests]
 * @property {number} [input_tokens]
 * @property {number} [output_tokens]
 * @property {number} [cache_read_tokens]
 * @property {number} [cache_write_tokens]
 * @property {number} [cost_microusd] in millionths of a dollar
 * @property {boolean} [cost_estimated] in part by the price table
 * @property {number} [unpriced_requests]
 */

/** @typedef {Used & {key: string, sessions: number, people: number}} UsageRow */
/** @typedef {Used & {person: string, team: string | null, sessions: number, tool_calls: number, tool_errors: number, last_seen: string}} Person */
/** @typedef {{handler: string, runs: number, troubles: number, outcomes: Record<string, number>, p50_ms: number | null, p95_ms: number | null, last_outcome: string, last_at: string, last_session_id: string | null}} HandlerUse */
/** @typedef {Used & {repository: string, people: number, sessions: number, tool_calls: number, tool_errors: number, last_seen: string}} Repository */
/** @typedef {{context?: {version?: string, os?: string}, backlog: {bytes: number}}} DeviceReport */
/** @typedef {{name: string, events: number, last_seen: string | null, skew_ms: number | null, clock_skew_ms?: number | null, report?: DeviceReport | null, flags: {code: string, message: string}[]}} Device */
/** @typedef {"ingest" | "read" | "admin"} Scope */
/** @typedef {{project: string, organisation: string, scopes: Scope[], operator: boolean, key: string | null, keyed: boolean, csrf: string | null}} Me */
/** @typedef {{id: string, prefix: string, project: string, scopes: Scope[], name: string | null, state: "active" | "expired" | "revoked", created_at: string, created_by: string, replaces: string | null, expires_at: string | null, revoked_at: string | null, last_used_at: string | null}} Key */
/** @typedef {Key & {key: string}} MadeKey `key` is shown once */
/** @typedef {{project: string, created_at: string, keys: number}} Project */
/** @typedef {{raw: string, display: string, overridden: boolean, calls: number, errors: number, last_seen: string | null, named_by: string | null, named_at: string | null}} Server */
/** @typedef {{available: boolean, enabled: boolean, model: string | null}} Titles */
/** @typedef {{state: "waiting" | "quarantined", session_id: string, agent: string, events: number, address: string, last_at: string}} Unclaimed */
/** @typedef {{id: string, name: string, kind: string, occurred_at: string, payload: any}} UnclaimedEvent */
/** @typedef {Used & {turn_id: string | null, at: string, text: string | null}} PromptUse */
/** @typedef {{key: string, total: number, denied: number, asked: number, warned: number, observed: number, would_deny: number, would_ask: number, let_through: number, unavailable: number, last_at: string | null}} VerdictRow */
/** @typedef {{event_id: string, at: string, session_id: string | null, run_id: string | null, name: string, path: string, label: string | null, sha256: string, bytes: number, user: string | null, device: string | null, uploaded: boolean}} Artifact */
/** @typedef {"low" | "medium" | "high" | "critical"} Severity */
/** @typedef {"open" | "acknowledged" | "resolved" | "false-alarm"} FindingState */
/** @typedef {{id: number, kind: string, rule: string, severity: Severity, state: FindingState, owner: string | null, summary: string, subject: string, agent: string, session_id: string | null, event_id: string, tool: string | null, user: string | null, first_seen: string, last_seen: string, count: number, changed_at: string | null, changed_by: string | null}} Finding */
/** @typedef {{state: "running" | "idle", pass: number, position: number, end: number, findings: number, open: number, dropped: number}} Scan */
/** @typedef {{id: number, at: string, by: string | null, rule: string, event_id: string | null, report: any}} StopReport `report` has the shape of whoever made it */
/** @typedef {{source: string, events: number, prompts: number, tool_calls: number}} SourceTold */
/** @typedef {{tool_use_id: string, tool: string | null}} BlindSpot */
/** @typedef {{sources: SourceTold[], calls_no_hook_reported: number, blind_spots: BlindSpot[]}} Reconciliation */

/**
 * @typedef {object} SessionFacts
 * @property {string} id
 * @property {string} agent
 * @property {SessionState} state
 * @property {boolean} ended_inferred
 * @property {string | null} title
 * @property {"agent" | "model" | "prompt" | null} [title_source]
 * @property {string | null} [repository]
 * @property {string | null} [branch]
 * @property {string | null} [commit]
 * @property {string | null} cwd
 * @property {string | null} model
 * @property {string} started_at
 * @property {string} last_event_at
 * @property {string | null} ended_at
 * @property {string | null} parent_id
 * @property {number} events
 * @property {number} prompts
 * @property {number} tool_calls
 * @property {number} tool_errors
 * @property {number} subagents
 * @property {string | null} user
 * @property {string | null} device
 * @property {string | null} source_app
 */

/** @typedef {SessionFacts & Used} Session */

/**
 * @typedef {object} ToolCall
 * @property {string} tool_use_id
 * @property {string} session_id
 * @property {string | null} tool
 * @property {string | null} tool_family
 * @property {string | null} [mcp_server]
 * @property {string | null} [mcp_server_name] what the project calls it
 * @property {string | null} actor_id
 * @property {string | null} requested_at
 * @property {string | null} ended_at
 * @property {number | null} duration_ms
 * @property {Outcome | null} outcome
 * @property {boolean} permission_asked
 * @property {string | null} spawned
 * @property {string | null} request_event_id
 * @property {string | null} result_event_id
 */

/**
 * @typedef {object} SubagentFacts
 * @property {string} id
 * @property {string} session_id
 * @property {string | null} agent_type
 * @property {string | null} parent_id
 * @property {string | null} tool_use_id
 * @property {string} started_at
 * @property {string | null} ended_at
 * @property {number} tool_calls
 * @property {number} tool_errors
 */

/** @typedef {SubagentFacts & Used} Subagent */

/** @typedef {{tool: string, family: string, mcp_server_name?: string | null, count: number, succeeded: number, failed: number, denied: number, error_rate: number, p50_ms: number | null, p95_ms: number | null}} ToolUse */
/** @typedef {{at: string, events: number, tool_calls: number, errors: number}} Bar */
/** @typedef {Record<SessionState, number>} SessionCounts */
/** @typedef {{since: string, until: string, bar_seconds: number, series: Bar[], events: number, sessions: SessionCounts, tools: ToolUse[], servers?: {mcp_server_name: string, mcp_servers: string[], calls: number, errors: number}[], agents: {agent: string, events: number}[]}} Overview */

/**
 * @template T
 * @typedef {{items: T[], next: string | null}} Page
 */

export {};
