// The page of one session: its facts, then its calls over time, the conversation, or every event.

import { html, useEffect, useMemo, useRef, useState } from "../ui.js";
import { ago, agentName, count, dateTime, dollars, plural, sessionDuration, tokens, verdictWords } from "../format.js";
import { withKeys } from "../keys.js";
import { Artifacts } from "../parts/artifacts.js";
import { StateMark, sessionTitle } from "../parts/badges.js";
import { Conversation } from "../parts/conversation.js";
import { EventDrawer, openEvent } from "../parts/drawer.js";
import { Chip } from "../parts/filters.js";
import { List } from "../parts/list.js";
import { Failure } from "../parts/notices.js";
import { SessionCost } from "../parts/sessioncost.js";
import { Waterfall } from "../parts/waterfall.js";
import { link, param, setParams } from "../router.js";
import { openSession } from "../sessiondata.js";
import { copy, narrow, now } from "../state.js";
import { EventRow } from "./live.js";

/** @import { SessionData } from "../sessiondata.js" */
/** @import { StoredEvent } from "../model.js" */

const VIEWS = [
  { name: "waterfall", text: "Waterfall" },
  { name: "conversation", text: "Conversation" },
  { name: "events", text: "Events" },
  { name: "cost", text: "Cost" },
];
/** Shown where something was left. */
const ARTIFACTS = { name: "artifacts", text: "Artifacts" };
/** @type {Record<string, string>} */
const GUARD_WORDS = { any: "spoke of", deny: "denied", ask: "asked about", would: "only observed" };
const ROW = 30;
const ROW_NARROW = 50;

/** @param {{id: string}} props */
export function SessionPage({ id }) {
  const agent = param("agent");
  const source = useMemo(() => openSession(id, agent), [id, agent]);
  useEffect(() => () => source.close(), [source]);
  const { data, error, loading } = source.state.value;
  if (!data) {
    return html`<main class="page" aria-busy=${loading}>${error ? html`<${Failure} error=${error} />` : html`<p class="faint">Loading…</p>`}</main>`;
  }
  const left = param("view") === ARTIFACTS.name || data.events.some(({ kind }) => kind === "artifact.created");
  const views = left ? [...VIEWS, ARTIFACTS] : VIEWS;
  const view = views.some(({ name }) => name === param("view")) ? param("view") : "waterfall";
  return html`
    <main class="page full session">
      <${Head} data=${data} />
      <div class="tabs" role="tablist" aria-label="Ways to look at the session">
        ${views.map(
          ({ name, text }) => html`
            <button key=${name} id=${`tab-${name}`} type="button" role="tab" aria-selected=${name === view} aria-controls="session-panel" onClick=${() => setParams({ view: name === "waterfall" ? null : name, guard: null }, { push: true })}>
              ${text}${name === "events" ? html` <span class="faint">${count(data.session.events)}</span>` : null}
            </button>
          `,
        )}
      </div>
      <div class="session-panel" id="session-panel" role="tabpanel" aria-labelledby=${`tab-${view}`}>
        ${view === "waterfall" ? html`<${Waterfall} data=${data} />` : view === "cost" ? html`<${SessionCost} data=${data} />` : view === ARTIFACTS.name ? html`<${Artifacts} session=${data.session} />` : view === "conversation" ? html`<${Conversation} data=${data} more=${source.more} />` : html`<${Events} data=${data} more=${source.more} loading=${loading} />`}
      </div>
      <${EventDrawer} known=${(/** @type {string} */ wanted) => data.events.find((event) => event.id === wanted)} />
    </main>
  `;
}

