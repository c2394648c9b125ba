// The tree behind the waterfall: prompts and calls of the main agent in order of time, each subagent nested below the
// call that spawned it, to any depth. Pure.

import { millis } from "./format.js";

/** @import { StoredEvent, Subagent, ToolCall } from "./model.js" */

/**
 * @typedef {{type: "call", key: string, depth: number, call: ToolCall, times: Times}
 *   | {type: "agent", key: string, depth: number, subagent: Subagent, calls: number, open: boolean, times: Times}
 *   | {type: "prompt", key: string, depth: number, event: StoredEvent, times: Times}} LaneRow
 */
/** @typedef {{from: number, ran: number, to: number, running: boolean}} Times `from` requested, `ran` began to run, `to` ended; milliseconds */

/** Levels of nesting followed; deeper ones (or a loop in foreign data) are drawn at this depth. */
const DEPTH_MOST = 32;

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
 * @param {{closed: Set<string>, now: number, alive: boolean}} how `closed` holds the ids of folded subagents
 * @returns {LaneRow[]}
 */
export function laneRows(calls, subagents, prompts, { closed, now, alive }) {
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
    const open = !closed.has(agent.id);
    rows.push({ type: "agent", key: `agent ${agent.id}`, depth, subagent: agent, calls: own.length, open, times: { from, ran: from, to, running } });
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

  /** @param {string | null} actor @param {number} wanted */
  function drawLane(actor, wanted) {
    const depth = Math.min(wanted, DEPTH_MOST);
    /** @type {{from: number, draw: () => void}[]} */
    const lane = (byActor.get(actor) ?? []).map((call) => {
      const times = callTimes(call, now, alive);
      return {
        from: times.from,
        draw() {
          rows.push({ type: "call", key: `call ${call.tool_use_id}`, depth, call, times });
          const child = byId.get(spawned.get(call.tool_use_id) ?? "");
          if (child) drawAgent(child, depth + 1);
        },
      };
    });
    for (const agent of subagents) {
      const parent = agent.parent_id && known.has(agent.parent_id) ? agent.parent_id : null;
      if (!placed.has(agent.id) && parent === actor) lane.push({ from: millis(agent.started_at), draw: () => drawAgent(agent, depth) });
    }
    if (actor === null) {
      for (const event of prompts) {
        const at = millis(event.occurred_at);
        lane.push({ from: at, draw: () => rows.push({ type: "prompt", key: `prompt ${event.id}`, depth, event, times: { from: at, ran: at, to: at, running: false } }) });
      }
    }
    lane.sort((a, b) => a.from - b.from);
    for (const { draw } of lane) draw();
  }

  drawLane(null, 0);
  for (const agent of subagents) drawAgent(agent, 0);
  return rows;
}
