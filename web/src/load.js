// Two hooks for reading from the API: one answer that refreshes, and a list read page by page.

import { useEffect, useRef, useState } from "./ui.js";

/** @import { ApiError } from "./api.js" */

/**
 * @template T
 * @typedef {{data: T | null, error: ApiError | null, loading: boolean, reload: () => void}} Loaded
 */

/** How often a failed read is tried again, in milliseconds. */
const RETRY_MS = 4000;

/**
 * Reads again whenever `key` changes or `reload` is called. While a new read runs, and when it fails, the old data stays.
 * @template T
 * @param {(abort: AbortSignal) => Promise<T>} read
 * @param {string} key
 * @returns {Loaded<T>}
 */
export function useLoaded(read, key) {
  const [state, setState] = useState(() => ({ key, data: /** @type {T | null} */ (null), error: /** @type {ApiError | null} */ (null), loading: true }));
  const [turn, setTurn] = useState(0);
  const reading = useRef({ busy: false, again: false });
  useEffect(() => {
    const abort = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    reading.current = { busy: true, again: false };
    const done = () => {
      reading.current.busy = false;
      if (reading.current.again) setTurn((n) => n + 1);
    };
    read(abort.signal).then(
      (data) => {
        if (abort.signal.aborted) return;
        setState({ key, data, error: null, loading: false });
        done();
      },
      (error) => {
        if (abort.signal.aborted) return;
        setState((old) => ({ key, data: old.key === key ? old.data : null, error, loading: false }));
        done();
        if (error.status === 0 || error.status >= 500 || error.status === 429) timer = setTimeout(() => setTurn((n) => n + 1), RETRY_MS);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);
  // A reload while a read runs waits for it: a slow answer is never starved by frequent reloads.
  const reload = () => {
    if (reading.current.busy) reading.current.again = true;
    else setTurn((n) => n + 1);
  };
  const stale = state.key !== key;
  return { data: stale ? null : state.data, error: stale ? null : state.error, loading: stale || state.loading, reload };
}

/**
 * Calls `run` at most once per `ms`, and once more after the last call.
 * @param {() => void} run
 * @param {number} ms
 */
export function useThrottled(run, ms) {
  const latest = useRef(run);
  latest.current = run;
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(timer.current), []);
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, ms);
  };
}
