// Who works, in which repositories, on which machines; and, for the operator, what nobody has claimed.

import { html, useState } from "../ui.js";
import * as api from "../api.js";
import { ago, agentName, bytes, count, dollars, duration, plural, shortId } from "../format.js";
import { setTeam } from "../changes.js";
import { useLoaded } from "../load.js";
import { isOperator, may, me } from "../me.js";
import { InlineText } from "../parts/form.js";
import { Failure } from "../parts/notices.js";
import { Table } from "../parts/table.js";
import { AttributeSession, LookInto, PurgeSession } from "../parts/unclaimed.js";
import { link, param, setParams } from "../router.js";
import { now } from "../state.js";

/** @import { Device, HandlerUse, Person, Repository, Unclaimed } from "../model.js" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{text: string, nothing: string, key: (row: any) => string, operator?: boolean, columns: (reload: () => void, rows: any[], act: (what: "look" | "give" | "remove", row: any) => void) => Column[]}} Tab */

/** Rows shown. */
const MOST = 500;

/** @param {string} time */
const when = (time) => html`<span title=${time}>${ago(time, now.value)}</span>`;
/** @param {Person | Repository} row */
const cost = (row) => dollars(row.cost_microusd, row.cost_estimated);

/** How often a handler came out how. @param {HandlerUse} row */
const outcomes = (row) => Object.entries(row.outcomes).map(([word, times]) => `${count(times)} ${word.replaceAll("_", " ")}`).join(", ");

/** @param {number} n */
const figure = (n) => html`<span class=${n ? "" : "faint"}>${count(n)}</span>`;

