// The tree behind the waterfall: prompts and calls of the main agent in order of time, each subagent nested below the
// call that spawned it, to any depth, and what telemetry's spans tell below what they measured. Pure.

import { millis } from "./format.js";
import { isTurn } from "./spans.js";

/** @import { StoredEvent, Subagent, ToolCall } from "./model.js" */
/** @import { Node, Places, Span } from "./spans.js" */

/**
 * @typedef {{type: "call", key: string, depth: number, call: ToolCall, parts: number, open: boolean, times: Times}
 *   | {type: "agent", key: string, depth: number, subagent: Subagent, calls: number, open: boolean, times: Times}
 *   | {type: "prompt", key: string, depth: number, event: StoredEvent, times: Times}
 *   | {type: "span", key: string, depth: number, span: Span, parts: number, open: boolean, times: Times}} LaneRow
 */
/** @typedef {{from: number, ran: number, to: number, running: boolean}} Times `from` requested, `ran` began to run, `to` ended; milliseconds */

/** Levels of nesting followed; deeper ones (or a loop in foreign data) are drawn at this depth. */
const DEPTH_MOST = 32;
/** How long after a turn began its prompt may be told, in milliseconds. */
const PROMPT_LATE_MS = 2000;

/** @type {Places} */
export const NO_SPANS = { byCall: new Map(), byActor: new Map() };

/** @type {Node[]} */
const NONE = [];

/** Times of calls that ended: they never change, and a running session asks for them every second. @type {WeakMap<ToolCall, Times>} */
const settled = new WeakMap();

/**
 * When a call was requested, began to run and ended. What lies between request and run of a call somebody was asked
 * about is the wait for that person.
 * @param {ToolCall} call
 * @param {number} now
 * @param {boolean} alive whether the session still runs
 * @returns {Times}
 */
export function callTimes(call, now, alive) {
  const known = settled.get(call);
  if (known) return known;
  const ended = millis(call.ended_at);
  const requested = millis(call.requested_at);
  const took = call.duration_ms ?? 0;
  const running = Number.isNaN(ended) && call.outcome === null && alive;
  const to = !Number.isNaN(ended) ? ended : running ? Math.max(now, requested) : requested + took;
  const from = !Number.isNaN(requested) ? requested : to - took;
  const ran = call.permission_asked ? (running ? to : Math.max(from, to - took)) : from;
  const times = { from, ran, to: Math.max(from, to), running };
  if (!Number.isNaN(ended)) settled.set(call, times);
  return times;
}

/**
 * @param {ToolCall[]} calls
 * @param {Subagent[]} subagents
 * @param {StoredEvent[]} prompts
 * @param {{turned: Set<string>, now: number, alive: boolean, spans?: Places}} how `turned` holds the keys of rows that are folded
 *   or unfolded by hand: subagents are open unless turned; calls and spans show their parts only then
 * @returns {LaneRow[]}
 */
