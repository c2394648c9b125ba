// Turns recorded hook payloads into events as the API shows them, at plausible times: the recordings carry none.

import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const RECORDED = join(dirname(fileURLToPath(import.meta.url)), "recorded");

const KINDS = {
  SessionStart: "session.started", SessionEnd: "session.ended", Setup: "session.setup", UserPromptSubmit: "prompt.submitted",
  UserPromptExpansion: "prompt.expanded", Stop: "turn.ended", StopFailure: "turn.failed", PreToolUse: "tool.requested", PostToolUse: "tool.succeeded",
  PostToolUseFailure: "tool.failed", PostToolBatch: "tool.batch", PermissionRequest: "permission.requested", Notification: "notification",
  SubagentStart: "subagent.started", SubagentStop: "subagent.ended", PreCompact: "compaction.started", PostCompact: "compaction.ended",
};
const FAMILIES = { Bash: "shell", Read: "file_read", Write: "file_write", Edit: "file_write", MultiEdit: "file_write", apply_patch: "file_write", Grep: "search", Glob: "search", WebFetch: "web", WebSearch: "web", Agent: "agent" };
const OUTCOMES = { "tool.succeeded": "succeeded", "tool.failed": "failed", "tool.denied": "denied" };

let minted = 0;
const id = () => `01a1fa78-11a0-7f13-8000-${(minted += 1).toString(16).padStart(12, "0")}`;

/** One event as the API shows it. */
export function eventOf(payload, at, { agent = "claude-code", device = "dev-laptop", user = null, verdict = null } = {}) {
  const kind = KINDS[payload.hook_event_name] ?? "unknown";
  const time = new Date(at).toISOString().replace("Z", "000000Z");
  const tool = payload.tool_name ?? null;
  return {
    id: id(), session_id: payload.session_id ?? null, agent, name: payload.hook_event_name, kind, occurred_at: time, received_at: time,
    actor: payload.agent_id ? { type: "subagent", id: payload.agent_id, agent_type: payload.agent_type } : { type: "main" },
    tool, tool_family: tool && (FAMILIES[tool] ?? (tool.startsWith("mcp__") ? "mcp" : "other")), tool_use_id: payload.tool_use_id ?? null,
    outcome: OUTCOMES[kind] ?? null, duration_ms: payload.duration_ms ?? null, verdict, user, device, source_app: null, payload,
  };
}

/** The payloads of one recording. @param {string} name */
export const recording = (name) => readFileSync(join(RECORDED, name), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));

/** What a guard would have said of a recorded command: one it stops, one a rule only observes. */
function guard({ hook_event_name: name, tool_input: input }) {
  if (name !== "PreToolUse") return null;
  if (input?.command?.startsWith("rm -rf ~")) {
    return { decision: "deny", rule: "filesystem.delete-folder-of-home", reason: "This removes a folder in which people keep what is nowhere else.", code: "k7m2" };
  }
  return input?.command === "exit 3" ? { decision: "allow", rule: "team.no-exit", reason: "Our scripts end by themselves.", mode: "observe", would: "ask" } : null;
}

/** A recording as a session of its own, its first event at `at`. The pauses before each event follow what it is. */
export function play(payloads, at, { suffix = "", upTo = payloads.length, ...options } = {}) {
  const pause = { "tool.requested": 900, "turn.ended": 1600, "prompt.submitted": 700, "permission.requested": 15, notification: 6000, "subagent.started": 12, "tool.batch": 2 };
  let now = at;
  const asked = new Map();
  const requested = new Map();
  return payloads.slice(0, upTo).map((payload, index) => {
    const kind = KINDS[payload.hook_event_name];
    const after = OUTCOMES[kind] ? (payload.duration_ms ?? 240) * (payload.agent_id ? 40 : 12) : (pause[kind] ?? 40);
    now += after + ((index * 7919) % 90);
    if (kind === "permission.requested") asked.set(payload.tool_name, now);
    // A person took a while: from the question to a moment before the end the call did not run.
    const question = OUTCOMES[kind] ? asked.get(payload.tool_name) : undefined;
    if (question) now += 8000;
    const waited = question ? now - after - question : 0;
    asked.delete(question ? payload.tool_name : undefined);
    const event = eventOf({ ...payload, session_id: payload.session_id + suffix, ...(payload.tool_use_id && { tool_use_id: payload.tool_use_id + suffix }) }, now, { verdict: guard(payload), ...options });
    if (kind === "tool.requested") requested.set(payload.tool_use_id, now);
    if (OUTCOMES[kind]) event.duration_ms = now - waited - (requested.get(payload.tool_use_id) ?? now);
    return event;
  });
}