/** @type {Record<string, Tab>} */
const TABS = {
  people: {
    text: "People",
    nothing: "Nobody is known yet. Telemetry tells who is signed in, and a device whose it is.",
    key: (/** @type {Person} */ row) => row.person,
    columns: (reload, /** @type {Person[]} */ rows) => [
      { head: "Person", value: (/** @type {Person} */ row) => row.person, cell: (row) => html`<a href=${link(["sessions"], { user: row.person })}>${row.person}</a>` },
      { head: "Team", value: (row) => row.team, cell: (row) => html`<${Team} of=${row} teams=${[...new Set(rows.map(({ team }) => team ?? ""))].filter(Boolean).sort()} done=${reload} />` },
      { head: "Sessions", number: true, value: (row) => row.sessions, cell: (row) => count(row.sessions) },
      { head: "Tool calls", number: true, value: (row) => row.tool_calls, cell: (row) => count(row.tool_calls) },
      { head: "Failed", number: true, value: (row) => row.tool_errors, cell: (row) => figure(row.tool_errors) },
      { head: "Cost", number: true, value: (row) => row.cost_microusd, cell: cost },
      { head: "Last seen", recent: true, value: (row) => row.last_seen, cell: (row) => when(row.last_seen) },
    ],
  },
  repositories: {
    text: "Repositories",
    nothing: "No repository is known yet. A device tells it, and so does a history.",
    key: (/** @type {Repository} */ row) => row.repository,
    columns: () => [
      { head: "Repository", value: (/** @type {Repository} */ row) => row.repository, cell: (row) => html`<a href=${link(["sessions"], { repository: row.repository })}>${row.repository}</a>` },
      { head: "People", number: true, value: (row) => row.people, cell: (row) => count(row.people) },
      { head: "Sessions", number: true, value: (row) => row.sessions, cell: (row) => count(row.sessions) },
      { head: "Tool calls", number: true, value: (row) => row.tool_calls, cell: (row) => count(row.tool_calls) },
      { head: "Failed", number: true, value: (row) => row.tool_errors, cell: (row) => figure(row.tool_errors) },
      { head: "Cost", number: true, value: (row) => row.cost_microusd, cell: cost },
      { head: "Last seen", recent: true, value: (row) => row.last_seen, cell: (row) => when(row.last_seen) },
    ],
  },
  devices: {
    text: "Devices",
    nothing: "No device is known yet.",
    key: (/** @type {Device} */ row) => row.name,
    columns: () => [
      { head: "Device", value: (/** @type {Device} */ row) => row.name, cell: (row) => html`<a href=${link(["sessions"], { device: row.name })}>${row.name}</a>` },
      { head: "Version", value: (row) => row.report?.context?.version, cell: (row) => row.report?.context?.version ?? "" },
      { head: "System", value: (row) => row.report?.context?.os, cell: (row) => row.report?.context?.os ?? "" },
      { head: "Events", number: true, value: (row) => row.events, cell: (row) => count(row.events) },
      { head: "Waiting to be sent", number: true, value: (row) => row.report?.backlog.bytes, cell: (row) => (row.report?.backlog.bytes ? bytes(row.report.backlog.bytes) : "") },
      { head: "Clock off by", number: true, value: (row) => Math.abs(row.clock_skew_ms ?? row.skew_ms ?? 0), cell: (row) => skew(row.clock_skew_ms ?? row.skew_ms) },
      { head: "Last seen", recent: true, value: (row) => row.last_seen, cell: (row) => (row.last_seen ? when(row.last_seen) : "") },
      { head: "What is wrong", recent: true, kind: "says", value: (row) => row.flags.length, cell: (/** @type {Device} */ row) => row.flags.map((flag) => html`<span key=${flag.code} class="bad flag" title=${flag.code}>${flag.message}</span>`) },
    ],
  },
  handlers: {
    text: "Handlers",
    nothing: "No handler ran in the last seven days. `hookrail init` writes some into a project.",
    key: (/** @type {HandlerUse} */ row) => row.handler,
    columns: () => [
      { head: "Handler", value: (/** @type {HandlerUse} */ row) => row.handler, cell: (row) => html`<code>${row.handler}</code>` },
      { head: "Runs", number: true, value: (row) => row.runs, cell: (/** @type {HandlerUse} */ row) => html`<span title=${outcomes(row)}>${count(row.runs)}</span>` },
      { head: "Went wrong", number: true, value: (row) => row.troubles, cell: (/** @type {HandlerUse} */ row) => html`<span class=${row.troubles ? "bad" : "faint"} title=${outcomes(row)}>${count(row.troubles)}</span>` },
      { head: "Half take at most", number: true, value: (row) => row.p50_ms, cell: (row) => duration(row.p50_ms) },
      { head: "95 % take at most", number: true, value: (row) => row.p95_ms, cell: (row) => duration(row.p95_ms) },
      { head: "Last came out as", value: (row) => row.last_outcome, cell: (row) => row.last_outcome.replaceAll("_", " ") },
      { head: "Last run", recent: true, value: (row) => row.last_at, cell: (/** @type {HandlerUse} */ row) => (row.last_session_id ? html`<a href=${link(["sessions", row.last_session_id])}>${when(row.last_at)}</a>` : when(row.last_at)) },
    ],
  },
  unclaimed: {
    text: "Unclaimed",
    nothing: "Nothing waits for a key, and nothing is in quarantine.",
    operator: true,
    key: (/** @type {Unclaimed} */ row) => `${row.state} ${row.agent} ${row.session_id}`,
    columns: (_reload, _rows, act) => [
      { head: "Session", value: (/** @type {Unclaimed} */ row) => row.session_id, cell: (row) => html`<code title=${row.session_id}>${shortId(row.session_id)}</code>` },
      { head: "Agent", value: (row) => row.agent, cell: (row) => agentName(row.agent) },
      { head: "State", value: (row) => row.state, cell: (row) => (row.state === "waiting" ? html`<span class="wait">waits</span>` : "in quarantine") },
      { head: "Events", number: true, value: (row) => row.events, cell: (row) => count(row.events) },
      { head: "From", value: (row) => row.address, cell: (row) => row.address },
      { head: "Last event", recent: true, value: (row) => row.last_at, cell: (row) => when(row.last_at) },
      {
        head: "What can be done", silent: true, kind: "acts",
        cell: (/** @type {Unclaimed} */ row) => html`
          <button type="button" class="small" aria-label=${`Look into ${row.session_id}`} onClick=${() => act("look", row)}>Look into…</button>
          <button type="button" class="small" aria-label=${`Give ${row.session_id} to a project`} onClick=${() => act("give", row)}>Give to a project…</button>
          ${row.state === "quarantined" ? html` <button type="button" class="small danger" aria-label=${`Remove ${row.session_id}`} onClick=${() => act("remove", row)}>Remove…</button>` : null}
        `,
      },
    ],
  },
};

