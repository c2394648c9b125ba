// The live feed: every event as it comes, older ones below, narrowed by filters.

import { html, useEffect, useMemo, useRef, useState } from "../ui.js";
import { agentName, AGENTS, clock, count, dateTime, duration, KINDS, plural, shortId, toolName, tone } from "../format.js";
import { openFeed } from "../feed.js";
import { withKeys } from "../keys.js";
import { VerdictMark } from "../parts/badges.js";
import { Chip, Choice, Field } from "../parts/filters.js";
import { EventDrawer, openEvent } from "../parts/drawer.js";
import { List } from "../parts/list.js";
import { Failure, NoMatch, Welcome } from "../parts/notices.js";
import { summary } from "../payload.js";
import { link, param, setParams } from "../router.js";
import { narrow } from "../state.js";

/** @import { StoredEvent } from "../model.js" */

const FILTERS = ["agent", "kind", "tool", "server", "session_id", "q", "since", "until", "outcome", "name", "tool_use_id", "user", "device", "source_app", "redaction"];
const ROW = 30;
const ROW_NARROW = 50;

const SINCE = [
  { value: "15m", text: "15 minutes" },
  { value: "1h", text: "1 hour" },
  { value: "24h", text: "24 hours" },
  { value: "7d", text: "7 days" },
  { value: "30d", text: "30 days" },
];
const OUTCOMES = ["succeeded", "failed", "denied", "unknown"].map((value) => ({ value, text: value }));

export function Live() {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, param(name)]).filter(([, value]) => value));
  const key = JSON.stringify(filter);
  const feed = useMemo(() => openFeed(filter), [key]);
  useEffect(() => () => feed.close(), [feed]);
  const [paused, setPaused] = useState(false);
  const [away, setAway] = useState(false);
  const [chosen, setChosen] = useState("");
  useEffect(() => feed.hold(paused || away), [feed, paused, away]);
  useEffect(() => setAway(false), [feed]);

  const { events, waiting, missed, next, loaded, loading, error } = feed.state.value;
  const openId = param("event");
  const selectedId = openId || chosen;
  const selected = useMemo(() => (selectedId ? events.findIndex((event) => event.id === selectedId) : -1), [events, selectedId]);
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
  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== " " || (event.target instanceof HTMLElement && event.target.closest("input, select, textarea, button, a, .drawer"))) return;
      event.preventDefault();
      setPaused((was) => !was);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const filtered = Object.keys(filter).length > 0;
  const clear = () => setParams(Object.fromEntries(FILTERS.map((name) => [name, null])));
  const tools = useMemo(() => [...new Set(events.slice(0, 2000).map(({ tool }) => tool ?? ""))].filter(Boolean).sort(), [events.length > 0, key]);
  return html`
    <main class="page full">
      <h1 class="visually-hidden">Live feed</h1>
      <div class="filters" role="search">
        <${Field} name="q" label="Search" placeholder="text in the payload" search />
        <${Choice} name="agent" label="Agent" options=${AGENTS.map((value) => ({ value, text: agentName(value) }))} />
        <${Choice} name="kind" label="Kind" options=${KINDS.map((value) => ({ value, text: value }))} />
        <${Field} name="tool" label="Tool" placeholder="any" options=${tools} />
        <${Choice} name="outcome" label="Outcome" options=${OUTCOMES} />
        <${Choice} name="since" label="Within" options=${SINCE} />
        <span class="chips">
          <${Chip} name="session_id" label="session" text=${shortId(param("session_id"))} />
          <${Chip} name="tool_use_id" label="call" />
          <${Chip} name="redaction" label="taken out" />
          ${["server", "name", "user", "device", "source_app", "until"].map((name) => html`<${Chip} key=${name} name=${name} label=${name} />`)}
          ${filtered ? html`<button type="button" class="quiet" onClick=${clear}>Clear</button>` : null}
        </span>
        <button type="button" class=${paused ? "pause primary" : "pause"} aria-pressed=${paused} title="Space" onClick=${() => setPaused(!paused)}>
          ${paused ? "Resume" : "Pause"}
        </button>
      </div>
      <div class="feed-notices" role="status" aria-live="polite">
        ${missed
          ? html`<span class="notice notice-ask">This page was too slow and missed ${plural(missed, "event")}. They are in the record. <button type="button" class="quiet" onClick=${feed.forgetMissed}>Dismiss</button></span>`
          : null}
        ${waiting
          ? html`<button type="button" class="pill" onClick=${() => {
              setPaused(false);
              setAway(false);
              document.querySelector(".list")?.scrollTo({ top: 0 });
              feed.hold(false);
            }}>${count(waiting)} new ${waiting === 1 ? "event" : "events"} ↑</button>`
          : null}
      </div>
      ${error && !events.length ? html`<${Failure} error=${error} />` : null}
      ${loaded && !events.length
        ? filtered
          ? html`<${NoMatch} what="events" clear=${clear} />`
          : html`<${Welcome} />`
        : html`
            <${List}
              label="Events, newest first" items=${events} keyOf=${(/** @type {StoredEvent} */ event) => event.id} rowHeight=${narrow.value ? ROW_NARROW : ROW}
              row=${(/** @type {StoredEvent} */ event) => html`<${EventRow} event=${event} />`} selected=${selected} onSelect=${select}
              onOpen=${(/** @type {number} */ index) => openEvent(events[index].id)} onNearEnd=${feed.older} onAtTop=${(/** @type {boolean} */ top) => setAway(!top)}
              after=${html`<p class="list-end faint">${loading ? "Loading…" : next ? html`<button type="button" onClick=${feed.older}>Load older events</button>` : "The beginning of the record."}</p>`}
            />
          `}
      <${EventDrawer} known=${(/** @type {string} */ id) => events.find((event) => event.id === id)} />
    </main>
  `;
}

/** One event on one line; on narrow screens on two. @param {{event: StoredEvent, inSession?: boolean}} props */
export function EventRow({ event, inSession = false }) {
  // Events never change: the same markup again lets a scroll skip the rows that stay.
  return useMemo(() => eventMarkup(event, inSession), [event, inSession]);
}

/** @param {StoredEvent} event @param {boolean} inSession */
function eventMarkup(event, inSession) {
  const subagent = event.actor?.type === "subagent" ? event.actor : null;
  return html`
    <div class=${`event tone-${tone(event)} ${event.verdict?.decision === "deny" ? "stopped" : ""}`}>
      <time datetime=${event.occurred_at} title=${dateTime(event.occurred_at)}>${clock(event.occurred_at)}</time>
      <i class="dot" aria-hidden="true"></i>
      <span class="event-name">${event.name}</span>
      <span class="event-tool">${event.tool ? toolName(event.tool, event.mcp_server, event.mcp_server_name) : ""}</span>
      <span class="event-text">${subagent ? html`<span class="actor">${subagent.agent_type || "subagent"}</span>` : null}<${VerdictMark} verdict=${event.verdict} rule />${summary(event)}</span>
      <span class="event-took num">${event.duration_ms === null || event.duration_ms === undefined ? "" : duration(event.duration_ms)}</span>
      ${inSession || !event.session_id
        ? html`<span class="event-session"></span>`
        : html`<a class="event-session" tabindex="-1" href=${link(["sessions", event.session_id], { agent: event.agent })} title=${event.session_id} onClick=${(/** @type {Event} */ click) => click.stopPropagation()}>${agentName(event.agent)} ${event.session_id.slice(0, 6)}</a>`}
    </div>
  `;
}
