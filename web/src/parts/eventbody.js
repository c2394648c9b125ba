// What one event holds, in full: what it says in its own form (text, terminal, diff), then the payload as a tree.

import { html, useMemo, useState } from "../ui.js";
import { agentName, duration, moment, toolName, verdictWords } from "../format.js";
import { answerText, errorText, fileChangesOf, promptText, shellOf } from "../payload.js";
import { link } from "../router.js";
import { copy } from "../state.js";
import { ActorMark, OutcomeMark, VerdictMark } from "./badges.js";
import { DiffTable } from "./difftable.js";
import { Json } from "./json.js";
import { Command } from "./notices.js";

/** @import { Redaction, StoredEvent, Verdict } from "../model.js" */

/** Characters of an output drawn before the rest is asked for. */
const OUTPUT_MOST = 20_000;

/** @param {{event: StoredEvent}} props */
export function EventBody({ event }) {
  const changes = useMemo(() => fileChangesOf(event), [event]);
  const shell = changes.length ? null : shellOf(event);
  const isAnswer = ["turn.ended", "turn.failed", "subagent.ended", "message.received", "message.displayed", "thought.received"].includes(event.kind);
  const prompt = event.kind === "prompt.submitted" || event.kind === "prompt.expanded" ? promptText(event.payload) : "";
  const answer = isAnswer ? answerText(event.payload) : "";
  const error = shell || isAnswer ? "" : errorText(event.payload);
  return html`
    <${Facts} event=${event} />
    <${GuardSaid} verdict=${event.verdict} />
    <${TakenOut} redactions=${event.redactions ?? []} />
    ${prompt ? html`<section><h3>Prompt</h3><p class="prose">${prompt}</p></section>` : null}
    ${answer ? html`<section><h3>${event.kind === "thought.received" ? "Reasoning" : "Answer"}</h3><p class="prose">${answer}</p></section>` : null}
    ${changes.length
      ? html`<section><h3>Changes</h3>${changes.map((change, index) => html`<${DiffTable} key=${index} change=${change} />`)}</section>`
      : null}
    ${shell
      ? html`
          <section>
            <h3>Command</h3>
            ${shell.description ? html`<p class="faint">${shell.description}</p>` : null}
            <${Output} text=${shell.command} kind="command" />
            ${shell.out ? html`<h3>Output</h3><${Output} text=${shell.out} kind="out" />` : null}
            ${shell.err ? html`<h3>Error output</h3><${Output} text=${shell.err} kind="err" />` : null}
          </section>
        `
      : null}
    ${error ? html`<section><h3>Error</h3><${Output} text=${error} kind="err" /></section>` : null}
    <section>
      <div class="section-head">
        <h3>Payload</h3>
        <button type="button" class="small" onClick=${() => copy(JSON.stringify(event.payload, null, 2))}>Copy JSON</button>
      </div>
      <div class="json"><${Json} value=${event.payload} /></div>
    </section>
  `;
}

/** @param {{verdict: Verdict | null}} props */
function GuardSaid({ verdict }) {
  if (!verdict) return null;
  const { tone } = verdictWords(verdict);
  return html`
    <section class=${`notice notice-${tone}`}>
      <h3>The guard said <${VerdictMark} verdict=${verdict} /></h3>
      <p>${verdict.reason}</p>
      <p class="faint">rule <a href=${link(["guard"], { rule: verdict.rule })}><code>${verdict.rule}</code></a>${verdict.mode && verdict.mode !== "enforce" ? `, which only ${verdict.mode === "warn" ? "warns" : "observes"}` : ""}</p>
      ${verdict.code ? html`
            <div class="said-code">
              <span>Let it pass this time</span><${Command} text=${`hookrail allow-once ${verdict.code}`} />
              <span>It should not have been stopped</span><${Command} text=${`hookrail report ${verdict.code}`} />
            </div>
          ` : null}
    </section>
  `;
}

/** What is not in the payload any more, and where it was. @param {{redactions: Redaction[]}} props */
function TakenOut({ redactions }) {
  if (!redactions.length) return null;
  return html`
    <section>
      <h3>Taken out</h3>
      <ul class="taken">
        ${redactions.map(
          ({ kind, at, count }) => html`
            <li key=${`${kind} ${at}`}><a href=${link(["live"], { redaction: kind })} title="Every event with such">${kind}</a>${count > 1 ? html` <span class="num">× ${count}</span>` : null} <code class="faint">${at || "somewhere in the payload"}</code></li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** @param {{event: StoredEvent}} props */
function Facts({ event }) {
  const skew = Date.parse(event.received_at) - Date.parse(event.occurred_at);
  return html`
    <dl class="facts">
      <dt>Happened</dt>
      <dd title=${event.occurred_at}>${moment(event.occurred_at)}</dd>
      ${Math.abs(skew) > 2000 ? html`<dt>Received</dt><dd title=${event.received_at}>${duration(Math.abs(skew))} ${skew > 0 ? "later" : "earlier, by the server's clock"}</dd>` : null}
      <dt>Event</dt>
      <dd>${event.name} <span class="faint">${event.kind}</span></dd>
      <dt>Agent</dt>
      <dd>${agentName(event.agent)} <${ActorMark} actor=${event.actor} /></dd>
      ${event.session_id
        ? html`<dt>Session</dt><dd><a href=${link(["sessions", event.session_id], { agent: event.agent })}>${event.session_id}</a></dd>`
        : null}
      ${event.tool ? html`<dt>Tool</dt><dd>${toolName(event.tool, event.mcp_server, event.mcp_server_name)} <${OutcomeMark} outcome=${event.outcome} /></dd>` : null}
      ${event.tool_use_id
        ? html`<dt>Call</dt><dd><a href=${link(["live"], { tool_use_id: event.tool_use_id })} title="Every event of this call">${event.tool_use_id}</a></dd>`
        : null}
      ${event.duration_ms !== null ? html`<dt>Took</dt><dd>${duration(event.duration_ms)}</dd>` : null}
      ${event.user ? html`<dt>Person</dt><dd>${event.user}</dd>` : null}
      ${event.device ? html`<dt>Machine</dt><dd>${event.device}</dd>` : null}
      ${event.source_app ? html`<dt>Source</dt><dd>${event.source_app}</dd>` : null}
    </dl>
  `;
}

/** @param {{text: string, kind: "command" | "out" | "err"}} props */
export function Output({ text, kind }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > OUTPUT_MOST;
  return html`
    <div class=${`output output-${kind}`}>
      <pre tabindex="0">${cut ? text.slice(0, OUTPUT_MOST) : text}</pre>
      <button type="button" class="small output-copy" onClick=${() => copy(text)}>Copy</button>
      ${cut ? html`<button type="button" class="quiet" onClick=${() => setWhole(true)}>${text.length - OUTPUT_MOST} more characters</button>` : null}
    </div>
  `;
}
