// Where the person is: a path and parameters after the `#`, so that every view with its filters is a link.

import { signal } from "./ui.js";

/** @typedef {{path: string[], params: URLSearchParams}} Route */

/** @returns {Route} */
function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decode);
  return { path: parts.length ? parts : ["overview"], params: new URLSearchParams(query) };
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const route = signal(read());
addEventListener("hashchange", () => {
  route.value = read();
});

/**
 * A link to a view.
 * @param {string[]} path
 * @param {Record<string, string | null | undefined>} [params]
 */
export function link(path, params = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value) query.set(key, value);
  }
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/**
 * @param {string[]} path
 * @param {Record<string, string | null | undefined>} [params]
 */
export function go(path, params) {
  location.hash = link(path, params);
}

/**
 * Changes some parameters of the present view; an empty value removes one.
 * @param {Record<string, string | null | undefined>} patch
 * @param {{push?: boolean}} [how] `push` makes it a step of its own in the history
 */
export function setParams(patch, { push = false } = {}) {
  const { path, params } = route.peek();
  const target = link(path, { ...Object.fromEntries(params), ...patch });
  if (target === location.hash) return;
  if (push) {
    location.hash = target;
  } else {
    history.replaceState(null, "", target);
    route.value = read();
  }
}

/** @param {string} name */
export const param = (name) => route.value.params.get(name) ?? "";
