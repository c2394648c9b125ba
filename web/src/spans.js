// What telemetry's spans tell of a session, and where each belongs: under the tool call it measured, under the span it
// is a part of, or in the lane of the agent it was of. Pure.

import { millis } from "./format.js";
import { saysOf } from "./payload.js";

/** @import { StoredEvent, Subagent, ToolCall } from "./model.js" */

/**
 * @typedef {object} Span
 * @property {string} id
 * @property {string} event the event that tells of it
 * @property {string} parent empty for none
 * @property {string} name the agent's own
 * @property {string | null} call
 * @property {string | null} agent the subagent it was of
 * @property {number} from milliseconds
 * @property {number} to
 * @property {number | null} first when the first of an answer came, for a request to a model
 * @property {boolean} failed
 * @property {string} text what it says in a line
 */

/** @typedef {{span: Span, children: Node[]}} Node */
/** @typedef {{byCall: Map<string, Node[]>, byActor: Map<string | null, Node[]>}} Places `byActor` has the main agent's under null */

/** Levels followed; foreign data may be deep, or a loop. */
const DEPTH_MOST = 64;

/** @param {any} value @returns {value is number} */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
/** @param {any} value */
const numberOf = (value) => (isNumber(value) ? value : typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : null);
/** @param {any} value */
const textOf = (value) => (typeof value === "string" ? value : "");

/** @param {StoredEvent} event @returns {Span | null} null where it is no span that can be placed */
export function readSpan({ id: event, name, kind, occurred_at: at, payload, tool_use_id: call, duration_ms: took, actor }) {
  const id = kind === "telemetry.span" && payload && typeof payload === "object" ? textOf(payload.span_id) : "";
  const from = millis(at);
  if (!id || Number.isNaN(from)) return null;
  const told = millis(textOf(payload["otel.end"]));
  const to = Math.max(from, Number.isNaN(told) ? from + (numberOf(took) ?? 0) : told);
  const first = numberOf(payload.ttft_ms);
  return {
    id, event, name, from, to, call: call ?? (textOf(payload.tool_use_id) || null), parent: textOf(payload.parent_span_id),
    agent: actor?.type === "subagent" ? actor.id : textOf(payload.agent_id) || null, first: first === null ? null : Math.min(to, from + first),
    failed: payload.success === false || payload.success === "false" || /error/i.test(textOf(payload["otel.status"]?.code ?? payload["otel.status"])), text: saysOf(payload),
  };
}

/** @type {Record<string, string>} */
const WORDS = { interaction: "turn", llm_request: "model request", "tool.execution": "execution", "tool.blocked_on_user": "permission", hook: "hook" };

/** What a span is called. @param {Span} span */
export function spanName({ name }) {
  const own = name.replace(/^claude_code\./, "");
  return WORDS[own] ?? own;
}

/** A turn as a whole: what happened in it stands beside it, not below. @param {Span} span */
export const isTurn = ({ name }) => name.endsWith(".interaction");
/** The wait for a person's word. @param {Span} span */
export const isWait = ({ name }) => name.endsWith(".blocked_on_user");
/** A request to a model. @param {Span} span */
export const isRequest = ({ name }) => name.endsWith("llm_request");

/**
 * @param {Span[]} spans
 * @param {ToolCall[]} calls
 * @param {Subagent[]} subagents
 * @returns {Places}
 */
export function spanPlaces(spans, calls, subagents) {
  /** @type {Map<string, Node>} */
  const nodes = new Map();
  for (const span of spans) nodes.set(span.id, { span, children: [] });
  const known = new Set(calls.map(({ tool_use_id: id }) => id));
  const agents = new Set(subagents.map(({ id }) => id));
  /** @param {Span | undefined} span */
  const callOf = (span) => (span?.call && known.has(span.call) ? span.call : null);
  /** The call whose own row a span is: what the span is made of stands below that. @param {Span | undefined} span */
  const wholeOf = (span) => (span && callOf(span) !== callOf(nodes.get(span.parent)?.span) ? callOf(span) : null);
  /** @type {Places} */
  const places = { byCall: new Map(), byActor: new Map() };
  for (const node of nodes.values()) {
    const { span } = node;
    const parent = nodes.get(span.parent);
    const measured = wholeOf(parent?.span);
    const agent = span.agent && agents.has(span.agent) ? span.agent : null;
    if (wholeOf(span)) continue;
    if (measured) put(places.byCall, measured, node);
    else if (agent && parent?.span.agent !== agent) put(places.byActor, agent, node);
    else if (parent && !isTurn(parent.span) && ends(span, nodes)) parent.children.push(node);
    else put(places.byActor, agent, node);
  }
  for (const lists of [places.byCall, places.byActor]) {
    for (const list of lists.values()) list.sort((a, b) => a.span.from - b.span.from);
  }
  return places;
}

/** Whether following the parents ends: foreign data may loop, and what loops would never be drawn. @param {Span} span @param {Map<string, Node>} nodes */
function ends(span, nodes) {
  /** @type {Span | undefined} */
  let at = span;
  for (let depth = 0; depth < DEPTH_MOST; depth += 1) {
    at = nodes.get(at.parent)?.span;
    if (!at) return true;
  }
  return false;
}

/** @template K @param {Map<K, Node[]>} map @param {K} key @param {Node} node */
function put(map, key, node) {
  const list = map.get(key);
  if (list) list.push(node);
  else map.set(key, [node]);
}
