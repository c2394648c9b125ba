// Who works, in which repositories, on which machines; and, for the operator, what nobody has claimed.

import { html } from "../ui.js";
import * as api from "../api.js";
import { ago, agentName, count, dollars, duration, plural, shortId } from "../format.js";
import { useLoaded } from "../load.js";
import { Failure } from "../parts/notices.js";
import { link, param, setParams } from "../router.js";
import { now } from "../state.js";

/** @import { Device, Person, Repository, Unclaimed } from "../model.js" */
/** @typedef {{head: string, number?: boolean, cell: (row: any) => unknown}} Column */

/** Rows shown. */
const MOST = 500;

/** @param {string} time */
const when = (time) => html`<span title=${time}>${ago(time, now.value)}</span>`;
/** @param {Person | Repository} row */
const cost = (row) => dollars(row.cost_microusd, row.cost_estimated);

/** @type {Record<string, {text: string, nothing: string, key: (row: any) => string, columns: Column[]}>} */
const TABS = {
  people: {
    text: "People",
    nothing: "Nobody is known yet. Telemetry tells who is signed in, and a device whose it is.",
    key: (/** @type {Person} */ row) => row.person,
    columns: [
      { head: "Person", cell: (/** @type {Person} */ row) => html`<a href=${link(["sessions"], { user: row.person })}>${row.person}</a>` },
      { head: "Team", cell: (/** @type {Person} */ row) => row.team ?? "" },
      { head: "Sessions", number: true, cell: (/** @type {Person} */ row) => count(row.sessions) },
      { head: "Tool calls", number: true, cell: (/** @type {Person} */ row) => count(row.tool_calls) },
      { head: "Failed", number: true, cell: (/** @type {Person} */ row) => count(row.tool_errors) },
      { head: "Cost", number: true, cell: cost },
      { head: "Last seen", cell: (/** @type {Person} */ row) => when(row.last_seen) },
    ],
  },
  repositories: {
    text: "Repositories",
    nothing: "No repository is known yet. A device tells it, and so does a history.",
    key: (/** @type {Repository} */ row) => row.repository,
    columns: [
      { head: "Repository", cell: (/** @type {Repository} */ row) => row.repository },
      { head: "People", number: true, cell: (/** @type {Repository} */ row) => count(row.people) },
      { head: "Sessions", number: true, cell: (/** @type {Repository} */ row) => count(row.sessions) },
      { head: "Tool calls", number: true, cell: (/** @type {Repository} */ row) => count(row.tool_calls) },
      { head: "Cost", number: true, cell: cost },
      { head: "Last seen", cell: (/** @type {Repository} */ row) => when(row.last_seen) },
    ],
  },
  devices: {
    text: "Devices",
    nothing: "No device is known yet.",
    key: (/** @type {Device} */ row) => row.name,
    columns: [
      { head: "Device", cell: (/** @type {Device} */ row) => html`<a href=${link(["sessions"], { device: row.name })}>${row.name}</a>` },
      { head: "Version", cell: (/** @type {Device} */ row) => row.report?.context?.version ?? "" },
      { head: "System", cell: (/** @type {Device} */ row) => row.report?.context?.os ?? "" },
      { head: "Events", number: true, cell: (/** @type {Device} */ row) => count(row.events) },
      { head: "Waiting to be sent", number: true, cell: (/** @type {Device} */ row) => (row.report?.backlog.bytes ? bytes(row.report.backlog.bytes) : "") },
      { head: "Clock off by", number: true, cell: (/** @type {Device} */ row) => skew(row.clock_skew_ms ?? row.skew_ms) },
      { head: "Last seen", cell: (/** @type {Device} */ row) => (row.last_seen ? when(row.last_seen) : "") },
      { head: "What is wrong", cell: (/** @type {Device} */ row) => row.flags.map((flag) => html`<span class="bad flag" title=${flag.code}>${flag.message}</span>`) },
    ],
  },
  unclaimed: {
    text: "Unclaimed",
    nothing: "Nothing waits for a key, and nothing is in quarantine.",
    key: (/** @type {Unclaimed} */ row) => `${row.state} ${row.agent} ${row.session_id}`,
    columns: [
      { head: "Session", cell: (/** @type {Unclaimed} */ row) => html`<span title=${row.session_id}>${shortId(row.session_id)}</span>` },
      { head: "Agent", cell: (/** @type {Unclaimed} */ row) => agentName(row.agent) },
      { head: "State", cell: (/** @type {Unclaimed} */ row) => (row.state === "waiting" ? html`<span class="wait">waits</span>` : "in quarantine") },
      { head: "Events", number: true, cell: (/** @type {Unclaimed} */ row) => count(row.events) },
      { head: "From", cell: (/** @type {Unclaimed} */ row) => row.address },
      { head: "Last event", cell: (/** @type {Unclaimed} */ row) => when(row.last_at) },
    ],
  },
};

/** @type {Record<string, (abort: AbortSignal) => Promise<{items: any[], next: string | null}>>} */
const READ = {
  people: (abort) => api.people({ limit: MOST }, abort),
  repositories: (abort) => api.repositories({ limit: MOST }, abort),
  devices: (abort) => api.devices({ limit: MOST }, abort),
  unclaimed: (abort) => api.quarantine({ limit: MOST }, abort),
};

/** @param {number} n */
const bytes = (n) => (n < 1024 ? `${n} B` : n < 1024 ** 2 ? `${Math.round(n / 1024)} KiB` : `${(n / 1024 ** 2).toFixed(1)} MiB`);

/** @param {number | null | undefined} ms */
const skew = (ms) => (ms === null || ms === undefined || Math.abs(ms) < 1000 ? "" : duration(Math.abs(ms)));

export function Places() {
  const name = TABS[param("of")] ? param("of") : "people";
  const tab = TABS[name];
  const { data, error, reload } = useLoaded(READ[name], name);
  return html`
    <main class="page cost">
      <h1>Who and where</h1>
      <div class="segments groups" role="group" aria-label="What is listed">
        ${Object.entries(TABS).map(([of, { text }]) => html`<button key=${of} type="button" aria-pressed=${of === name} onClick=${() => setParams({ of: of === "people" ? null : of }, { push: true })}>${text}</button>`)}
      </div>
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />` : !data ? html`<p class="faint" aria-busy="true">Loading…</p>` : !data.items.length ? html`<div class="nothing"><p>${tab.nothing}</p></div>` : html`<${Rows} key=${name} name=${tab.text} rows=${data.items} tab=${tab} more=${data.next !== null} />`}
    </main>
  `;
}

/** @param {{name: string, rows: any[], tab: (typeof TABS)[string], more: boolean}} props */
function Rows({ name, rows, tab, more }) {
  const [first, ...rest] = tab.columns;
  return html`
    <section class="panel tools">
      <div class="section-head"><h2>${plural(rows.length, "row")}${more ? ", and more" : ""}</h2></div>
      <div class="scroll-x" tabindex="0" role="region" aria-label=${name}>
        <table>
          <thead><tr>${tab.columns.map(({ head, number }) => html`<th key=${head} scope="col" class=${number ? "num" : ""}>${head}</th>`)}</tr></thead>
          <tbody>
            ${rows.map((row) => html`<tr key=${tab.key(row)}><th scope="row">${first.cell(row)}</th>${rest.map(({ head, number, cell }) => html`<td key=${head} class=${number ? "num" : ""}>${cell(row)}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
    </section>
  `;
}
