// The live feed: server-sent events, resumed from the last event seen after every break.
//
// The browser's own EventSource retries only some failures, so each break is handled here: close, wait a little
// longer each time, open again with `last_event_id`. While the page is hidden the connection is closed (a browser
// gives one address only six, and forgotten tabs would use them up) and resumed when it is looked at again.

import { queryString } from "./api.js";
import { connection } from "./state.js";

/** @import { StoredEvent } from "./model.js" */
/** @import { Query } from "./api.js" */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Events are handed over in batches, at most this often, so that a burst costs one update. */
const BATCH_MS = 120;
/** Events kept for the next batch; what is beyond counts as missed. */
const BATCH_MOST = 10_000;

/**
 * Follows the feed until the returned function is called.
 * @param {Query} filter
 * @param {{lastId?: string | null, onEvents: (events: StoredEvent[]) => void, onMissed?: (count: number) => void, onOpen?: () => void}} to
 * @returns {() => void}
 */
export function follow(filter, { lastId = null, onEvents, onMissed, onOpen }) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {StoredEvent[]} */
  let batch = [];
  let missed = 0;
  let wait = FIRST_WAIT_MS;
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retryTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let batchTimer;

  function hand() {
    batchTimer = undefined;
    const events = batch;
    const count = missed;
    batch = [];
    missed = 0;
    if (count) onMissed?.(count);
    if (events.length) onEvents(events);
  }

  function schedule() {
    batchTimer ??= setTimeout(hand, BATCH_MS);
  }

  function open() {
    if (stopped || document.hidden || source) return;
    connection.value = "connecting";
    source = new EventSource(`/api/v1/stream${queryString({ ...filter, last_event_id: lastId })}`);
    source.addEventListener("open", () => {
      wait = FIRST_WAIT_MS;
      connection.value = "live";
      onOpen?.();
    });
    source.addEventListener("event", (message) => {
      if (message.lastEventId) lastId = message.lastEventId;
      const event = parse(message.data);
      if (!event) return;
      if (batch.length < BATCH_MOST) batch.push(event);
      else missed += 1;
      schedule();
    });
    source.addEventListener("lagged", (message) => {
      missed += Number(parse(message.data)?.missed) || 0;
      schedule();
    });
    source.addEventListener("error", () => {
      close();
      connection.value = "lost";
      retryTimer = setTimeout(open, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
  }

  function close() {
    clearTimeout(retryTimer);
    source?.close();
    source = null;
  }

  function onVisibility() {
    if (document.hidden) close();
    else open();
  }

  document.addEventListener("visibilitychange", onVisibility);
  open();
  return () => {
    stopped = true;
    document.removeEventListener("visibilitychange", onVisibility);
    clearTimeout(batchTimer);
    close();
    connection.value = "off";
  };
}

/** @param {string} text @returns {any} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
