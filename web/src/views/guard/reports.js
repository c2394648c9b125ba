// Calls that people say should not have been stopped, each with its case.

import { html } from "../../ui.js";
import * as api from "../../api.js";
import { agentName, ago, plural, shortId } from "../../format.js";
import { useLoaded } from "../../load.js";
import { VerdictMark } from "../../parts/badges.js";
import { Chip } from "../../parts/filters.js";
import { Json } from "../../parts/json.js";
import { Failure } from "../../parts/notices.js";
import { link, param } from "../../router.js";
import { copy, now } from "../../state.js";

/** @import { StopReport } from "../../model.js" */

/** Reports shown. */
const MOST = 200;

export function Reports() {
  const rule = param("rule");
  const { data, error, reload } = useLoaded((abort) => api.reports({ rule, limit: MOST }, abort), rule);
  if (!data) return error ? html`<${Failure} error=${error} retry=${reload} />` : html`<p class="faint" aria-busy="true">Loading…</p>`;
  return html`
    ${rule ? html`<div class="section-head controls"><${Chip} name="rule" label="rule" /></div>` : null}
    ${data.items.length
      ? html`
          <p class="faint">${plural(data.items.length, "report")}${data.next ? ", and more" : ""}. Each case can become a test: <code>hookrail policy test</code>.</p>
          ${data.items.map((report) => html`<${Report} key=${report.id} of=${report} />`)}
        `
      : html`<div class="nothing"><p>Nobody reported a call that should not have been stopped.</p><p class="faint">A person does so with <code>hookrail report</code>, where it happened.</p></div>`}
  `;
}

/** @param {{of: StopReport}} props */
function Report({ of }) {
  const { report } = of;
  const who = [report.user, report.device].filter(Boolean).join(" on ");
  return html`
    <article class="panel report">
      <header>
        <${VerdictMark} verdict=${report.verdict} rule />
        <b>${report.tool ?? "a call"}</b>
        <span class="faint">${[report.agent ? agentName(report.agent) : "", who].filter(Boolean).join(", ")}</span>
        ${report.session_id ? html`<a href=${link(["sessions", report.session_id], { agent: report.agent })}>${shortId(report.session_id)}</a>` : null}
        <time class="faint" datetime=${of.at} title=${of.at}>${ago(of.at, now.value)}</time>
      </header>
      ${report.note ? html`<p class="prose">${report.note}</p>` : null}
      <p class="faint">${report.verdict.reason}</p>
      ${report.input === undefined || report.input === null ? null : html`<div class="json"><${Json} value=${report.input} /></div>`}
      <footer><button type="button" class="small" onClick=${() => copy(JSON.stringify(report, null, 2))}>Copy the case</button></footer>
    </article>
  `;
}