/** @param {{data: SessionData}} props */
function Head({ data }) {
  const { session } = data;
  return html`
    <header class="session-header">
      <p class="crumb"><a href=${link(["sessions"])}>Sessions</a></p>
      <h1>${sessionTitle(session)}</h1>
      <dl class="head-facts">
        <div><dt>State</dt><dd><${StateMark} state=${session.state} inferred=${session.ended_inferred} />${session.state === "waiting" ? html` <span class="faint">since ${ago(session.last_event_at, now.value).replace(" ago", "")}</span>` : null}</dd></div>
        <div><dt>Agent</dt><dd>${agentName(session.agent)}${session.model ? html` <span class="faint">${session.model}</span>` : null}</dd></div>
        <div><dt>Started</dt><dd title=${session.started_at}>${dateTime(session.started_at)}</dd></div>
        <div><dt>Duration</dt><dd class="num">${sessionDuration(session, now.value)}</dd></div>
        <div><dt>Tool calls</dt><dd class="num">${count(session.tool_calls)}${session.tool_errors ? html` <a class="bad" href=${link(["live"], { session_id: session.id, outcome: "failed" })}>${session.tool_errors} failed</a>` : null}</dd></div>
        <div><dt>Prompts</dt><dd class="num">${count(session.prompts)}</dd></div>
        ${session.subagents ? html`<div><dt>Subagents</dt><dd class="num">${count(session.subagents)}</dd></div>` : null}
        <${Stopped} data=${data} />
        ${session.user || session.device ? html`<div><dt>Who</dt><dd>${[session.user, session.device].filter(Boolean).join(" on ")}</dd></div>` : null}
        ${tokens(session) ? html`<div><dt>Cost</dt><dd class="num">${dollars(session.cost_microusd, session.cost_estimated)} <span class="faint">${count(tokens(session))} tokens</span></dd></div>` : null}
        ${session.repository ? html`<div><dt>Repository</dt><dd>${session.repository}${session.branch ? html` <span class="faint">${session.branch}</span>` : null}</dd></div>` : null}
        ${session.source_app ? html`<div><dt>Source</dt><dd>${session.source_app}</dd></div>` : null}
        ${session.cwd ? html`<div class="wide"><dt>Folder</dt><dd class="path">${session.cwd}</dd></div>` : null}
        <div class="wide"><dt>Session</dt><dd class="path">${session.id} <button type="button" class="quiet" onClick=${() => copy(session.id)}>copy</button></dd></div>
        ${session.parent_id ? html`<div class="wide"><dt>Resumed from</dt><dd class="path"><a href=${link(["sessions", session.parent_id], { agent: session.agent })}>${session.parent_id}</a></dd></div>` : null}
      </dl>
    </header>
  `;
}

/** How often the guard spoke, in what was read so far; each leads to its events. @param {{data: SessionData}} props */
function Stopped({ data }) {
  const counts = useMemo(() => {
    /** @type {Map<string, number>} */
    const found = new Map();
    for (const { verdict } of data.events) {
      const tone = verdict ? verdictWords(verdict).tone : "allow";
      if (tone !== "allow") found.set(tone, (found.get(tone) ?? 0) + 1);
    }
    return found;
  }, [data.events]);
  if (!counts.size) return null;
  const more = data.next ? "+" : "";
  return html`
    <div>
      <dt>Guard</dt>
      <dd>
        ${[["deny", "denied"], ["ask", "asked"], ["would", "only observed"]].map(([tone, text]) =>
          counts.get(tone) ? html`<a key=${tone} class=${`verdict verdict-${tone}`} href=${link(["sessions", data.session.id], { agent: data.session.agent, view: "events", guard: tone })}>${counts.get(tone)}${more} ${text}</a> ` : null,
        )}
      </dd>
    </div>
  `;
}

/** @param {{data: SessionData, more: () => void, loading: boolean}} props */
function Events({ data, more, loading }) {
  const { next } = data;
  const guard = param("guard");
  const events = useMemo(() => (guard ? data.events.filter(({ verdict }) => verdict && (guard === "any" || verdictWords(verdict).tone === guard)) : data.events), [data.events, guard]);
  const [chosen, setChosen] = useState("");
  const current = param("event") || chosen;
  const selected = useMemo(() => (current ? events.findIndex(({ id }) => id === current) : -1), [events, current]);
  const select = (/** @type {number} */ index) => {
    const event = events[Math.max(0, Math.min(events.length - 1, index))];
    if (!event) return;
    setChosen(event.id);
    if (param("event")) openEvent(event.id);
  };
  const latest = useRef({ selected, select, events });
  latest.current = { selected, select, events };
  useEffect(
    () =>
      withKeys({
        move: (by) => latest.current.select(latest.current.selected + (latest.current.selected < 0 ? 1 : by)),
        open: () => {
          const event = latest.current.events[latest.current.selected];
          if (event) openEvent(event.id);
        },
      }),
    [],
  );
  return html`
    ${guard ? html`<div class="filters"><${Chip} name="guard" label="only what the guard" text=${GUARD_WORDS[guard] ?? guard} /></div>` : null}
    <${List}
      label="Events, oldest first" items=${events} keyOf=${(/** @type {StoredEvent} */ event) => event.id} rowHeight=${narrow.value ? ROW_NARROW : ROW}
      row=${(/** @type {StoredEvent} */ event) => html`<${EventRow} event=${event} inSession />`} selected=${selected} onSelect=${select}
      onOpen=${(/** @type {number} */ index) => openEvent(events[index].id)} onNearEnd=${more}
      after=${html`<p class="list-end faint">${loading ? "Loading…" : next ? html`<button type="button" onClick=${more}>Load more events</button>` : plural(events.length, "event")}</p>`}
    />
  `;
}
