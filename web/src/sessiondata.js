// Everything the page of one session needs, kept up to date by the live feed.

import * as api from "./api.js";
import { follow } from "./live.js";
import { signal } from "./ui.js";

/** @import { ApiError } from "./api.js" */
/** @import { Session, StoredEvent, Subagent, ToolCall } from "./model.js" */

/** @typedef {{session: Session, calls: ToolCall[], moreCalls: boolean, subagents: Subagent[], events: StoredEvent[], next: string | null}} SessionData */
/** @typedef {{data: SessionData | null, error: ApiError | null, loading: boolean}} SessionState */

const PAGE = 500;
/** Calls read at most; a session with more says so. */
const CALLS_MOST = 10_000;
/** Events read before more are asked for by the person. */
const EVENTS_MOST = 2000;
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
      state.value = { data: { ...all, events: found, next }, error: null, loading: false };
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

  /** @param {StoredEvent[]} events */
  function arrive(events) {
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
