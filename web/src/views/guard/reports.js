// Calls that people say should not have been stopped, each with its case.

import { html } from "../../ui.js";
import * as api from "../../api.js";
import { agentName, ago, plural, shortId } from "../../format.js";
import { useLoaded } from "../../load.js";
import { VerdictMark } from "../../parts/badges.js";
import { EventDrawer, openEvent } from "../../parts/drawer.js";
import { Output } from "../../parts/eventbody.js";
import { Chip } from "../../parts/filters.js";
import { Json } from "../../parts/json.js";
import { Failure } from "../../parts/notices.js";
import { link, param } from "../../router.js";
import { copy, now } from "../../state.js";

/** @import { StopReport, Verdict } from "../../model.js" */

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
    <${EventDrawer} known=${() => undefined} />
  `;
}

/**
 * What a report says, whoever made it: a program sends the whole case, `hookrail report` what the person saw.
 * @param {StopReport} report
 */
function caseOf({ rule, report }) {
  const told = report && typeof report === "object" ? report : {};
  const word = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
  const decision = ["deny", "ask", "allow"].find((one) => one === (told.verdict?.decision ?? told.decision)) ?? "deny";
  return {
    verdict: /** @type {Verdict} */ ({ decision, rule, reason: word(told.verdict?.reason) }),
    tool: word(told.tool), subject: word(told.subject), input: told.input ?? null, note: word(told.note), agent: word(told.agent), session: word(told.session_id),
    who: [word(told.user), word(told.device)].filter(Boolean).join(" on "),
  };
}

/** @param {{of: StopReport}} props */
function Report({ of }) {
  const { verdict, tool, subject, input, note, agent, session, who } = caseOf(of);
  return html`
    <article class="panel report">
      <header>
        <${VerdictMark} verdict=${verdict} rule />
        <b>${tool || "a call"}</b>
        <span class="faint">${[agent ? agentName(agent) : "", who].filter(Boolean).join(", ")}</span>
        ${session ? html`<a href=${link(["sessions", session], { agent })}>${shortId(session)}</a>` : null}
        ${of.event_id ? html`<button type="button" class="quiet" onClick=${() => openEvent(of.event_id ?? "")}>the event</button>` : null}
        <time class="faint" datetime=${of.at} title=${of.at}>${ago(of.at, now.value)}</time>
      </header>
      ${note ? html`<p class="prose">${note}</p>` : null}
      ${verdict.reason ? html`<p class="faint">${verdict.reason}</p>` : null}
      ${subject ? html`<${Output} text=${subject} kind="command" />` : null}
      ${input === null ? null : html`<div class="json"><${Json} value=${input} /></div>`}
      <footer><button type="button" class="small" onClick=${() => copy(JSON.stringify(of.report, null, 2))}>Copy the case</button></footer>
    </article>
  `;
}
