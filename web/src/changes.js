// Every door that changes something, and the lists that only its page needs.

import { change, get, loginNeeded } from "./api.js";

/** @import { Query } from "./api.js" */
/** @import { Finding, FindingState, Key, MadeKey, Page, Project, Scan, Scope, Server, Titles, UnclaimedEvent } from "./model.js" */

/** A part of a path. @param {string} text */
const part = (text) => encodeURIComponent(text);

/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Key>>} The newest first. */
export const keys = (query, abort) => get("keys", query, abort);
/** @type {(key: {project?: string, scopes: Scope[], name: string | null}) => Promise<MadeKey>} The key itself is in this answer and nowhere else. */
export const createKey = (key) => change("POST", "keys", key);
/** @type {(id: string, graceSeconds: number) => Promise<MadeKey>} The old key goes on for the grace. */
export const rotateKey = (id, graceSeconds) => change("POST", `keys/${part(id)}/rotate`, { grace_seconds: graceSeconds });
/** @type {(id: string) => Promise<Key>} */
export const revokeKey = (id) => change("DELETE", `keys/${part(id)}`);

/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Project>>} */
export const projects = (query, abort) => get("projects", query, abort);
/** @type {(project: string) => Promise<{project: string}>} */
export const createProject = (project) => change("POST", "projects", { project });

/** @type {(query: Query, abort?: AbortSignal) => Promise<Page<Server>>} MCP servers and what the project calls them. */
export const servers = (query, abort) => get("servers", query, abort);
/** @type {(raw: string, display: string) => Promise<unknown>} `raw` may be a pattern with `*`. */
export const nameServer = (raw, display) => change("PUT", `servers/${part(raw)}`, { display });
/** @type {(raw: string) => Promise<unknown>} */
export const unnameServer = (raw) => change("DELETE", `servers/${part(raw)}`);

/** @type {(abort?: AbortSignal) => Promise<Titles>} */
export const titles = (abort) => get("titles", {}, abort);
/** @type {(enabled: boolean) => Promise<Titles>} */
export const wantTitles = (enabled) => change("PUT", "titles", { enabled });

/** @type {(person: string, team: string | null) => Promise<unknown>} */
export const setTeam = (person, team) => change("PUT", `people/${part(person)}`, { team });

/** @type {(session: string, query: Query, abort?: AbortSignal) => Promise<Page<UnclaimedEvent>>} */
export const unclaimedEvents = (session, query, abort) => get(`quarantine/${part(session)}/events`, query, abort);
/** @type {(session: string, agent: string, to: {project: string, person: string | null}) => Promise<{stored: number, claimed: boolean}>} */
export const attribute = (session, agent, to) => change("POST", `quarantine/${part(session)}/attribute`, to, { agent });
/** @type {(session: string, agent: string) => Promise<{removed: number}>} */
export const purge = (session, agent) => change("DELETE", `quarantine/${part(session)}`, undefined, { agent });

/** @type {(id: number, to: {state?: FindingState, owner?: string | null}) => Promise<Finding>} */
export const changeFinding = (id, to) => change("PATCH", `findings/${id}`, to);
/** @type {() => Promise<Scan>} Looks through every event again, by the rules of now. */
export const scanAgain = () => change("POST", "scan");

/** Ends the browser's session. */
export async function signOut() {
  await change("POST", "logout");
  loginNeeded.value = true;
}
