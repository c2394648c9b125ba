// What goes on: who waits for the person, events over time, sessions by state, tools, agents.

import { html, useEffect, useState } from "../ui.js";
import { alarms, ALARMS_MOST } from "../alarms.js";
import * as api from "../api.js";
import { ago, agentName, count, dateTime, duration, millis, percent, plural, sessionDuration, shortPath, STATE_WORDS, STATES } from "../format.js";
import { follow } from "../live.js";
import { useLoaded, useThrottled } from "../load.js";
import { AgentMark, sessionTitle, StateMark, ToolMark } from "../parts/badges.js";
import { EventsChart } from "../parts/chart.js";
import { Failure, Welcome } from "../parts/notices.js";
import { Table } from "../parts/table.js";
import { link, param, setParams } from "../router.js";
import { now } from "../state.js";
import { waitingCount } from "../waiting.js";

/** @import { Overview as Data, Session, StoredEvent, ToolUse, VerdictRow } from "../model.js" */
/** @import { Column } from "../parts/table.js" */

const SPANS = ["1h", "24h", "7d", "30d"];
/** @type {Record<string, string>} */
const SPAN_WORDS = { "1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days" };
/** @type {Record<string, string>} The guard's page knows no hours. */
const SPAN_OF_GUARD = { "1h": "24h", "24h": "24h", "7d": "7d", "30d": "30d" };
/** @type {Record<string, number>} Bars over each span: a round width each. */
const BARS = { "1h": 90, "24h": 100, "7d": 90, "30d": 62 };
/** How often new events may refresh the figures, in milliseconds. */
const REFRESH_MS = 1500;
/** Without any event the figures still age. */
const IDLE_REFRESH_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Sessions asked for, to find those that are at work. */
const SESSIONS_MOST = 60;
/** MCP servers shown. */
const SERVERS_MOST = 12;
/** Rules of the guard counted, and shown. */
const RULES_MOST = 500;
const RULES_SHOWN = 6;
/** Sessions shown. */
const LATEST_MOST = 10;

