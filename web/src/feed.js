// The rows of the live feed: a page of what is there, older pages on demand, new events on top as they come.
//
// New events wait aside while the person has paused or has scrolled away, so that what is being read stays put.

import * as api from "./api.js";
import { follow } from "./live.js";
import { signal } from "./ui.js";

/** @import { StoredEvent } from "./model.js" */
/** @import { ApiError, Query } from "./api.js" */

/** Rows kept; the oldest give way to new ones. */
const ROWS_MOST = 20_000;
const PAGE = 200;
/** Pages that may come back short or empty (a search stops after a bounded amount of work) before a click is asked for. */
const EMPTY_PAGES_MOST = 20;

/** @typedef {{events: StoredEvent[], waiting: number, missed: number, next: string | null, loaded: boolean, loading: boolean, error: ApiError | null}} FeedState */

/**
 * Opens a feed; `close` ends it.
 * @param {Query} filter
 */
export function openFeed(filter) {
  const state = signal(/** @type {FeedState} */ ({ events: [], waiting: 0, missed: 0, next: null, loaded: false, loading: true, error: null }));
  const abort = new AbortController();
  /** Ids shown or waiting: an event that comes both by page and by stream is one row. @type {Set<string>} */
  const ids = new Set();
  /** New events set aside, newest first. @type {StoredEvent[]} */
  let aside = [];
  let held = false;
  /** @type {() => void} */
  let unfollow = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;

  /** @param {Partial<FeedState>} change */
  const set = (change) => {
    state.value = { ...state.peek(), ...change };
  };

  /** @param {StoredEvent[]} events @returns {StoredEvent[]} those not seen before */
  const fresh = (events) =>
    events.filter(({ id }) => {
      if (ids.has(id)) return false;
      ids.add(id);
      return true;
    });

  /** @param {StoredEvent[]} events newest first @returns {StoredEvent[]} */
  function bounded(events) {
    for (const event of events.slice(ROWS_MOST)) ids.delete(event.id);
    return events.length > ROWS_MOST ? events.slice(0, ROWS_MOST) : events;
  }

  /** @param {StoredEvent[]} events oldest first, as they came */
  function arrive(events) {
    aside = bounded([...fresh(events).reverse(), ...aside]);
    if (held) set({ waiting: aside.length });
    else release();
  }

  function release() {
    if (!aside.length) return;
    const events = bounded([...aside, ...state.peek().events]);
    const cut = events.length === ROWS_MOST;
    aside = [];
    set({ events, waiting: 0, ...(cut ? { next: null } : {}) });
  }

  /** Reads on from `cursor` until rows came, the end, or the bound. @param {string | null} cursor */
  async function page(cursor) {
    /** @type {StoredEvent[]} */
    let found = [];
    for (let pages = 0; pages < EMPTY_PAGES_MOST; pages += 1) {
      const { items, next } = await api.events({ ...filter, limit: PAGE, cursor }, abort.signal);
      found = [...found, ...fresh(items)];
      cursor = next;
      if (!cursor || found.length >= PAGE / 2) break;
    }
    return { found, next: cursor };
  }

  async function start() {
    try {
      const { found, next } = await page(null);
      if (abort.signal.aborted) return;
      set({ events: found, next, loaded: true, loading: false, error: null });
      const lastId = found.at(0)?.id ?? null;
      unfollow = follow(filter, {
        lastId,
        onEvents: arrive,
        onMissed: (count) => set({ missed: state.peek().missed + count }),
        // Where there was no event to resume from, what came between the page and the stream is fetched again.
        onOpen: lastId ? undefined : catchUp,
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      set({ loading: false, error: /** @type {ApiError} */ (error) });
      retry = setTimeout(start, 4000);
    }
  }

  async function catchUp() {
    if (state.peek().events.length) return;
    const { found } = await page(null).catch(() => ({ found: [] }));
    if (found.length) arrive(found.reverse());
  }

  async function older() {
    const { next, loading, events } = state.peek();
    if (!next || loading || events.length >= ROWS_MOST) return;
    set({ loading: true });
    try {
      const { found, next: after } = await page(next);
      set({ events: [...state.peek().events, ...found], next: after, loading: false, error: null });
    } catch (error) {
      if (!abort.signal.aborted) set({ loading: false, error: /** @type {ApiError} */ (error) });
    }
  }

  void start();
  return {
    state,
    older,
    /** Holds new events aside, or lets them in. @param {boolean} hold */
    hold(hold) {
      held = hold;
      if (!held) release();
    },
    forgetMissed: () => set({ missed: 0 }),
    close() {
      abort.abort();
      clearTimeout(retry);
      unfollow();
    },
  };
}
