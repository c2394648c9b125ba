// What a session used of models: by prompt, by subagent, and what each source tells of the session.

import { html } from "../ui.js";
import * as api from "../api.js";
import { count, dateTime, dollars, plural, shortId, tokens, toolName } from "../format.js";
import { useLoaded } from "../load.js";
import { Failure } from "./notices.js";
import { Table } from "./table.js";

/** @import { SessionData } from "../sessiondata.js" */
/** @import { PromptUse, Reconciliation, Subagent, Used } from "../model.js" */
/** @import { Column } from "./table.js" */

/** Calls that no hook reported, shown by name. */
const SPOTS = 50;

/** @type {Record<string, string>} */
const SOURCES = { hook: "Hooks", telemetry: "Telemetry", transcript: "Transcript", emitted: "Programs beside it" };

/** @param {{data: SessionData}} props */
export function SessionCost({ data }) {
  const { session, subagents } = data;
  const key = `${session.agent} ${session.id} ${session.events}`;
  const prompts = useLoaded((abort) => api.sessionPrompts(session.id, session.agent, abort), key);
  const told = useLoaded((abort) => api.reconciliation(session.id, session.agent, abort), key);
  const error = prompts.error ?? told.error;
  if (error && !prompts.data) return html`<${Failure} error=${error} retry=${prompts.reload} />`;
  const busy = subagents.filter((one) => tokens(one) > 0);
  return html`
    <div class="session-cost" tabindex="0" role="region" aria-label="What the session used">
      ${tokens(session)
        ? html`
            <dl class="figures">
              <div><dt>Cost</dt><dd>${dollars(session.cost_microusd, session.cost_estimated)}</dd></div>
              <div><dt>Input</dt><dd>${count(session.input_tokens ?? 0)}</dd></div>
              <div><dt>Output</dt><dd>${count(session.output_tokens ?? 0)}</dd></div>
              <div><dt>Cache read</dt><dd>${count(session.cache_read_tokens ?? 0)}</dd></div>
              <div><dt>Cache written</dt><dd>${count(session.cache_write_tokens ?? 0)}</dd></div>
            </dl>
          `
        : html`<p class="faint">Nobody told what this session used. Telemetry tells it, and so does the transcript: <code>hookrail import ${session.agent}</code>.</p>`}
      ${prompts.data?.items.some((one) => one.requests || tokens(one)) ? html`<${Sums} label="By prompt" rows=${prompts.data.items.map(prompt)} sort="prompts" />` : null}
      ${busy.length ? html`<${Sums} label="By subagent" rows=${busy.map(subagent)} sort="subagents" />` : null}
      ${told.data ? html`<${Told} told=${told.data} />` : null}
    </div>
  `;
}

/** @param {PromptUse} one @param {number} index @returns {{key: string, when: string, name: string, used: Used}} */
const prompt = (one, index) => ({ key: one.turn_id ?? String(index), when: one.at, name: one.text?.trim() || "(the text was not told)", used: one });
/** @param {Subagent} one */
const subagent = (one) => ({ key: one.id, when: one.started_at, name: `${one.agent_type || "subagent"} ${shortId(one.id)}`, used: one });

/** @typedef {ReturnType<typeof prompt>} Row */

/** @param {{label: string, rows: Row[], sort: string}} props */
const Sums = ({ label, rows, sort }) => html`
  <section class="panel tools">
    <div class="section-head"><h2>${label}</h2></div>
    <${Table} label=${label} rows=${rows} keyOf=${(/** @type {Row} */ { key }) => key} columns=${columns(label.replace("By ", "").replace(/^./, (first) => first.toUpperCase()))} sort=${sort} />
  </section>
`;

/** @param {string} head @returns {Column[]} */
const columns = (head) => [
  { head, value: (/** @type {Row} */ { name }) => name, cell: ({ name }) => html`<span class="clip" title=${name}>${name.split("\n")[0].slice(0, 160)}</span>` },
  { head: "When", recent: true, value: ({ when }) => when, cell: ({ when }) => dateTime(when) },
  { head: "Cost", number: true, value: ({ used }) => used.cost_microusd ?? 0, cell: ({ used }) => dollars(used.cost_microusd, used.cost_estimated) },
  { head: "Tokens", number: true, value: ({ used }) => tokens(used), cell: ({ used }) => count(tokens(used)) },
  { head: "Requests", number: true, value: ({ used }) => used.requests ?? 0, cell: ({ used }) => count(used.requests ?? 0) },
];

/** @param {{told: Reconciliation}} props */
function Told({ told }) {
  const { sources, blind_spots: spots, calls_no_hook_reported: unseen } = told;
  return html`
    <section class="panel tools">
      <div class="section-head"><h2>Who told</h2></div>
      <div class="scroll-x" tabindex="0" role="region" aria-label="Who told">
        <table>
          <thead><tr><th scope="col">Source</th><th scope="col" class="num">Events</th><th scope="col" class="num">Prompts</th><th scope="col" class="num">Tool calls</th></tr></thead>
          <tbody>
            ${sources.map((one) => html`<tr key=${one.source}><th scope="row">${SOURCES[one.source] ?? one.source}</th><td class="num">${count(one.events)}</td><td class="num">${count(one.prompts)}</td><td class="num">${count(one.tool_calls)}</td></tr>`)}
          </tbody>
        </table>
      </div>
      ${unseen
        ? html`<p><b class="wait">${plural(unseen, "tool call")} no hook reported:</b> ${spots.slice(0, SPOTS).map((spot) => toolName(spot.tool ?? "tool")).join(", ")}${unseen > SPOTS ? " …" : ""}</p>`
        : html`<p class="faint">Hooks reported every tool call that is known.</p>`}
    </section>
  `;
}