export function Overview() {
  const [usual, setUsual] = useState("24h");
  const span = SPANS.includes(param("span")) ? param("span") : usual;
  const figures = useLoaded((abort) => api.overview({ since: span, bars: BARS[span] }, abort), span);
  const recent = useLoaded((abort) => api.sessions({ limit: SESSIONS_MOST }, abort), "recent");
  const waiting = useLoaded((abort) => api.sessions({ state: "waiting", limit: SESSIONS_MOST }, abort), "waiting");
  const verdicts = useLoaded((abort) => api.verdicts({ group_by: "rule", since: span, limit: RULES_MOST }, abort), span);
  const refresh = useThrottled(() => {
    figures.reload();
    recent.reload();
    waiting.reload();
  }, REFRESH_MS);
  const recount = useThrottled(verdicts.reload, REFRESH_MS);
  const onEvents = (/** @type {StoredEvent[]} */ events) => {
    refresh();
    if (events.some(({ verdict }) => verdict)) recount();
  };
  useEffect(() => {
    const stop = follow({}, { onEvents, onMissed: refresh, onOpen: refresh });
    const timer = setInterval(refresh, IDLE_REFRESH_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, []);
  // Where everything happened within the hour, as on a first day, a day's chart would be a single bar.
  useEffect(() => {
    const begun = figures.data?.series.find((bar) => bar.events > 0);
    if (begun && millis(begun.at) > now.peek() - HOUR_MS) setUsual("1h");
  }, [figures.data]);
  useEffect(() => {
    if (waiting.data) waitingCount.value = waiting.data.items.length;
  }, [waiting.data]);

  const error = figures.error ?? recent.error;
  if (error && !figures.data) return html`<main class="page"><${Failure} error=${error} retry=${figures.reload} /></main>`;
  if (!figures.data || !recent.data) return html`<main class="page" aria-busy="true"><p class="faint">Loading…</p></main>`;
  if (!figures.data.events && !recent.data.items.length) return html`<main class="page"><${Welcome} /></main>`;
  const latest = recent.data.items.filter(({ state }) => state !== "waiting").sort(workingFirst);
  return html`
    <main class="page overview">
      <h1 class="visually-hidden">Overview</h1>
      <${Alarms} />
      <${WaitingList} sessions=${waiting.data?.items ?? []} />
      <${Figures} data=${figures.data} span=${span} />
      <div class="columns">
        <${Latest} sessions=${latest.slice(0, LATEST_MOST)} />
        <div class="aside"><${Guarded} rows=${verdicts.data?.items ?? []} span=${span} /><${Agents} data=${figures.data} /><${Servers} servers=${figures.data.servers ?? []} span=${span} /></div>
      </div>
      <${Tools} tools=${figures.data.tools} span=${span} />
    </main>
  `;
}

/** @param {Session} a @param {Session} b */
const workingFirst = (a, b) => Number(b.state === "working") - Number(a.state === "working") || (a.last_event_at < b.last_event_at ? 1 : -1);

/** @param {{sessions: Session[]}} props */
function WaitingList({ sessions }) {
  if (!sessions.length) return null;
  return html`
    <section class="waiting" aria-labelledby="waiting-title">
      <h2 id="waiting-title">${plural(sessions.length, "session")} ${sessions.length === 1 ? "waits" : "wait"} for you</h2>
      <ul>
        ${sessions.map(
          (session) => html`
            <li key=${`${session.agent} ${session.id}`}>
              <a href=${link(["sessions", session.id], { agent: session.agent })}>
                <span class="what">${sessionTitle(session)}</span>
                <span class="where"><${AgentMark} agent=${session.agent} /> ${shortPath(session.cwd)}${session.device ? ` · ${session.device}` : ""}</span>
                <span class="when">since ${ago(session.last_event_at, now.value).replace(" ago", "")}</span>
              </a>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** @param {{data: Data, span: string}} props */
function Figures({ data, span }) {
  const [pointed, setPointed] = useState(/** @type {number | null} */ (null));
  const bar = pointed === null ? undefined : data.series[pointed];
  const calls = bar ? bar.tool_calls : data.series.reduce((sum, one) => sum + one.tool_calls, 0);
  const errors = bar ? bar.errors : data.series.reduce((sum, one) => sum + one.errors, 0);
  return html`
    <section class="panel" aria-label="Events over time">
      <div class="section-head">
        <dl class="figures">
          <div><dt><i class="swatch swatch-other" aria-hidden="true"></i>Events</dt><dd>${count(bar ? bar.events : data.events)}</dd></div>
          <div><dt><i class="swatch swatch-tools" aria-hidden="true"></i>Tool calls</dt><dd>${count(calls)}</dd></div>
          <div><dt><i class="swatch swatch-errors" aria-hidden="true"></i>Errors</dt><dd class=${errors ? "bad" : ""}>${count(errors)}</dd></div>
          <div class="when"><dt>${bar ? "From" : "Within"}</dt><dd>${bar ? dateTime(bar.at, now.value) : SPAN_WORDS[span]}</dd></div>
        </dl>
        <div class="segments" role="group" aria-label="Span of time">
          ${SPANS.map((value) => html`<button key=${value} type="button" aria-pressed=${value === span} onClick=${() => setParams({ span: value })}>${value}</button>`)}
        </div>
      </div>
      <${EventsChart} series=${data.series} seconds=${data.bar_seconds} onPoint=${setPointed} />
      <ul class="states" aria-label="Sessions by state">
        ${STATES.map(
          (state) => html`
            <li key=${state}>
              <a href=${link(["sessions"], { state, since: span })} class=${data.sessions[state] ? "" : "zero"}>
                <b>${count(data.sessions[state])}</b> <span class=${`state state-${state}`}><i aria-hidden="true"></i>${STATE_WORDS[state]}</span>
              </a>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** @param {{sessions: Session[]}} props */
function Latest({ sessions }) {
  if (!sessions.length) return null;
  return html`
    <section class="panel">
      <div class="section-head"><h2>Latest sessions</h2><a href=${link(["sessions"])}>All sessions</a></div>
      <ul class="cards">
        ${sessions.map(
          (session) => html`
            <li key=${`${session.agent} ${session.id}`}>
              <a href=${link(["sessions", session.id], { agent: session.agent })}>
                <${StateMark} state=${session.state} />
                <span class="what">${sessionTitle(session)}</span>
                <span class="where"><${AgentMark} agent=${session.agent} /> ${shortPath(session.cwd)}</span>
                <span class="num">${plural(session.tool_calls, "call")}</span>
                <span class="num bad">${session.tool_errors ? `${count(session.tool_errors)} failed` : ""}</span>
                <span class="when num">${session.state === "working" ? sessionDuration(session, now.value) : ago(session.last_event_at, now.value)}</span>
              </a>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** @param {{data: Data}} props */
function Agents({ data }) {
  const most = Math.max(1, ...data.agents.map(({ events }) => events));
  return html`
    <section class="panel agents">
      <div class="section-head"><h2>Agents</h2></div>
      <ul class="meters">
        ${data.agents.map(
          ({ agent, events }) => html`
            <li key=${agent}>
              <a href=${link(["live"], { agent })}><span>${agentName(agent)}</span><span class="num">${count(events)}</span></a>
              <span class="meter" aria-hidden="true"><i style=${{ width: `${(events / most) * 100}%` }}></i></span>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** What nobody should miss, whatever else is going on. */
function Alarms() {
  if (!alarms.value) return null;
  const many = alarms.value >= ALARMS_MOST ? `${ALARMS_MOST} or more findings` : plural(alarms.value, "finding");
  return html`
    <a class="notice notice-deny alarms" href=${link(["guard"], { of: "findings", state: "open", severity: "high" })}><b>${many} of high severity</b> nobody has looked at</a>
  `;
}

/** What the guard said, rule by rule. @param {{rows: VerdictRow[], span: string}} props */
function Guarded({ rows, span }) {
  const total = (/** @type {"denied" | "asked" | "would_deny" | "would_ask"} */ name) => rows.reduce((sum, row) => sum + row[name], 0);
  const spoke = rows.filter((row) => row.denied + row.asked > 0).sort((a, b) => b.denied + b.asked - (a.denied + a.asked));
  const would = total("would_deny") + total("would_ask");
  if (!spoke.length && !would) return null;
  const most = Math.max(1, ...spoke.map((row) => row.denied + row.asked));
  return html`
    <section class="panel agents">
      <div class="section-head"><h2>Guard</h2><a href=${link(["guard"], { span: SPAN_OF_GUARD[span] })}><span class=${total("denied") ? "bad" : ""}>${count(total("denied"))} denied</span>, ${count(total("asked"))} asked</a></div>
      <ul class="meters">
        ${spoke.slice(0, RULES_SHOWN).map(
          (row) => html`
            <li key=${row.key}>
              <a href=${link(["guard"], { rule: row.key, by: "session", span: SPAN_OF_GUARD[span] })}><code class="rule">${row.key}</code><span class="num">${count(row.denied + row.asked)}</span></a>
              <span class="meter parts" aria-hidden="true"><i class="part-denied" style=${{ width: `${(row.denied / most) * 100}%` }}></i><i class="part-asked" style=${{ width: `${(row.asked / most) * 100}%` }}></i></span>
            </li>
          `,
        )}
      </ul>
      ${would ? html`<p class="faint would">${count(would)} more would have been, by rules that only observe.</p>` : null}
    </section>
  `;
}

/** MCP servers, by what the project calls them. @param {{servers: NonNullable<Data["servers"]>, span: string}} props */
function Servers({ servers, span }) {
  if (!servers.length) return null;
  const most = Math.max(1, ...servers.map(({ calls }) => calls));
  return html`
    <section class="panel agents">
      <div class="section-head"><h2>MCP servers</h2></div>
      <ul class="meters">
        ${servers.slice(0, SERVERS_MOST).map(
          ({ mcp_server_name: name, mcp_servers: raw, calls, errors }) => html`
            <li key=${name}>
              <a href=${link(["live"], { server: name, since: span })} title=${raw.join(", ")}><span>${name}${errors ? html` <span class="bad">${count(errors)} failed</span>` : null}</span><span class="num">${count(calls)}</span></a>
              <span class="meter" aria-hidden="true"><i style=${{ width: `${(calls / most) * 100}%` }}></i></span>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** @param {{tools: ToolUse[], span: string}} props */
function Tools({ tools, span }) {
  if (!tools.length) return null;
  const most = Math.max(...tools.map((tool) => tool.count));
  return html`
    <section class="panel tools">
      <div class="section-head"><h2>Tools</h2></div>
      <${Table} label="Tools" rows=${tools} keyOf=${(/** @type {ToolUse} */ tool) => tool.tool} columns=${toolColumns(span, most)} />
    </section>
  `;
}

/** @param {string} span @param {number} most the calls of the tool used most @returns {Column[]} */
const toolColumns = (span, most) => [
  { head: "Tool", value: (/** @type {ToolUse} */ tool) => tool.tool, cell: (tool) => html`<a href=${link(["live"], { tool: tool.tool, since: span })}><${ToolMark} tool=${tool.tool} family=${tool.family} display=${tool.mcp_server_name} /></a>` },
  { head: "Calls", number: true, value: (tool) => tool.count, cell: (tool) => count(tool.count) },
  { head: "Share", silent: true, kind: "share", cell: (tool) => html`<span class="meter" aria-hidden="true"><i style=${{ width: `${(tool.count / most) * 100}%` }}></i></span>` },
  { head: "Failed", number: true, value: (tool) => tool.failed, cell: (tool) => html`<span class=${tool.failed ? "" : "faint"}>${count(tool.failed)}</span>` },
  { head: "Denied", number: true, value: (tool) => tool.denied, cell: (tool) => html`<span class=${tool.denied ? "" : "faint"}>${count(tool.denied)}</span>` },
  { head: "Error rate", number: true, value: (tool) => tool.error_rate, cell: (tool) => html`<span class=${tool.error_rate > 0 ? "bad" : "faint"}>${percent(tool.error_rate)}</span>` },
  { head: "p50", number: true, value: (tool) => tool.p50_ms, cell: (tool) => duration(tool.p50_ms) },
  { head: "p95", number: true, value: (tool) => tool.p95_ms, cell: (tool) => duration(tool.p95_ms) },
];