/** What telemetry would have told of a played session: a span for each turn, request to a model and part of a call. */
export function spansOf(events) {
  const { session_id: session, agent, device } = events[0];
  let made = 0;
  const span = (name, parent, from, to, more = {}) => {
    const span_id = `${session.slice(0, 6)}-${(made += 1)}`;
    const payload = { "otel.name": name, "otel.kind": "span", span_id, "otel.end": new Date(to).toISOString(), ...(parent && { parent_span_id: parent.payload.span_id }), ...more };
    return { ...eventOf({ session_id: session }, from, { agent, device }), name, kind: "telemetry.span", tool_use_id: more.tool_use_id ?? null, duration_ms: to - from, payload };
  };
  const at = (event) => Date.parse(event.occurred_at);
  const spans = [];
  let turn = null;
  for (const event of events) {
    if (event.kind === "prompt.submitted") {
      const end = events.find((other) => other.kind === "turn.ended" && at(other) > at(event)) ?? events.at(-1);
      turn = span("claude_code.interaction", null, at(event), at(end), { user_prompt: event.payload.prompt });
      spans.push(turn);
    }
    if (event.kind !== "tool.requested") continue;
    const agent_id = event.actor.id;
    const execution = spans.findLast(({ name, payload }) => agent_id && name.endsWith("execution") && payload.tool_name === "Agent");
    const parent = execution ?? turn;
    spans.push(span("claude_code.llm_request", parent, at(event) - 640, at(event) - 20, { model: "claude-opus-4-8", input_tokens: 120, output_tokens: 30, cache_read_tokens: 900, ttft_ms: 180, success: true, ...(agent_id && { agent_id }) }));
    const result = events.find((other) => other.outcome && other.tool_use_id === event.tool_use_id);
    if (!result) continue;
    const ran = at(result) - (result.duration_ms ?? 0);
    const call = { tool_use_id: event.tool_use_id, tool_name: event.tool };
    const whole = span("claude_code.tool", parent, at(event), at(result), { ...call, ...(agent_id && { agent_id }) });
    spans.push(whole, span("claude_code.tool.blocked_on_user", whole, at(event), Math.max(at(event) + 2, ran), { decision: "accept" }));
    spans.push(span("claude_code.tool.execution", whole, ran, at(result), { ...call, success: result.outcome === "succeeded" }));
  }
  return spans;
}

/** Every recording once or more over the last day, one of them waiting for a person, in order of time. */
export function recordedDay(now = Date.now()) {
  const names = readdirSync(RECORDED).filter((name) => name.endsWith(".jsonl")).sort();
  const events = [];
  for (let turn = 0; turn < 14; turn += 1) {
    names.forEach((name, index) => {
      if ((turn * 5 + index * 3) % 7 > 4 - Math.abs(turn - 8) / 3) return;
      const at = now - 23 * 3600e3 + turn * 1.6 * 3600e3 + index * 11 * 60e3;
      if (at > now - 300e3) return;
      events.push(...play(recording(name), at, { suffix: `-${turn}`, agent: name.startsWith("codex") ? "codex" : "claude-code", device: turn % 3 ? "dev-laptop" : "build-vm" }));
    });
  }
  const asking = recording("interactive-permission-prompt.jsonl");
  const until = asking.findIndex((payload) => payload.hook_event_name === "Notification") + 1;
  events.push(...play(asking, now - 90e3, { upTo: until }));
  const running = recording("full-run-with-mcp-and-subagents.jsonl");
  const played = play(running, now - 26e3, { upTo: 35, device: "build-vm" });
  events.push(...played, ...spansOf(played));
  events.push(...play(recording("codex-exec-run.jsonl"), now - 260e3, { agent: "codex" }));
  return events.filter((event) => Date.parse(event.occurred_at) <= now).sort((a, b) => (a.occurred_at < b.occurred_at ? -1 : 1));
}

/** Many events of one long session. @param {number} count */
export function many(count, now = Date.now()) {
  return Array.from({ length: count }, (_, index) => {
    const request = index % 2 === 0;
    const call = index >> 1;
    return eventOf(
      {
        session_id: "many", cwd: "/home/dev/shop", hook_event_name: request ? "PreToolUse" : call % 17 ? "PostToolUse" : "PostToolUseFailure", tool_name: ["Bash", "Read", "Grep", "Edit"][call % 4],
        tool_use_id: `call-${call}`, tool_input: { command: `make step-${call}`, file_path: `/home/dev/shop/src/part-${call}.py`, pattern: `TODO ${call}` },
        ...(request ? {} : { duration_ms: (call * 37) % 900, tool_response: { stdout: `done ${call}`, stderr: "" } }),
      },
      now - (count - index) * 400,
    );
  });
}