export function laneRows(calls, subagents, prompts, { turned, now, alive, spans = NO_SPANS }) {
  /** @type {Map<string | null, ToolCall[]>} */
  const byActor = new Map();
  const known = new Set(subagents.map(({ id }) => id));
  /** @type {Map<string, string>} call → subagent */
  const spawned = new Map();
  for (const call of calls) {
    const actor = call.actor_id && known.has(call.actor_id) ? call.actor_id : null;
    const lane = byActor.get(actor);
    if (lane) lane.push(call);
    else byActor.set(actor, [call]);
    if (call.spawned && known.has(call.spawned)) spawned.set(call.tool_use_id, call.spawned);
  }
  const callIds = new Set(calls.map(({ tool_use_id: id }) => id));
  for (const agent of subagents) {
    if (agent.tool_use_id && callIds.has(agent.tool_use_id)) spawned.set(agent.tool_use_id, agent.id);
  }
  const placed = new Set(spawned.values());
  const byId = new Map(subagents.map((agent) => [agent.id, agent]));
  /** @type {Set<string>} Drawn already: foreign data may name a subagent as its own ancestor. */
  const drawn = new Set();
  /** @type {LaneRow[]} */
  const rows = [];

  /** @param {Subagent} agent @param {number} depth */
  function drawAgent(agent, depth) {
    if (drawn.has(agent.id)) return;
    drawn.add(agent.id);
    const own = byActor.get(agent.id) ?? [];
    const from = millis(agent.started_at);
    const ended = millis(agent.ended_at);
    const last = Math.max(from, ...own.map((call) => callTimes(call, now, alive).to).filter(Number.isFinite));
    const running = Number.isNaN(ended) && alive;
    const to = Math.max(from, Number.isNaN(ended) ? (running ? now : last) : ended);
    const key = `agent ${agent.id}`;
    const open = !turned.has(key);
    rows.push({ type: "agent", key, depth, subagent: agent, calls: own.length, open, times: { from, ran: from, to, running } });
    if (open) drawLane(agent.id, depth + 1);
    else markDrawn(agent.id);
  }

  /** Folded subagents hide those below them. @param {string} id */
  function markDrawn(id) {
    for (const agent of subagents) {
      const caller = byActor.get(id)?.some(({ tool_use_id: call }) => spawned.get(call) === agent.id);
      if ((agent.parent_id === id || caller) && !drawn.has(agent.id)) {
        drawn.add(agent.id);
        markDrawn(agent.id);
      }
    }
  }

  const promptTimes = prompts.map(({ occurred_at: at }) => millis(at));
  /** A turn is drawn below the prompt that began it, though its span begins a little earlier. @param {Span} turn */
  const promptOf = ({ from, to }) => promptTimes.find((at) => at >= from && at <= to && at - from < PROMPT_LATE_MS) ?? from;

  /** @param {Node} node @param {number} wanted */
  function drawSpan({ span, children }, wanted) {
    const depth = Math.min(wanted, DEPTH_MOST);
    const key = `span ${span.id}`;
    const open = turned.has(key);
    rows.push({ type: "span", key, depth, span, parts: children.length, open, times: { from: span.from, ran: span.from, to: span.to, running: false } });
    if (open) for (const child of children) drawSpan(child, depth + 1);
  }

  /** @param {string | null} actor @param {number} wanted */
  function drawLane(actor, wanted) {
    const depth = Math.min(wanted, DEPTH_MOST);
    /** @type {{from: number, draw: () => void}[]} Of what begins at once, prompts come first. */
    const lane = [];
    for (const event of actor === null ? prompts : []) {
      const at = millis(event.occurred_at);
      lane.push({ from: at, draw: () => rows.push({ type: "prompt", key: `prompt ${event.id}`, depth, event, times: { from: at, ran: at, to: at, running: false } }) });
    }
    for (const call of byActor.get(actor) ?? []) {
      const times = callTimes(call, now, alive);
      lane.push({
        from: times.from,
        draw() {
          const key = `call ${call.tool_use_id}`;
          const parts = spans.byCall.get(call.tool_use_id) ?? NONE;
          const open = turned.has(key);
          rows.push({ type: "call", key, depth, call, parts: parts.length, open, times });
          if (open) for (const node of parts) drawSpan(node, depth + 1);
          const child = byId.get(spawned.get(call.tool_use_id) ?? "");
          if (child) drawAgent(child, depth + 1);
        },
      });
    }
    for (const agent of subagents) {
      const parent = agent.parent_id && known.has(agent.parent_id) ? agent.parent_id : null;
      if (!placed.has(agent.id) && parent === actor) lane.push({ from: millis(agent.started_at), draw: () => drawAgent(agent, depth) });
    }
    for (const node of spans.byActor.get(actor) ?? []) lane.push({ from: isTurn(node.span) ? promptOf(node.span) : node.span.from, draw: () => drawSpan(node, depth) });
    lane.sort((a, b) => a.from - b.from);
    for (const { draw } of lane) draw();
  }

  drawLane(null, 0);
  for (const agent of subagents) drawAgent(agent, 0);
  return rows;
}
