// What models used and cost, by model, person, repository, day and other things.

import { html } from "../ui.js";
import * as api from "../api.js";
import { agentName, count, dollars, plural, shortId, tokens } from "../format.js";
import { useLoaded } from "../load.js";
import { Failure } from "../parts/notices.js";
import { Table } from "../parts/table.js";
import { link, param, setParams } from "../router.js";

/** @import { UsageRow, Used } from "../model.js" */
/** @import { Column } from "../parts/table.js" */

const SPANS = ["24h", "7d", "30d", "365d"];
const GROUPS = [
  { by: "day", text: "Day" },
  { by: "model", text: "Model" },
  { by: "person", text: "Person" },
  { by: "team", text: "Team" },
  { by: "repository", text: "Repository" },
  { by: "session", text: "Session" },
  { by: "agent", text: "Agent" },
  { by: "device", text: "Device" },
  { by: "mcp_server", text: "MCP server" },
];
/** Groups shown. */
const MOST = 200;

export function Cost() {
  const span = SPANS.includes(param("span")) ? param("span") : "30d";
  const group = GROUPS.find(({ by }) => by === param("by")) ?? GROUPS[0];
  const { data, error, reload } = useLoaded((abort) => api.usage({ group_by: group.by, since: span, limit: MOST }, abort), `${group.by} ${span}`);
  return html`
    <main class="page cost">
      <div class="section-head">
        <h1>Cost</h1>
        <div class="segments" role="group" aria-label="Span of time">
          ${SPANS.map((value) => html`<button key=${value} type="button" aria-pressed=${value === span} onClick=${() => setParams({ span: value })}>${value}</button>`)}
        </div>
      </div>
      <div class="segments groups" role="group" aria-label="Summed by">
        ${GROUPS.map(({ by, text }) => html`<button key=${by} type="button" aria-pressed=${by === group.by} onClick=${() => setParams({ by: by === "day" ? null : by, sort: null }, { push: true })}>${text}</button>`)}
      </div>
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />` : !data ? html`<p class="faint" aria-busy="true">Loading…</p>` : html`<${Groups} rows=${data.items} total=${data.total} by=${group.by} head=${group.text} more=${data.next !== null} />`}
    </main>
  `;
}

/** @param {{rows: UsageRow[], total: Used, by: string, head: string, more: boolean}} props */
function Groups({ rows, total, by, head, more }) {
  if (!rows.length) {
    return html`<div class="nothing"><p>Nobody told what models used in this time.</p><p class="faint">Telemetry tells it, and so does a history: <code>hookrail import claude-code</code>.</p></div>`;
  }
  const most = Math.max(1, ...rows.map((row) => row.cost_microusd ?? 0));
  return html`
    <section class="panel tools">
      <dl class="figures">
        <div><dt>Cost</dt><dd>${dollars(total.cost_microusd, total.cost_estimated)}</dd></div>
        <div><dt>Tokens</dt><dd>${count(tokens(total))}</dd></div>
        <div><dt>Requests</dt><dd>${count(total.requests ?? 0)}</dd></div>
      </dl>
      ${total.unpriced_requests ? html`<p class="faint">${plural(total.unpriced_requests, "request")} without a known cost ${total.unpriced_requests === 1 ? "is" : "are"} not in these sums.</p>` : null}
      ${total.cost_estimated ? html`<p class="faint">~ is estimated in part: by the price table, where the agent did not tell.</p>` : null}
      <${Table} label=${`Cost by ${head}`} rows=${rows} keyOf=${(/** @type {UsageRow} */ row) => row.key} columns=${columns(by, head, most)} />
      ${more ? html`<p class="faint">The first ${count(rows.length)}; <code>hookrail usage --by ${by}</code> shows all.</p>` : null}
    </section>
  `;
}

/** @param {string} by @param {string} head @param {number} most the dearest row's cost @returns {Column[]} */
const columns = (by, head, most) => [
  { head, recent: by === "day", value: (/** @type {UsageRow} */ row) => row.key, cell: (row) => html`<${Key} by=${by} value=${row.key} />` },
  { head: "Cost", number: true, value: (row) => row.cost_microusd ?? 0, cell: (row) => dollars(row.cost_microusd, row.cost_estimated) },
  { head: "Share", silent: true, kind: "share", cell: (row) => html`<span class="meter" aria-hidden="true"><i style=${{ width: `${((row.cost_microusd ?? 0) / most) * 100}%` }}></i></span>` },
  .../** @type {const} */ ([["Input", "input_tokens"], ["Output", "output_tokens"], ["Cache read", "cache_read_tokens"], ["Cache written", "cache_write_tokens"], ["Requests", "requests"], ["Sessions", "sessions"]]).map(
    ([title, name]) => ({ head: title, number: true, value: (/** @type {UsageRow} */ row) => row[name] ?? 0, cell: (/** @type {UsageRow} */ row) => count(row[name] ?? 0) }),
  ),
];

/** What a group is called, as a link to its sessions where there are such. @param {{by: string, value: string}} props */
function Key({ by, value }) {
  if (!value) return html`<span class="faint">unknown</span>`;
  if (by === "session") return html`<a href=${link(["sessions", value])} title=${value}>${shortId(value)}</a>`;
  if (by === "repository") return html`<a href=${link(["sessions"], { repository: value })}>${value}</a>`;
  if (by === "device") return html`<a href=${link(["sessions"], { device: value })}>${value}</a>`;
  if (by === "person" && value !== "(hidden)") return html`<a href=${link(["sessions"], { user: value })}>${value}</a>`;
  return html`${by === "agent" ? agentName(value) : value}`;
}
