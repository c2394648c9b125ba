// Every session, the most recently active first.

import { html, useEffect, useMemo, useRef, useState } from "../ui.js";
import * as api from "../api.js";
import { agentName, AGENTS, ago, count, dateTime, sessionDuration, shortId, shortPath, STATE_WORDS, STATES } from "../format.js";
import { withKeys } from "../keys.js";
import { follow } from "../live.js";
import { useLoaded, useThrottled } from "../load.js";
import { AgentMark, sessionTitle, StateMark } from "../parts/badges.js";
import { Chip, Choice, Field } from "../parts/filters.js";
import { List } from "../parts/list.js";
import { Failure, NoMatch, Welcome } from "../parts/notices.js";
import { go, link, param, setParams } from "../router.js";
import { narrow, now } from "../state.js";

/** @import { Session, StoredEvent, VerdictRow } from "../model.js" */

const FILTERS = ["q", "state", "agent", "since", "until", "user", "device", "repository", "source_app"];
const PAGE = 100;
const ROW = 46;
const ROW_NARROW = 88;
const REFRESH_MS = 2000;
/** What the guard said is shown of sessions so far back, and of so many: those it spoke of most. */
const VERDICTS_SINCE = "30d";
const VERDICTS_MOST = 1000;
const WITHIN = [
  { value: "1h", text: "1 hour" },
  { value: "24h", text: "24 hours" },
  { value: "7d", text: "7 days" },
  { value: "30d", text: "30 days" },
];

/** @param {Session} session */
const keyOf = (session) => `${session.agent} ${session.id}`;

export function Sessions() {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, param(name)]).filter(([, value]) => value));
  const key = JSON.stringify(filter);
  const first = useLoaded((abort) => api.sessions({ ...filter, limit: PAGE }, abort), key);
  const [rest, setRest] = useState(/** @type {{key: string, items: Session[], next: string | null, busy: boolean, begun: boolean}} */ ({ key, items: [], next: null, busy: false, begun: false }));
  const verdicts = useLoaded((abort) => api.verdicts({ group_by: "session", since: VERDICTS_SINCE, limit: VERDICTS_MOST }, abort), "verdicts");
  const refresh = useThrottled(first.reload, REFRESH_MS);
  const recount = useThrottled(verdicts.reload, REFRESH_MS);
  const onEvents = (/** @type {StoredEvent[]} */ events) => {
    refresh();
    if (events.some(({ verdict }) => verdict)) recount();
  };
  useEffect(() => follow({}, { onEvents, onMissed: refresh, onOpen: refresh }), []);

  // The first page refreshes; later pages are read once. A session that moved up shows once, where it is now.
  const later = rest.key === key ? rest : { key, items: [], next: null, busy: false, begun: false };
  const head = first.data?.items ?? [];
  const seen = new Set(head.map(keyOf));
  const sessions = [...head, ...later.items.filter((session) => !seen.has(keyOf(session)))];
  const next = later.begun ? later.next : (first.data?.next ?? null);

  async function more() {
    if (!next || later.busy) return;
    setRest({ ...later, next, busy: true, begun: true });
    try {
      const page = await api.sessions({ ...filter, limit: PAGE, cursor: next });
      const known = new Set(later.items.map(keyOf));
      setRest({ key, items: [...later.items, ...page.items.filter((session) => !known.has(keyOf(session)))], next: page.next, busy: false, begun: true });
    } catch {
      setRest({ ...later, next, busy: false, begun: true });
    }
  }

  const [chosen, setChosen] = useState("");
  const selected = chosen ? sessions.findIndex((session) => keyOf(session) === chosen) : -1;
  const open = (/** @type {number} */ index) => {
    const session = sessions[index];
    if (session) go(["sessions", session.id], { agent: session.agent });
  };
  const select = (/** @type {number} */ index) => {
    const session = sessions[Math.max(0, Math.min(sessions.length - 1, index))];
    if (session) setChosen(keyOf(session));
  };
  const latest = useRef({ selected, select, open });
  latest.current = { selected, select, open };
  useEffect(
    () =>
      withKeys({
        move: (by) => latest.current.select(latest.current.selected + (latest.current.selected < 0 ? 1 : by)),
        open: () => latest.current.open(latest.current.selected),
      }),
    [],
  );

  const stopped = useMemo(() => new Map((verdicts.data?.items ?? []).map((row) => [row.key, row])), [verdicts.data]);
  const filtered = Object.keys(filter).length > 0;
  const clear = () => setParams(Object.fromEntries(FILTERS.map((name) => [name, null])));
  return html`
    <main class="page full">
      <h1 class="visually-hidden">Sessions</h1>
      <div class="filters" role="search">
        <${Field} name="q" label="Search" placeholder="title, id or folder" search />
        <${Choice} name="state" label="State" options=${STATES.map((value) => ({ value, text: STATE_WORDS[value] }))} />
        <${Choice} name="agent" label="Agent" options=${AGENTS.map((value) => ({ value, text: agentName(value) }))} />
        <${Choice} name="since" label="Active within" options=${WITHIN} />
        <span class="chips">
          ${["user", "device", "repository", "source_app", "until"].map((name) => html`<${Chip} key=${name} name=${name} label=${name} />`)}
          ${filtered ? html`<button type="button" class="quiet" onClick=${clear}>Clear</button>` : null}
        </span>
      </div>
      ${first.error ? html`<${Failure} error=${first.error} retry=${first.reload} />` : null}
      ${first.data && !sessions.length
        ? filtered
          ? html`<${NoMatch} what="sessions" clear=${clear} />`
          : html`<${Welcome} />`
        : html`
            ${narrow.value
              ? null
              : html`<div class="session-row session-head" aria-hidden="true"><span>State</span><span>Session</span><span>Agent</span><span>Started</span><span class="num">Duration</span><span class="num">Events</span><span class="num">Tools</span><span class="num">Failed</span><span class="num">Subagents</span></div>`}
            <${List}
              label="Sessions, the most recently active first" items=${sessions} keyOf=${keyOf} rowHeight=${narrow.value ? ROW_NARROW : ROW}
              row=${(/** @type {Session} */ session) => html`<${SessionRow} session=${session} verdicts=${stopped.get(session.id)} />`} selected=${selected} onSelect=${select} onOpen=${open}
              onNearEnd=${more}
              after=${html`<p class="list-end faint">${first.loading || later.busy ? "Loading…" : next ? html`<button type="button" onClick=${more}>Load more sessions</button>` : null}</p>`}
            />
          `}
    </main>
  `;
}

