// Tool calls over time: a row each, subagents nested, the wait for a person hatched, failures coloured.

import { html, useEffect, useMemo, useRef, useState } from "../ui.js";
import { clock, duration, plural, toolName } from "../format.js";
import { withKeys } from "../keys.js";
import { laneRows } from "../lanes.js";
import { batchCalls, inputSummary, summary, toolInput } from "../payload.js";
import { narrow, now } from "../state.js";
import { timeScale } from "../timescale.js";
import { openEvent } from "./drawer.js";
import { List } from "./list.js";

/** @import { LaneRow } from "../lanes.js" */
/** @import { SessionData } from "../sessiondata.js" */
/** @import { StoredEvent } from "../model.js" */
/** @import { Scale } from "../timescale.js" */

const ROW = 26;
const ROW_NARROW = 40;
const INDENT = 14;
/** Calls that make a session a very long one. */
const MANY = 1000;

/** @param {{data: SessionData}} props */
export function Waterfall({ data }) {
  const { session, calls, subagents, events } = data;
  const alive = session.state === "working" || session.state === "waiting";
  const [closed, setClosed] = useState(/** @type {Set<string>} */ (new Set()));
  const [squeeze, setSqueeze] = useState(true);
  const [pointed, setPointed] = useState(/** @type {string} */ (""));
  const [chosen, setChosen] = useState("");
  // Running bars grow once a second; in a very long session more rarely, since every row is laid out anew.
  const pace = calls.length > MANY ? 10_000 : 1000;
  const time = alive ? Math.floor(now.value / pace) * pace : 0;

  const prompts = useMemo(() => events.filter(({ kind, actor }) => kind === "prompt.submitted" && actor?.type !== "subagent"), [events]);
  const byId = useMemo(() => new Map(events.map((event) => [event.id, event])), [events]);
  const rows = useMemo(() => laneRows(calls, subagents, prompts, { closed, now: time, alive }), [calls, subagents, prompts, closed, time, alive]);
  const scale = useMemo(() => timeScale(rows.flatMap(({ times }) => [{ from: times.from, to: times.from }, { from: times.ran, to: times.to }]), squeeze), [rows, squeeze]);

  const selected = chosen ? rows.findIndex(({ key }) => key === chosen) : -1;
  const select = (/** @type {number} */ index) => setChosen(rows[Math.max(0, Math.min(rows.length - 1, index))]?.key ?? "");
  const fold = (/** @type {string} */ id) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };
  const open = (/** @type {number} */ index) => {
    const row = rows[index];
    if (row?.type === "agent") fold(row.subagent.id);
    else if (row) {
      const id = row.type === "prompt" ? row.event.id : (row.call.result_event_id ?? row.call.request_event_id);
      if (id) openEvent(id);
    }
  };
  const latest = useRef({ selected, select, open });
  latest.current = { selected, select, open };
  useEffect(
    () =>
      withKeys({
        move: (by) => latest.current.select(latest.current.selected + (latest.current.selected < 0 ? 1 : by)),
        open: () => latest.current.open(latest.current.selected),
      }),
    [],
  );

  if (!rows.length) return html`<p class="faint nothing">No tool call yet.</p>`;
  const shown = rows.find(({ key }) => key === pointed) ?? rows[selected];
  return html`
    <section class="waterfall" aria-label="Tool calls over time">
      <div class="waterfall-tools">
        <ul class="legend" aria-label="Colours">
          <li><i class="swatch bar-succeeded" aria-hidden="true"></i>succeeded</li>
          <li><i class="swatch bar-failed" aria-hidden="true"></i>failed or denied</li>
          <li><i class="swatch bar-wait" aria-hidden="true"></i>waited for a person</li>
          <li><i class="swatch bar-agent" aria-hidden="true"></i>subagent</li>
        </ul>
        ${data.moreCalls ? html`<span class="faint">the first ${plural(calls.length, "call")} of this session</span>` : null}
        <label class="check"><input type="checkbox" checked=${squeeze} onChange=${() => setSqueeze(!squeeze)} /> squeeze idle time</label>
      </div>
      <div class="lanes-head" aria-hidden="true">
        <span></span>
        <div class="ticks">${scale.ticks.map((tick, index) => html`<span key=${index} style=${{ left: `${tick.x * 100}%` }}>${index ? `+${duration(tick.ms)}` : "start"}</span>`)}</div>
      </div>
      <${List}
        label="Tool calls, oldest first" items=${rows} keyOf=${(/** @type {LaneRow} */ row) => row.key} rowHeight=${narrow.value ? ROW_NARROW : ROW}
        row=${(/** @type {LaneRow} */ row) => html`<${Lane} row=${row} scale=${scale} said=${rowText(row, byId)} point=${setPointed} />`}
        selected=${selected} onSelect=${select} onOpen=${open}
      />
      <div class="lane-detail" role="status">${shown ? html`<${Detail} row=${shown} said=${rowText(shown, byId)} />` : html`<span class="faint">Point at a call, or walk with j and k; Enter opens it.</span>`}</div>
    </section>
  `;
}