/** Whose team a person is in; an admin puts them into another. @param {{of: Person, teams: string[], done: () => void}} props */
function Team({ of, teams, done }) {
  const save = async (/** @type {string} */ text) => {
    await setTeam(of.person, text || null);
    done();
  };
  return html`<${InlineText} value=${of.team ?? ""} shown=${of.team ?? html`<span class="faint">–</span>`} label=${`Team of ${of.person}`} options=${teams} can=${may("admin")} save=${save} />`;
}

/** @type {Record<string, (abort: AbortSignal) => Promise<{items: any[], next: string | null}>>} */
const READ = {
  people: (abort) => api.people({ limit: MOST }, abort),
  repositories: (abort) => api.repositories({ limit: MOST }, abort),
  devices: (abort) => api.devices({ limit: MOST }, abort),
  handlers: (abort) => api.handlers({ since: "7d", limit: MOST }, abort),
  unclaimed: (abort) => api.quarantine({ limit: MOST }, abort),
};

/** @param {number | null | undefined} ms */
const skew = (ms) => (ms === null || ms === undefined || Math.abs(ms) < 1000 ? "" : duration(Math.abs(ms)));

export function Places() {
  const tabs = Object.entries(TABS).filter(([, { operator }]) => !operator || isOperator());
  const asked = TABS[param("of")];
  // Who looks is not known at once: what only the operator sees waits until it is.
  if (asked?.operator && !me.value) return html`<main class="page" aria-busy="true"><p class="faint">Loading…</p></main>`;
  const [name, tab] = tabs.find(([of]) => of === param("of")) ?? tabs[0];
  return html`
    <main class="page cost">
      <h1>Who and where</h1>
      <div class="segments groups" role="group" aria-label="What is listed">
        ${tabs.map(([of, { text }]) => html`<button key=${of} type="button" aria-pressed=${of === name} onClick=${() => setParams({ of: of === "people" ? null : of, sort: null }, { push: true })}>${text}</button>`)}
      </div>
      <${Listed} key=${name} name=${name} tab=${tab} />
    </main>
  `;
}

/** @param {{name: string, tab: Tab}} props */
function Listed({ name, tab }) {
  const { data, error, reload } = useLoaded(READ[name], name);
  const [acting, setActing] = useState(/** @type {{what: "look" | "give" | "remove", row: Unclaimed} | null} */ (null));
  if (!data) return error ? html`<${Failure} error=${error} retry=${reload} />` : html`<p class="faint" aria-busy="true">Loading…</p>`;
  const close = () => setActing(null);
  return html`
    ${data.items.length
      ? html`
          <section class="panel tools">
            <div class="section-head"><h2>${plural(data.items.length, "row")}${data.next === null ? "" : ", and more"}</h2></div>
            <${Table} label=${tab.text} rows=${data.items} keyOf=${tab.key} columns=${tab.columns(reload, data.items, (what, row) => setActing({ what, row }))} />
          </section>
        `
      : html`<div class="nothing"><p>${tab.nothing}</p></div>`}
    ${acting?.what === "look" ? html`<${LookInto} of=${acting.row} onClose=${close} />` : null}
    ${acting?.what === "give" ? html`<${AttributeSession} of=${acting.row} done=${reload} onClose=${close} />` : null}
    ${acting?.what === "remove" ? html`<${PurgeSession} of=${acting.row} done=${reload} onClose=${close} />` : null}
  `;
}
