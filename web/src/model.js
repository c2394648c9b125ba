// The shapes of the API, as the server's `store::model` writes them. Types only.

/** @typedef {{decision: "allow" | "ask" | "deny", rule: string, reason: string}} Verdict */
/** @typedef {{type: "main"} | {type: "subagent", id: string, agent_type?: string}} Actor */
/** @typedef {"succeeded" | "failed" | "denied" | "unknown"} Outcome */
/** @typedef {"working" | "waiting" | "idle" | "ended" | "failed"} SessionState */

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
 * @property {string | null} tool_use_id
 * @property {Outcome | null} outcome
 * @property {number | null} duration_ms
 * @property {Verdict | null} verdict
 * @property {string | null} user
 * @property {string | null} device
 * @property {string | null} source_app
 * @property {any} payload
 */

/**
 * @typedef {object} Session
 * @property {string} id
 * @property {string} agent
 * @property {SessionState} state
 * @property {boolean} ended_inferred
 * @property {string | null} title
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

/**
 * @typedef {object} ToolCall
 * @property {string} tool_use_id
 * @property {string} session_id
 * @property {string | null} tool
 * @property {string | null} tool_family
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
 * @typedef {object} Subagent
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

/** @typedef {{tool: string, family: string, count: number, succeeded: number, failed: number, denied: number, error_rate: number, p50_ms: number | null, p95_ms: number | null}} ToolUse */
/** @typedef {{at: string, events: number, tool_calls: number, errors: number}} Bar */
/** @typedef {Record<SessionState, number>} SessionCounts */
/** @typedef {{since: string, until: string, bar_seconds: number, series: Bar[], events: number, sessions: SessionCounts, tools: ToolUse[], agents: {agent: string, events: number}[]}} Overview */

/**
 * @template T
 * @typedef {{items: T[], next: string | null}} Page
 */

export {};
