// Everything the page of one session needs, kept up to date by the live feed.

import * as api from "./api.js";
import { follow } from "./live.js";
import { readSpan } from "./spans.js";
import { signal } from "./ui.js";

/** @import { ApiError } from "./api.js" */
/** @import { Session, StoredEvent, Subagent, ToolCall } from "./model.js" */
/** @import { Span } from "./spans.js" */

/** @typedef {{session: Session, calls: ToolCall[], moreCalls: boolean, subagents: Subagent[], spans: Span[], moreSpans: boolean, events: StoredEvent[], next: string | null}} SessionData */
/** @typedef {{data: SessionData | null, error: ApiError | null, loading: boolean}} SessionState */

const PAGE = 500;
/** Calls read at most; a session with more says so. */
const CALLS_MOST = 10_000;
/** Events read before more are asked for by the person. */
const EVENTS_MOST = 2000;
/** Spans read at most. Each is a few hundred bytes once it is read, but a few thousand on the way. */
const SPANS_MOST = 5000;
/** How often new events may cause the session's facts to be read again, in milliseconds … */
const REFRESH_MS = 1000;
/** … and as a multiple of the time that took: a session of many thousand calls is read less often. */
const REFRESH_TIMES = 10;
const RETRY_MS = 4000;

/**
 * @param {string} id
 * @param {string} agent empty where the link did not say
 */
export function openSession(id, agent) {
  const state = signal(/** @type {SessionState} */ ({ data: null, error: null, loading: true }));
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {() => void} */
  let unfollow = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let closed = false;
  /** How long the facts took to read, in milliseconds. */
  let took = 0;

  /** @param {StoredEvent[]} events */
  const fresh = (events) => events.filter((event) => !seen.has(event.id) && seen.add(event.id));

  async function facts() {
    const begun = performance.now();
    const [session, calls, subagents] = await Promise.all([
      api.session(id, agent),
      api.allPages((query) => api.sessionTools(id, query), { agent }, CALLS_MOST),
      api.sessionSubagents(id, agent),
    ]);
    took = performance.now() - begun;
    return { session, calls: calls.items, moreCalls: calls.more, subagents: subagents.items };
  }

  /** Events from `cursor` on, about `most` of them. @param {string | null} cursor @param {number} most */
  async function eventsFrom(cursor, most) {
    /** @type {StoredEvent[]} */
    const found = [];
    do {
      const page = await api.sessionEvents(id, { agent, limit: PAGE, cursor });
      found.push(...fresh(page.items));
      cursor = page.next;
    } while (cursor && found.length < most);
    return { found, next: cursor };
  }

  async function start() {
    try {
      const [all, { found, next }] = await Promise.all([facts(), eventsFrom(null, EVENTS_MOST)]);
      if (closed) return;
      state.value = { data: { ...all, spans: [], moreSpans: false, events: found, next }, error: null, loading: false };
      void readSpans();
      const newest = found.reduce((/** @type {StoredEvent | null} */ last, event) => (!last || event.seq > last.seq ? event : last), null);
      unfollow = follow({ session_id: id, agent: agent || null }, { lastId: newest?.id ?? null, onEvents: arrive, onMissed: schedule });
    } catch (error) {
      if (closed) return;
      seen.clear();
      const failure = /** @type {ApiError} */ (error);
      state.value = { data: null, error: failure, loading: false };
      if (failure.status !== 404) timer = setTimeout(start, RETRY_MS);
    }
  }

  /** Spans come after what the page cannot do without. */
  async function readSpans() {
    try {
      const { items, more } = await api.allPages((query) => api.sessionEvents(id, query), { agent, kind: "telemetry.span" }, SPANS_MOST);
      addSpans(items, more);
    } catch {
      // Without them the waterfall is what hooks told; the next time the page is opened asks again.
    }
  }

  /** @param {StoredEvent[]} events @param {boolean} [more] */
  function addSpans(events, more) {
    const { data } = state.peek();
    if (!data || closed) return;
    const known = new Set(data.spans.map((span) => span.id));
    const added = events.map(readSpan).filter((span) => span !== null).filter((span) => !known.has(span.id));
    if (!added.length && more === undefined) return;
    const spans = [...data.spans, ...added];
    state.value = { ...state.peek(), data: { ...data, spans: spans.slice(0, SPANS_MOST), moreSpans: (more ?? data.moreSpans) || spans.length > SPANS_MOST } };
  }

  /** @param {StoredEvent[]} events */
  function arrive(events) {
    if (events.some(({ kind }) => kind === "telemetry.span")) addSpans(events);
    const { data } = state.peek();
    // Where older events are still to be read, new ones come with them: the list has no holes.
    if (data && !data.next) {
      const added = fresh(events);
      if (added.length) state.value = { ...state.peek(), data: { ...data, events: [...data.events, ...added] } };
    }
    schedule();
  }

  function schedule() {
    timer ??= setTimeout(refresh, Math.max(REFRESH_MS, took * REFRESH_TIMES));
  }

  async function refresh() {
    try {
      const all = await facts();
      const { data } = state.peek();
      if (!closed && data) state.value = { ...state.peek(), data: { ...data, ...all } };
    } catch {
      // The next event tries again; what is shown stays.
    }
    timer = undefined;
  }

  async function more() {
    const { data, loading } = state.peek();
    if (!data?.next || loading) return;
    state.value = { ...state.peek(), loading: true };
    try {
      const { found, next } = await eventsFrom(data.next, EVENTS_MOST);
      const latest = state.peek().data ?? data;
      if (!closed) state.value = { data: { ...latest, events: [...latest.events, ...found], next }, error: null, loading: false };
    } catch (error) {
      if (!closed) state.value = { ...state.peek(), error: /** @type {ApiError} */ (error), loading: false };
    }
  }

  void start();
  return {
    state,
    more,
    close() {
      closed = true;
      clearTimeout(timer);
      unfollow();
    },
  };
}
