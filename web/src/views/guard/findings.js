// Findings: what was found in the record, how much it matters, what became of it and who deals with it.

import { html, useEffect, useState } from "../../ui.js";
import { lookForAlarms } from "../../alarms.js";
import * as api from "../../api.js";
import { changeFinding, scanAgain } from "../../changes.js";
import { ago, count, percent, plural, shortId } from "../../format.js";
import { useLoaded } from "../../load.js";
import { may } from "../../me.js";
import { EventDrawer, openEvent } from "../../parts/drawer.js";
import { Chip, Choice } from "../../parts/filters.js";
import { InlineText, useSending } from "../../parts/form.js";
import { Failure, NoMatch } from "../../parts/notices.js";
import { Table } from "../../parts/table.js";
import { link, param, setParams } from "../../router.js";
import { now, say } from "../../state.js";

/** @import { Finding, FindingState } from "../../model.js" */
/** @import { Column } from "../../parts/table.js" */

const PAGE = 200;
/** How often it is looked how far a running scan is, in milliseconds. */
const SCAN_MS = 2000;

/** @type {Record<string, string>} */
const KINDS = {
  "executed-despite-deny": "ran although denied", "verdict-unavailable": "no guard could judge", denied: "denied", asked: "a person was asked", risk: "no guard judged it", secret: "secret taken out", injection: "words meant to steer the agent",
};
const SEVERITIES = ["low", "medium", "high", "critical"];
/** @type {Record<FindingState, string>} */
const STATES = { open: "open", acknowledged: "acknowledged", resolved: "resolved", "false-alarm": "false alarm" };
const STATE_OPTIONS = Object.entries(STATES).map(([value, text]) => ({ value, text }));
const FILTERS = ["state", "severity", "kind", "rule", "owner", "session_id", "user", "since"];
const SINCE = ["24h", "7d", "30d"].map((value) => ({ value, text: value }));

export function Findings() {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, param(name)]).filter(([, value]) => value));
  const key = JSON.stringify(filter);
  const first = useLoaded((abort) => api.findings({ ...filter, limit: PAGE }, abort), key);
  const [rest, setRest] = useState({ key, items: /** @type {Finding[]} */ ([]), next: /** @type {string | null | undefined} */ (undefined), busy: false });
  const later = rest.key === key ? rest : { key, items: [], next: undefined, busy: false };
  /** What was changed here stays in its place, so that it can be changed back. @type {[Map<number, Finding>, Function]} */
  const [changed, setChanged] = useState(new Map());
  useEffect(() => setChanged(new Map()), [key, first.data]);

  const next = later.next === undefined ? (first.data?.next ?? null) : later.next;
  async function more() {
    if (!next || later.busy) return;
    setRest({ ...later, next, busy: true });
    const page = await api.findings({ ...filter, limit: PAGE, cursor: next }).catch(() => ({ items: [], next }));
    setRest({ key, items: [...later.items, ...page.items], next: page.next, busy: false });
  }
  /** @param {Finding} finding @param {{state?: FindingState, owner?: string | null}} to */
  async function change(finding, to) {
    const after = await changeFinding(finding.id, to);
    setChanged(new Map(changed).set(after.id, after));
    say(to.state ? `Now ${STATES[to.state]}` : to.owner ? `${to.owner} deals with it` : "Nobody deals with it");
    void lookForAlarms();
  }

  const rows = [...(first.data?.items ?? []), ...later.items].map((finding) => changed.get(finding.id) ?? finding);
  const clear = () => setParams(Object.fromEntries(FILTERS.map((name) => [name, null])));
  return html`
    <div class="section-head controls">
      <div class="inline-filters" role="search">
        <${Choice} name="state" label="State" options=${STATE_OPTIONS} />
        <${Choice} name="severity" label="At least" options=${SEVERITIES.map((value) => ({ value, text: value }))} />
        <${Choice} name="kind" label="About" options=${Object.entries(KINDS).map(([value, text]) => ({ value, text }))} />
        <${Choice} name="since" label="Within" options=${SINCE} />
        <${Chip} name="rule" label="rule" /><${Chip} name="owner" label="owner" /><${Chip} name="user" label="person" /><${Chip} name="session_id" label="session" text=${shortId(param("session_id"))} />
      </div>
      <${Scanned} done=${first.reload} />
    </div>
    ${first.error && !first.data
      ? html`<${Failure} error=${first.error} retry=${first.reload} />`
      : !first.data
        ? html`<p class="faint" aria-busy="true">Loading…</p>`
        : rows.length
          ? html`
              <section class="panel tools">
                <div class="section-head"><h2>${plural(rows.length, "finding")}${next ? ", and more" : ""}</h2></div>
                <${Table} label="Findings" rows=${rows} keyOf=${(/** @type {Finding} */ { id }) => String(id)} columns=${columns(change)} />
                ${next ? html`<p class="list-end"><button type="button" disabled=${later.busy} onClick=${more}>Load more findings</button></p>` : null}
              </section>
            `
          : Object.keys(filter).length
            ? html`<${NoMatch} what="findings" clear=${clear} />`
            : html`<div class="nothing"><p>Nothing was found.</p></div>`}
    <${EventDrawer} known=${() => undefined} />
  `;
}

