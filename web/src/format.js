// How times, durations, numbers and the record's words are written for a person. Pure.

/** @import { Session, SessionState } from "./model.js" */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Milliseconds of a time in RFC 3339, fraction included; NaN for no time.
 * @param {string | null | undefined} time
 */
export function millis(time) {
  if (!time) return NaN;
  const whole = Date.parse(time.replace(/\.\d+/, ""));
  const fraction = /\.(\d+)/.exec(time);
  return whole + (fraction ? Number(`0.${fraction[1]}`) * 1000 : 0);
}

/** @param {number} n @param {number} [width] */
const pad = (n, width = 2) => String(n).padStart(width, "0");

/**
 * The time of day with milliseconds, local.
 * @param {string} time
 */
export function clock(time) {
  const date = new Date(millis(time));
  if (Number.isNaN(date.getTime())) return "–";
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/**
 * Date and time of day, local; the date is left out for today.
 * @param {string | null} time
 * @param {number} [today] the time now
 */
export function dateTime(time, today = Date.now()) {
  const date = new Date(millis(time));
  if (Number.isNaN(date.getTime())) return "–";
  const hours = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  if (date.toDateString() === new Date(today).toDateString()) return hours;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${hours}`;
}

/**
 * The moment to the millisecond, local; the date is left out for today.
 * @param {string} time
 */
export const moment = (time) => [...dateTime(time).split(" ").slice(0, -1), clock(time)].join(" ");

/**
 * How long ago, in one unit.
 * @param {string | null} time
 * @param {number} now
 */
export function ago(time, now) {
  const passed = now - millis(time);
  if (Number.isNaN(passed)) return "–";
  if (passed < 5 * SECOND) return "now";
  if (passed < MINUTE) return `${Math.floor(passed / SECOND)} s ago`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  return `${Math.floor(passed / DAY)} d ago`;
}

/**
 * A duration with two significant units.
 * @param {number | null | undefined} ms
 */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 0) return "–";
  if (ms < 1) return ms === 0 ? "0 ms" : "<1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE - 500) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m ${pad(Math.floor((ms % MINUTE) / SECOND))} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${pad(Math.floor((ms % HOUR) / MINUTE))} m`;
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
}

const wholeNumber = new Intl.NumberFormat("en", { useGrouping: true });

/** A number with a thin space between thousands. @param {number} n */
export const count = (n) => wholeNumber.format(n).replaceAll(",", "\u202f");

/** A size in bytes. @param {number} n */
export const bytes = (n) => (n < 1024 ? `${n} B` : n < 1024 ** 2 ? `${Math.round(n / 1024)} KiB` : `${(n / 1024 ** 2).toFixed(1)} MiB`);

/** A share as a percentage. @param {number} share */
export function percent(share) {
  if (!share) return "0 %";
  const value = share * 100;
  return value < 0.1 ? "<0.1 %" : value < 10 ? `${value.toFixed(1)} %` : `${Math.round(value)} %`;
}

/** @param {number} n @param {string} one @param {string} [many] */
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** How long a session lasted, or has lasted so far. @param {Session} session @param {number} now */
export function sessionDuration(session, now) {
  const running = session.state === "working" || session.state === "waiting";
  const end = session.ended_at ?? (running ? null : session.last_event_at);
  return duration((end ? millis(end) : now) - millis(session.started_at));
}

/** The last part of a path, with its parent. @param {string | null} path */
export function shortPath(path) {
  if (!path) return "";
  const parts = path.split(/[\\/]/).filter(Boolean);
  return parts.length > 2 ? `…/${parts.slice(-2).join("/")}` : path;
}

/** The start of an id: enough to tell it from its neighbours. @param {string} id */
export const shortId = (id) => (id.length > 13 ? `${id.slice(0, 8)}…` : id);

/** @type {Record<SessionState, string>} */
export const STATE_WORDS = { working: "Working", waiting: "Waiting for you", idle: "Idle", asleep: "Asleep", failed: "Failed", ended: "Ended" };
/** @type {SessionState[]} The order a person cares about. */
export const STATES = ["waiting", "working", "failed", "idle", "asleep", "ended"];

/** @type {Record<string, string>} */
const AGENT_WORDS = { "claude-code": "Claude Code", codex: "Codex", cursor: "Cursor", gemini: "Gemini", copilot: "Copilot" };
/** @param {string} agent */
export const agentName = (agent) => AGENT_WORDS[agent] ?? agent;
export const AGENTS = Object.keys(AGENT_WORDS);

/** Every kind of event, for the filter. */
export const KINDS = [
  "prompt.submitted", "tool.requested", "tool.succeeded", "tool.failed", "tool.denied", "tool.batch", "tool.detail",
  "permission.requested", "notification", "turn.ended", "turn.failed", "turn.interrupted", "subagent.started", "subagent.ended",
  "session.started", "session.ended", "session.slept", "session.woke", "session.setup", "prompt.expanded", "message.displayed", "message.received", "thought.received",
  "model.requested", "model.responded", "model.switching", "model.switched", "teammate.idle", "task.created", "task.completed",
  "compaction.started", "compaction.ended", "instructions.loaded", "config.changed", "cwd.changed", "file.changed", "file.touched",
  "directory.added", "workspace.opened", "worktree.creating", "worktree.removed", "elicitation.requested", "elicitation.answered",
  "model.tools_selecting", "model.failed", "tool.decided", "tool.reported", "prompt.reported", "compaction.reported", "hook.measured",
  "telemetry.log", "telemetry.metric", "telemetry.span", "transcript.entry", "worker.spawned", "artifact.created", "state.reported", "handler.ran",
  "error", "malformed", "unknown",
];

/**
 * The tone an event is shown in.
 * @param {{kind: string, outcome?: string | null, verdict?: {decision: string} | null}} event
 * @returns {"bad" | "wait" | "good" | "person" | "quiet" | "plain"}
 */
export function tone(event) {
  if (event.verdict?.decision === "deny" || event.outcome === "failed" || event.outcome === "denied") return "bad";
  switch (event.kind) {
    case "tool.failed":
    case "tool.denied":
    case "turn.failed":
    case "error":
    case "malformed":
      return "bad";
    case "permission.requested":
    case "notification":
    case "elicitation.requested":
      return "wait";
    case "tool.succeeded":
      return "good";
    case "prompt.submitted":
    case "turn.ended":
    case "message.received":
      return "person";
    case "tool.batch":
    case "session.started":
    case "session.ended":
    case "session.setup":
    case "instructions.loaded":
      return "quiet";
    default:
      return event.verdict?.decision === "ask" ? "wait" : "plain";
  }
}

/** @type {Record<string, string>} */
const DECISION_WORDS = { deny: "denied", ask: "asked", allow: "allowed" };
/** @type {Record<string, string>} */
const WOULD_WORDS = { deny: "would deny", ask: "would ask" };

/**
 * A verdict in a word or two, and the tone it is shown in. What a rule would have decided, had it been enforced, is told
 * apart from what it did decide.
 * @param {{decision: string, mode?: string, would?: string}} verdict
 * @returns {{text: string, tone: "deny" | "ask" | "would" | "allow"}}
 */
export function verdictWords({ decision, mode, would }) {
  const stricter = would && would !== decision ? WOULD_WORDS[would] : undefined;
  if (decision === "allow" && mode === "warn") return { text: "warned", tone: "would" };
  if (decision === "allow" && stricter) return mode === "observe" ? { text: stricter, tone: "would" } : { text: "let through once", tone: "would" };
  if (decision === "deny" || decision === "ask") return { text: DECISION_WORDS[decision], tone: decision };
  return { text: DECISION_WORDS[decision] ?? decision, tone: "allow" };
}

const STRICTNESS = ["allow", "would", "ask", "deny"];

/** The strictest of what was said of one thing. @param {(import("./model.js").Verdict | null | undefined)[]} verdicts */
export const strictest = (...verdicts) =>
  verdicts.reduce((/** @type {import("./model.js").Verdict | null} */ most, one) => (one && (!most || STRICTNESS.indexOf(verdictWords(one).tone) > STRICTNESS.indexOf(verdictWords(most).tone)) ? one : most), null);

/**
 * A tool's name; of an MCP tool its server, as the project calls it, and its own name.
 * @param {string} tool
 * @param {string | null} [server] the server's raw name, where told
 * @param {string | null} [display] what the project calls the server
 */
export function toolName(tool, server, display) {
  const known = server && tool.startsWith(`mcp__${server}__`) ? [server, tool.slice(server.length + 7)] : null;
  const parts = known ?? /^mcp__(.+?)__(.+)$/.exec(tool)?.slice(1);
  if (parts) return `${display ?? parts[0]} · ${parts[1]}`;
  return display ? `${display} · ${tool.replace(/^MCP:/, "")}` : tool;
}

/**
 * An amount in millionths of a dollar, to four digits below a dollar; `~` before one that is estimated.
 * @param {number | undefined} micros
 * @param {boolean} [estimated]
 */
export function dollars(micros = 0, estimated = false) {
  const amount = Math.abs(micros) / 1e6;
  const digits = micros && amount < 1 ? 4 : 2;
  const text = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(amount);
  return `${estimated ? "~" : ""}${micros < 0 ? "-" : ""}$${text.replaceAll(",", "\u202f")}`;
}

/** Every token that was used, those of caches too. @param {import("./model.js").Used} used */
export const tokens = (used) => (used.input_tokens ?? 0) + (used.output_tokens ?? 0) + (used.cache_read_tokens ?? 0) + (used.cache_write_tokens ?? 0);