/** @param {{session: Session, verdicts?: VerdictRow}} props */
function SessionRow({ session, verdicts }) {
  return html`
    <div class="session-row">
      <${StateMark} state=${session.state} inferred=${session.ended_inferred} />
      <span class="session-what">
        <span class="session-line">
        ${verdicts?.denied ? html`<span class="verdict verdict-deny" title="The guard stopped calls of it">${count(verdicts.denied)} denied</span>` : null}${verdicts?.asked ? html`<span class="verdict verdict-ask" title="A person was asked about calls of it">${count(verdicts.asked)} asked</span>` : null}
        <a class="session-title" tabindex="-1" href=${link(["sessions", session.id], { agent: session.agent })}>${sessionTitle(session)}</a>
        </span>
        <span class="faint">${[shortPath(session.cwd), session.device, session.user, session.source_app, shortId(session.id)].filter(Boolean).join(" · ")}</span>
      </span>
      <${AgentMark} agent=${session.agent} />
      <span class="session-started" title=${dateTime(session.started_at)}>${ago(session.started_at, now.value)}</span>
      <span class="num" data-label="duration">${sessionDuration(session, now.value)}</span>
      <span class="num" data-label="events">${count(session.events)}</span>
      <span class="num" data-label="tools">${count(session.tool_calls)}</span>
      <span class=${session.tool_errors ? "num bad" : "num faint"} data-label="failed">${count(session.tool_errors)}</span>
      <span class=${session.subagents ? "num" : "num faint"} data-label="subagents">${count(session.subagents)}</span>
    </div>
  `;
}