/** @param {(finding: Finding, to: {state?: FindingState, owner?: string | null}) => Promise<void>} change @returns {Column[]} */
const columns = (change) => [
  { head: "What", kind: "says", value: (/** @type {Finding} */ row) => row.summary, cell: (row) => html`<button type="button" class="plain finding" onClick=${() => openEvent(row.event_id)}>${row.summary}</button><span class="faint finding-rule">${KINDS[row.kind] ?? row.kind} · <code>${row.rule}</code></span>` },
  { head: "Severity", recent: true, value: (row) => SEVERITIES.indexOf(row.severity), cell: (row) => html`<span class=${`severity severity-${row.severity}`}>${row.severity}</span>` },
  { head: "State", value: (row) => STATES[/** @type {FindingState} */ (row.state)], cell: (row) => html`<${State} of=${row} change=${change} />` },
  { head: "Owner", value: (row) => row.owner, cell: (row) => html`<${InlineText} value=${row.owner ?? ""} shown=${row.owner ?? html`<span class="faint">–</span>`} label=${`Owner of finding ${row.id}`} can=${may("admin")} save=${(/** @type {string} */ owner) => change(row, { owner: owner || null })} />` },
  { head: "Session", value: (row) => row.session_id, cell: (row) => (row.session_id ? html`<a href=${link(["sessions", row.session_id], { agent: row.agent })} title=${row.session_id}>${shortId(row.session_id)}</a>` : "") },
  { head: "Person", value: (row) => row.user, cell: (row) => row.user ?? "" },
  { head: "Times", number: true, value: (row) => row.count, cell: (row) => count(row.count) },
  { head: "Last seen", recent: true, value: (row) => row.last_seen, cell: (row) => html`<span title=${`first ${row.first_seen}, last ${row.last_seen}`}>${ago(row.last_seen, now.value)}</span>` },
];

/** @param {{of: Finding, change: (finding: Finding, to: {state: FindingState}) => Promise<void>}} props */
function State({ of, change }) {
  const { busy, errors, send } = useSending();
  if (!may("admin")) return html`${STATES[of.state]}`;
  return html`
    <select class=${`state-of ${of.state}`} aria-label=${`State of finding ${of.id}`} value=${of.state} disabled=${busy} onChange=${(/** @type {any} */ event) => send(() => change(of, { state: event.target.value }))}>
      ${STATE_OPTIONS.map(({ value, text }) => html`<option key=${value} value=${value}>${text}</option>`)}
    </select>
    ${errors.form ? html`<span class="bad" role="alert">${errors.form}</span>` : null}
  `;
}

/** How far the record is looked through; an admin has it looked through again. @param {{done: () => void}} props */
function Scanned({ done }) {
  const { data, reload } = useLoaded((abort) => api.scan(abort), "scan");
  const { busy, errors, send } = useSending();
  const running = data?.state === "running";
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(reload, SCAN_MS);
    return () => {
      clearInterval(timer);
      done();
    };
  }, [running]);
  if (!data) return null;
  return html`
    <p class="scanned" role="status">
      <span class="faint">${running ? `Looking through the record: ${percent(data.end ? Math.min(1, data.position / data.end) : 1)}` : "The whole record was looked through."}${data.dropped ? html` <span class="bad">${count(data.dropped)} did not fit.</span>` : null}</span>
      ${may("admin") ? html`<button type="button" class="small" disabled=${busy || running} onClick=${() => send(async () => (await scanAgain(), reload()))}>Look again</button>` : null}
      ${errors.form ? html`<span class="bad" role="alert">${errors.form}</span>` : null}
    </p>
  `;
}
