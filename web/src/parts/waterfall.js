// Tool calls over time: a row each, subagents nested, the wait for a person hatched, failures coloured.

import { html, useEffect, useMemo, useRef, useState } from "../ui.js";
import { clock, duration, plural, strictest as verdictOf, toolName } from "../format.js";
import { withKeys } from "../keys.js";
import { laneRows, NO_SPANS } from "../lanes.js";
import { batchCalls, inputSummary, summary, toolInput } from "../payload.js";
import { param, setParams } from "../router.js";
import { isRequest, isTurn, isWait, spanName, spanPlaces } from "../spans.js";
import { narrow, now } from "../state.js";
import { timeScale } from "../timescale.js";
import { VerdictMark } from "./badges.js";
import { openEvent } from "./drawer.js";
import { List } from "./list.js";

/** @import { LaneRow } from "../lanes.js" */
/** @import { SessionData } from "../sessiondata.js" */
/** @import { StoredEvent, Verdict } from "../model.js" */
/** @import { Scale } from "../timescale.js" */

const ROW = 26;
const ROW_NARROW = 40;
const INDENT = 14;
/** Calls that make a session a very long one. */
const MANY = 1000;

/** @param {{data: SessionData}} props */
export function Waterfall({ data }) {
  const { session, calls, subagents, events, spans } = data;
  const alive = session.state === "working" || session.state === "waiting";
  const [turned, setTurned] = useState(/** @type {Set<string>} */ (new Set()));
  const [squeeze, setSqueeze] = useState(true);
  const [pointed, setPointed] = useState(/** @type {string} */ (""));
  const [chosen, setChosen] = useState("");
  // Running bars grow once a second; in a very long session more rarely, since every row is laid out anew.
  const pace = calls.length > MANY ? 10_000 : 1000;
  const running = useMemo(() => calls.some((call) => !call.ended_at && call.outcome === null) || subagents.some((agent) => !agent.ended_at), [calls, subagents]);
  const time = alive && running ? Math.floor(now.value / pace) * pace : 0;

  const prompts = useMemo(() => events.filter(({ kind, actor }) => kind === "prompt.submitted" && actor?.type !== "subagent"), [events]);
  const byId = useMemo(() => new Map(events.map((event) => [event.id, event])), [events]);
  const withSpans = spans.length > 0 && param("spans") !== "off";
  const places = useMemo(() => (withSpans ? spanPlaces(spans, calls, subagents) : NO_SPANS), [withSpans, spans, calls, subagents]);
  const rows = useMemo(() => laneRows(calls, subagents, prompts, { turned, now: time, alive, spans: places }), [calls, subagents, prompts, turned, time, alive, places]);
  const scale = useMemo(() => timeScale(rows.flatMap(busy), squeeze), [rows, squeeze]);

  const selected = chosen ? rows.findIndex(({ key }) => key === chosen) : -1;
  const select = (/** @type {number} */ index) => setChosen(rows[Math.max(0, Math.min(rows.length - 1, index))]?.key ?? "");
  const turn = (/** @type {string} */ key) => {
    const next = new Set(turned);
    if (!next.delete(key)) next.add(key);
    setTurned(next);
  };
  const open = (/** @type {number} */ index) => {
    const row = rows[index];
    if (row?.type === "agent") turn(row.key);
    else if (row) {
      const id = row.type === "span" ? row.span.event : row.type === "prompt" ? row.event.id : (row.call.result_event_id ?? row.call.request_event_id);
      if (id) openEvent(id);
    }
  };
  const fold = (/** @type {boolean} */ unfold) => {
    const row = rows[selected];
    if (row && hasParts(row) && row.open !== unfold) turn(row.key);
  };
  const latest = useRef({ selected, select, open, fold });
  latest.current = { selected, select, open, fold };
  useEffect(
    () =>
      withKeys({
        move: (by) => latest.current.select(latest.current.selected + (latest.current.selected < 0 ? 1 : by)),
        open: () => latest.current.open(latest.current.selected),
        fold: (unfold) => latest.current.fold(unfold),
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
          ${withSpans ? html`<li><i class="swatch bar-request" aria-hidden="true"></i>model</li>` : null}
        </ul>
        ${data.moreCalls ? html`<span class="faint">the first ${plural(calls.length, "call")} of this session</span>` : null}
        ${withSpans && data.moreSpans ? html`<span class="faint">the first ${plural(spans.length, "span")}</span>` : null}
        ${spans.length ? html`<label class="check"><input type="checkbox" checked=${withSpans} onChange=${() => setParams({ spans: withSpans ? "off" : null })} /> spans</label>` : null}
        <label class="check"><input type="checkbox" checked=${squeeze} onChange=${() => setSqueeze(!squeeze)} /> squeeze idle time</label>
      </div>
      <div class="lanes-head" aria-hidden="true">
        <span></span>
        <div class="ticks">${scale.ticks.map((tick, index) => html`<span key=${index} style=${{ left: `${tick.x * 100}%` }}>${index ? `+${duration(tick.ms)}` : "start"}</span>`)}</div>
      </div>
      <${List}
        label="Tool calls, oldest first" items=${rows} keyOf=${(/** @type {LaneRow} */ row) => row.key} rowHeight=${narrow.value ? ROW_NARROW : ROW}
        row=${(/** @type {LaneRow} */ row) => html`<${Lane} row=${row} scale=${scale} said=${rowText(row, byId)} point=${setPointed} turn=${turn} />`}
        selected=${selected} onSelect=${select} onOpen=${open}
      />
      <div class="lane-detail" role="status">${shown ? html`<${Detail} row=${shown} said=${rowText(shown, byId)} />` : html`<span class="faint">Point at a call, or walk with j and k; Enter opens it, → unfolds it.</span>`}</div>
    </section>
  `;
}

/** Whether there is something to unfold below a row. @param {LaneRow} row @returns {row is Exclude<LaneRow, {type: "prompt"}>} */
const hasParts = (row) => row.type === "agent" || (row.type !== "prompt" && row.parts > 0);

/**
 * When something went on: not while somebody was waited for, and not all through a turn.
 * @param {LaneRow} row
 */
function busy({ times, ...row }) {
  const start = { from: times.from, to: times.from };
  if (row.type === "span" && (isTurn(row.span) || isWait(row.span))) return [start, { from: times.to, to: times.to }];
  return [start, { from: times.ran, to: times.to }];
}

/** @typedef {{name: string, text: string, verdict?: Verdict | null}} Said */

/**
 * What a row is called and what it says. A call known only from a batch has its name there.
 * @param {LaneRow} row
 * @param {Map<string, StoredEvent>} events
 * @returns {Said}
 */
function rowText(row, events) {
  if (row.type === "prompt") return { name: "Prompt", text: summary(row.event) };
  if (row.type === "agent") return { name: row.subagent.agent_type || "subagent", text: plural(row.calls, "call") };
  if (row.type === "span") return { name: spanName(row.span), text: row.span.text };
  const { tool, tool_use_id: id, request_event_id: request, result_event_id: result } = row.call;
  const event = events.get(request ?? "") ?? events.get(result ?? "");
  const inBatch = event && batchCalls(event).find((call) => call.id === id);
  const name = tool ?? inBatch?.tool;
  return { name: name ? toolName(name, row.call.mcp_server, row.call.mcp_server_name) : "tool", verdict: verdictOf(events.get(request ?? "")?.verdict, events.get(result ?? "")?.verdict), text: inBatch ? inputSummary(inBatch.input) : event ? inputSummary(toolInput(event.payload)) || summary(event) : "" };
}

/** @param {number} share */
const place = (share) => `${(share * 100).toFixed(3)}%`;

/** @param {{row: LaneRow, scale: Scale, said: Said, point: (key: string) => void, turn: (key: string) => void}} props */
function Lane({ row, scale, said, point, turn }) {
  const { from, ran, to, running } = row.times;
  const x = scale.at(from);
  const mid = scale.at(ran);
  const end = scale.at(to);
  const waits = row.type === "call" && running && row.call.permission_asked;
  // Beside the bar, on the side with more room.
  const label = end > 0.82 && x > 0.12 ? { right: place(1 - x), left: "auto" } : { left: place(end) };
  // A call whose request was never seen has no length unless the agent told it.
  const spans = row.type === "call" && (running || (row.call.requested_at && row.call.ended_at));
  const took = row.type === "call" ? (row.call.duration_ms ?? (spans ? to - ran : null)) : row.type === "prompt" ? null : to - from;
  const ended = row.type === "call" && row.call.outcome !== null;
  const stopped = said.verdict?.decision === "deny" && row.type === "call" && !ended && !running;
  const first = row.type === "span" && row.span.first !== null ? scale.at(row.span.first) : null;
  const twist = (/** @type {Event} */ click) => {
    click.stopPropagation();
    turn(row.key);
  };
  return html`
    <div class=${`lane lane-${row.type}`} onMouseEnter=${() => point(row.key)} onMouseLeave=${() => point("")}>
      <span class="lane-name" style=${{ paddingLeft: `${row.depth * INDENT + 10}px` }}>
        ${hasParts(row) ? html`<i class=${row.open ? "twist open" : "twist"} aria-hidden="true" onClick=${twist}></i>` : null}<b>${said.name}</b>
        <${VerdictMark} verdict=${said.verdict} />
        <span class="lane-text">${said.text}</span>
      </span>
      <span class="track">
        ${scale.gaps.map((gap, index) => html`<i key=${index} class="gap" style=${{ left: place(gap.x), width: place(gap.width) }}></i>`)}
        ${row.type === "prompt"
          ? html`<i class="bar bar-prompt" style=${{ left: place(x) }}></i>`
          : html`
              ${mid > x ? html`<i class="bar bar-wait" style=${{ left: place(x), width: place(mid - x) }}></i>` : null}
              <i class=${`bar ${stopped ? "bar-failed" : barClass(row)} ${running ? "running" : ""}`} style=${{ left: place(mid), width: place(Math.max(0, end - mid)) }}></i>
              ${first !== null && first > x ? html`<i class="bar bar-first" style=${{ left: place(x), width: place(first - x) }}></i>` : null}
              <span class=${`bar-label num ${waits ? "wait" : ""}`} style=${label}>${waits ? `waits ${duration(ran - from)}` : `${running ? "running " : ""}${took !== null ? duration(took) : ended ? "" : stopped ? "did not run" : "no end seen"}`}</span>
            `}
      </span>
    </div>
  `;
}

/** @param {LaneRow} row */
function barClass(row) {
  if (row.type === "agent") return "bar-agent";
  if (row.type === "prompt") return "bar-prompt";
  if (row.type === "span") return `bar-span ${row.span.failed ? "bar-failed" : isTurn(row.span) ? "bar-turn" : isWait(row.span) ? "bar-wait" : isRequest(row.span) ? "bar-request" : "bar-part"}`;
  const { outcome } = row.call;
  return outcome === "failed" || outcome === "denied" ? "bar-failed" : outcome === "succeeded" || row.times.running ? "bar-succeeded" : "bar-unknown";
}

/** @param {{row: LaneRow, said: Said}} props */
function Detail({ row, said }) {
  const { from, ran, to, running } = row.times;
  const head = html`<b>${said.name}</b> <span class="num">${clock(new Date(from).toISOString())}</span>`;
  if (row.type === "prompt") return html`${head} <span class="lane-text">${said.text}</span>`;
  if (row.type === "agent") {
    const { tool_errors: errors, id } = row.subagent;
    return html`${head} <span>${running ? "running for" : "worked"} ${duration(to - from)}</span>
      <span>${said.text}${errors ? `, ${errors} failed` : ""}</span> <span class="faint">${id}</span>`;
  }
  if (row.type === "span") {
    const { first, failed } = row.span;
    return html`${head} <span class=${failed ? "bad" : ""}>${failed ? "failed after" : "took"} ${duration(to - from)}</span>
      ${first === null ? null : html`<span>first token after ${duration(first - from)}</span>`} <span class="lane-text">${said.text}</span>`;
  }
  const { outcome, permission_asked: asked } = row.call;
  return html`
    ${head}
    <span class=${outcome === "failed" || outcome === "denied" ? "bad" : ""}>${outcome ?? (running ? "running" : said.verdict?.decision === "deny" ? "did not run" : "no end seen")}</span>
    ${asked ? html`<span class="wait">${running ? "waits" : "waited"} ${duration(ran - from)} for a person</span>` : null}
    ${asked && running ? null : row.call.duration_ms !== null || to > ran ? html`<span>ran ${duration(row.call.duration_ms ?? to - ran)}</span>` : null}
    ${said.verdict ? html`<${VerdictMark} verdict=${said.verdict} rule /> <span>${said.verdict.reason}</span>` : null}
    <span class="lane-text">${said.text}</span>
  `;
}
