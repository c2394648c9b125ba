// The query API. Every answer is JSON; every failure becomes an ApiError that says what to do next.

import { signal } from "./ui.js";

/** @import { Artifact, Device, Finding, HandlerUse, Me, Overview, Page, Person, PromptUse, Repository, Scan, Unclaimed, Reconciliation, Session, StoredEvent, StopReport, Subagent, ToolCall, UsageRow, Used, VerdictRow } from "./model.js" */
/** @typedef {Record<string, string | number | null | undefined>} Query */

/** True once the server has answered 401: the login screen is shown. */
export const loginNeeded = signal(false);

/** How long a request may take, in milliseconds, before it counts as failed. */
const TIMEOUT_MS = 20_000;

/** A request that did not give an answer. */
export class ApiError extends Error {
  /**
   * @param {number} status the HTTP status; 0 where the server was not reached
   * @param {string} message
   * @param {string} [hint] what to do next
   * @param {string} [code] the server's own word for it
   */
  constructor(status, message, hint, code) {
    super(message);
    this.status = status;
    this.hint = hint ?? "";
    this.code = code ?? "";
  }
}

/**
 * A query string with the empty parts left out.
 * @param {Query} query
 */
export function queryString(query) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(key, String(value));
  }
  const text = params.toString();
  return text && `?${text}`;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
async function request(path, init) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer.", "Is `hookrail serve` running? The page tries again by itself.");
  }
  if (response.ok) {
    const text = await response.text();
    try {
      return text ? JSON.parse(text) : null;
    } catch {
      throw new ApiError(response.status, "The server's answer is not JSON.", "Is another program listening on this address?");
    }
  }
  if (response.status === 401) loginNeeded.value = true;
  const body = await response.json().catch(() => null);
  throw new ApiError(response.status, body?.error?.message ?? `The server answered ${response.status}.`, body?.error?.hint, body?.error?.code);
}

/** What proves that a change comes from this page and not from another site's; empty where none is asked for. */
let proof = "";

/** @type {() => Promise<Me>} */
export async function whoAmI() {
  const me = await request("/api/v1/me");
  proof = me.csrf ?? "";
  return me;
}

/**
 * Changes something. A proof that is out of date is fetched anew, once.
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {object} [body]
 * @param {Query} [query]
 */
export async function change(method, path, body, query = {}) {
  const send = () =>
    request(`/api/v1/${path}${queryString(query)}`, {
      method,
      headers: { "content-type": "application/json", ...(proof && { "x-hookrail-csrf": proof }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "csrf") throw error;
    await whoAmI();
    return send();
  }
}

/**
 * @param {string} path
 * @param {Query} [query]
 * @param {AbortSignal} [abort]
 */
export const get = (path, query = {}, abort) =>
  request(`/api/v1/${path}${queryString(query)}`, abort && { signal: AbortSignal.any([abort, AbortSignal.timeout(TIMEOUT_MS)]) });

/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<StoredEvent>>} Events, newest first. */
export const events = (query, abort) => get("events", query, abort);
/** @type {(id: string, abort?: AbortSignal) => Promise<StoredEvent>} */
export const event = (id, abort) => get(`events/${encodeURIComponent(id)}`, {}, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Session>>} Sessions, the most recently active first. */
export const sessions = (query, abort) => get("sessions", query, abort);
/** @type {(id: string, agent: string, abort?: AbortSignal) => Promise<Session>} */
export const session = (id, agent, abort) => get(`sessions/${encodeURIComponent(id)}`, { agent }, abort);
/** @type {(id: string, query: Query, abort?: AbortSignal) => Promise<Page<StoredEvent>>} Oldest first. */
export const sessionEvents = (id, query, abort) => get(`sessions/${encodeURIComponent(id)}/events`, query, abort);
/** @type {(id: string, query: Query, abort?: AbortSignal) => Promise<Page<ToolCall>>} Oldest first. */
export const sessionTools = (id, query, abort) => get(`sessions/${encodeURIComponent(id)}/tools`, query, abort);
/** @type {(id: string, agent: string, abort?: AbortSignal) => Promise<Page<Subagent>>} All at once. */
export const sessionSubagents = (id, agent, abort) => get(`sessions/${encodeURIComponent(id)}/subagents`, { agent }, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Overview>} */
export const overview = (query, abort) => get("overview", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<UsageRow> & {total: Used}>} By group, the dearest first; days in their order. */
export const usage = (query, abort) => get("usage", query, abort);
/** @type {(id: string, agent: string, abort?: AbortSignal) => Promise<Page<PromptUse>>} Oldest first. */
export const sessionPrompts = (id, agent, abort) => get(`sessions/${encodeURIComponent(id)}/prompts`, { agent }, abort);
/** @type {(id: string, agent: string, abort?: AbortSignal) => Promise<Reconciliation>} */
export const reconciliation = (id, agent, abort) => get(`sessions/${encodeURIComponent(id)}/reconciliation`, { agent }, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Person>>} */
export const people = (query, abort) => get("people", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Repository>>} */
export const repositories = (query, abort) => get("repositories", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<HandlerUse>>} How handlers ran; those that went wrong most often first. */
export const handlers = (query, abort) => get("handlers", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Device>>} */
export const devices = (query, abort) => get("devices", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Artifact>>} Files that events tell of. */
export const artifacts = (query, abort) => get("artifacts", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<VerdictRow>>} What the guard said, counted by `group_by`; the most first. */
export const verdicts = (query, abort) => get("verdicts", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Finding>>} The newest first. */
export const findings = (query, abort) => get("findings", query, abort);
/** @type {(abort?: AbortSignal) => Promise<Scan>} How far the events are looked through for findings. */
export const scan = (abort) => get("scan", {}, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<StopReport>>} Calls that should not have been stopped, the newest first. */
export const reports = (query, abort) => get("reports", query, abort);
/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Unclaimed>>} What nobody has claimed; for the operator. */
export const quarantine = (query, abort) => get("quarantine", query, abort);

/**
 * Trades a key for the cookie of a session.
 * @param {string} key
 */
export async function login(key) {
  await request("/api/v1/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  });
  loginNeeded.value = false;
}

/**
 * Every page of a list, up to `most` items.
 * @template T
 * @param {(query: Query) => Promise<Page<T>>} fetchPage
 * @param {Query} query
 * @param {number} most
 * @returns {Promise<{items: T[], more: boolean}>}
 */
export async function allPages(fetchPage, query, most) {
  /** @type {T[]} */
  const items = [];
  let cursor = null;
  do {
    /** @type {Page<T>} */
    const page = await fetchPage({ ...query, limit: 1000, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < most);
  return { items, more: cursor !== null };
}