/**
 * What a row is called and what it says. A call known only from a batch has its name there.
 * @param {LaneRow} row
 * @param {Map<string, StoredEvent>} events
 * @returns {{name: string, text: string}}
 */
function rowText(row, events) {
  if (row.type === "prompt") return { name: "Prompt", text: summary(row.event) };
  if (row.type === "agent") return { name: row.subagent.agent_type || "subagent", text: plural(row.calls, "call") };
  const { tool, tool_use_id: id, request_event_id: request, result_event_id: result } = row.call;
  const event = events.get(request ?? "") ?? events.get(result ?? "");
  const inBatch = event && batchCalls(event).find((call) => call.id === id);
  const name = tool ?? inBatch?.tool;
  return { name: name ? toolName(name, row.call.mcp_server, row.call.mcp_server_name) : "tool", text: inBatch ? inputSummary(inBatch.input) : event ? inputSummary(toolInput(event.payload)) || summary(event) : "" };
}

/** @param {number} share */
const place = (share) => `${(share * 100).toFixed(3)}%`;

/** @param {{row: LaneRow, scale: Scale, said: {name: string, text: string}, point: (key: string) => void}} props */
function Lane({ row, scale, said, point }) {
  const { from, ran, to, running } = row.times;
  const x = scale.at(from);
  const mid = scale.at(ran);
  const end = scale.at(to);
  const waits = row.type === "call" && running && row.call.permission_asked;
  const label = end > 0.82 ? { right: place(1 - x), left: "auto" } : { left: place(end) };
  // A call whose request was never seen has no length unless the agent told it.
  const spans = row.type === "call" && (running || (row.call.requested_at && row.call.ended_at));
  const took = row.type === "call" ? (row.call.duration_ms ?? (spans ? to - ran : null)) : row.type === "agent" ? to - from : null;
  const ended = row.type === "call" && row.call.outcome !== null;
  return html`
    <div class=${`lane lane-${row.type}`} onMouseEnter=${() => point(row.key)} onMouseLeave=${() => point("")}>
      <span class="lane-name" style=${{ paddingLeft: `${row.depth * INDENT + 10}px` }}>
        ${row.type === "agent" ? html`<i class=${row.open ? "twist open" : "twist"} aria-hidden="true"></i>` : null}<b>${said.name}</b>
        <span class="lane-text">${said.text}</span>
      </span>
      <span class="track">
        ${scale.gaps.map((gap, index) => html`<i key=${index} class="gap" style=${{ left: place(gap.x), width: place(gap.width) }}></i>`)}
        ${row.type === "prompt"
          ? html`<i class="bar bar-prompt" style=${{ left: place(x) }}></i>`
          : html`
              ${mid > x ? html`<i class="bar bar-wait" style=${{ left: place(x), width: place(mid - x) }}></i>` : null}
              <i class=${`bar ${barClass(row)} ${running ? "running" : ""}`} style=${{ left: place(mid), width: place(Math.max(0, end - mid)) }}></i>
              <span class=${`bar-label num ${waits ? "wait" : ""}`} style=${label}>${waits ? `waits ${duration(ran - from)}` : `${running ? "running " : ""}${took !== null ? duration(took) : ended ? "" : "no end seen"}`}</span>
            `}
      </span>
    </div>
  `;
}

/** @param {LaneRow} row */
function barClass(row) {
  if (row.type === "agent") return "bar-agent";
  if (row.type === "prompt") return "bar-prompt";
  const { outcome } = row.call;
  return outcome === "failed" || outcome === "denied" ? "bar-failed" : outcome === "succeeded" || row.times.running ? "bar-succeeded" : "bar-unknown";
}

/** @param {{row: LaneRow, said: {name: string, text: string}}} props */
function Detail({ row, said }) {
  const { from, ran, to, running } = row.times;
  const head = html`<b>${said.name}</b> <span class="num">${clock(new Date(from).toISOString())}</span>`;
  if (row.type === "prompt") return html`${head} <span class="lane-text">${said.text}</span>`;
  if (row.type === "agent") {
    const { tool_errors: errors, id } = row.subagent;
    return html`${head} <span>${running ? "running for" : "worked"} ${duration(to - from)}</span>
      <span>${said.text}${errors ? `, ${errors} failed` : ""}</span> <span class="faint">${id}</span>`;
  }
  const { outcome, permission_asked: asked } = row.call;
  return html`
    ${head}
    <span class=${outcome === "failed" || outcome === "denied" ? "bad" : ""}>${outcome ?? (running ? "running" : "no end seen")}</span>
    ${asked ? html`<span class="wait">${running ? "waits" : "waited"} ${duration(ran - from)} for a person</span>` : null}
    ${asked && running ? null : row.call.duration_ms !== null || to > ran ? html`<span>ran ${duration(row.call.duration_ms ?? to - ran)}</span>` : null}
    <span class="lane-text">${said.text}</span>
  `;
}
