// Verdicts counted: what held, and apart from it what rules that only observe or warn would have decided.

import { html } from "../../ui.js";
import * as api from "../../api.js";
import { ago, agentName, count, shortId } from "../../format.js";
import { useLoaded } from "../../load.js";
import { Chip } from "../../parts/filters.js";
import { Failure } from "../../parts/notices.js";
import { Table } from "../../parts/table.js";
import { link, param, setParams } from "../../router.js";
import { now } from "../../state.js";

/** @import { VerdictRow } from "../../model.js" */
/** @import { Column } from "../../parts/table.js" */

const SPANS = ["24h", "7d", "30d", "365d"];
const GROUPS = [
  { by: "rule", text: "Rule" },
  { by: "person", text: "Person" },
  { by: "repository", text: "Repository" },
  { by: "day", text: "Day" },
  { by: "session", text: "Session" },
  { by: "agent", text: "Agent" },
];
/** Groups shown. */
const MOST = 500;

/** What can be counted of a group. @typedef {"denied" | "asked" | "let_through" | "unavailable" | "would_deny" | "would_ask" | "warned" | "observed"} Counted */

/** @type {{head: string, name: Counted, tone: string, also?: boolean}[]} */
const HELD = [
  { head: "Denied", name: "denied", tone: "bad" },
  { head: "Asked", name: "asked", tone: "wait" },
  { head: "Let through once", name: "let_through", tone: "" },
  { head: "Could not judge", name: "unavailable", tone: "bad" },
];
/** A call is counted by what would have been and by how it went on; only the first is drawn. @type {{head: string, name: Counted, tone: string, also?: boolean}[]} */
const NOT_HELD = [
  { head: "Would deny", name: "would_deny", tone: "" },
  { head: "Would ask", name: "would_ask", tone: "" },
  { head: "Warned", name: "warned", tone: "", also: true },
  { head: "Observed", name: "observed", tone: "", also: true },
];

/** @param {VerdictRow} row @param {{name: Counted}[]} counted */
const sum = (row, counted) => counted.reduce((total, { name }) => total + row[name], 0);

export function Verdicts() {
  const span = SPANS.includes(param("span")) ? param("span") : "30d";
  const group = GROUPS.find(({ by }) => by === param("by")) ?? GROUPS[0];
  const rule = param("rule");
  const { data, error, reload } = useLoaded((abort) => api.verdicts({ group_by: group.by, since: span, rule, limit: MOST }, abort), `${group.by} ${span} ${rule}`);
  return html`
    <div class="section-head controls">
      <div class="segments groups" role="group" aria-label="Counted by">
        ${GROUPS.map(({ by, text }) => html`<button key=${by} type="button" aria-pressed=${by === group.by} onClick=${() => setParams({ by: by === "rule" ? null : by, sort: null, would: null }, { push: true })}>${text}</button>`)}
      </div>
      <${Chip} name="rule" label="rule" />
      <div class="segments" role="group" aria-label="Span of time">
        ${SPANS.map((value) => html`<button key=${value} type="button" aria-pressed=${value === span} onClick=${() => setParams({ span: value })}>${value}</button>`)}
      </div>
    </div>
    ${!data
      ? error
        ? html`<${Failure} error=${error} retry=${reload} />`
        : html`<p class="faint" aria-busy="true">Loading…</p>`
      : html`<${Counts} rows=${data.items} by=${group.by} head=${group.text} span=${span} />`}
  `;
}

/** @param {{rows: VerdictRow[], by: string, head: string, span: string}} props */
function Counts({ rows, by, head, span }) {
  const held = rows.filter((row) => sum(row, HELD));
  const wouldHave = rows.filter((row) => sum(row, NOT_HELD));
  if (!held.length && !wouldHave.length) {
    return html`<div class="nothing"><p>The guard had nothing to say in this time.</p><p class="faint"><code>hookrail policy explain -- COMMAND</code> shows what it would say.</p></div>`;
  }
  return html`
    <${Counted} title="Stopped and asked" rows=${held} counted=${HELD} by=${by} head=${head} span=${span} sort="sort" nothing="Nothing was stopped." />
    <${Counted} title="Would have been, by rules that only observe or warn" rows=${wouldHave} counted=${NOT_HELD} by=${by} head=${head} span=${span} sort="would" nothing="No rule only observes, or none had anything to say." />
  `;
}

/** @param {{title: string, rows: VerdictRow[], counted: typeof HELD, by: string, head: string, span: string, sort: string, nothing: string}} props */
function Counted({ title, rows, counted, by, head, span, sort, nothing }) {
  const drawn = counted.filter(({ also }) => !also);
  const most = Math.max(1, ...rows.map((row) => sum(row, drawn)));
  /** @type {Column[]} */
  const columns = [
    { head, recent: by === "day", value: (/** @type {VerdictRow} */ row) => row.key, cell: (row) => html`<${Key} by=${by} value=${row.key} span=${span} />` },
    ...counted.map(({ head: title, name, tone }) => ({
      head: title, number: true, value: (/** @type {VerdictRow} */ row) => row[name],
      cell: (/** @type {VerdictRow} */ row) => html`<span class=${row[name] ? tone : "faint"}>${count(row[name])}</span>`,
    })),
    { head: "Share", silent: true, kind: "share", cell: (row) => html`<${Parts} row=${row} counted=${drawn} most=${most} />` },
    { head: "Last", recent: true, value: (row) => row.last_at, cell: (row) => (row.last_at ? html`<span title=${row.last_at}>${ago(row.last_at, now.value)}</span>` : "") },
  ];
  return html`
    <section class="panel tools">
      <div class="section-head"><h2>${title}</h2></div>
      ${rows.length
        ? html`
            <dl class="figures">
              ${counted.map(({ head: title, name, tone }) => {
                const total = rows.reduce((all, row) => all + row[name], 0);
                return html`<div key=${name}><dt>${title}</dt><dd class=${total ? tone : "faint"}>${count(total)}</dd></div>`;
              })}
            </dl>
            <${Table} label=${title} rows=${rows} keyOf=${(/** @type {VerdictRow} */ row) => row.key} columns=${columns} sort=${sort} />
          `
        : html`<p class="faint">${nothing}</p>`}
    </section>
  `;
}

/** @param {{row: VerdictRow, counted: typeof HELD, most: number}} props */
const Parts = ({ row, counted, most }) => html`
  <span class="meter parts" aria-hidden="true">${counted.map(({ name }) => (row[name] ? html`<i key=${name} class=${`part-${name}`} style=${{ width: `${(row[name] / most) * 100}%` }}></i>` : null))}</span>
`;

/** What a group is called, as a way to what is in it. @param {{by: string, value: string, span: string}} props */
function Key({ by, value, span }) {
  if (!value) return html`<span class="faint">unknown</span>`;
  if (by === "rule") return html`<a href=${link(["guard"], { rule: value, by: "session", span })}><code>${value}</code></a>`;
  if (by === "session") return html`<a href=${link(["sessions", value], { view: "events", guard: "any" })} title=${value}>${shortId(value)}</a>`;
  if (by === "person" && value !== "(hidden)") return html`<a href=${link(["sessions"], { user: value })}>${value}</a>`;
  if (by === "repository") return html`<a href=${link(["sessions"], { repository: value })}>${value}</a>`;
  return html`${by === "agent" ? agentName(value) : value}`;
}
