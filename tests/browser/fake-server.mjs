// A stand-in for the server, for tests that need a known record: it serves web/ with the server's content security
// policy and answers the query API from events in memory. It derives sessions and calls in the simplest way that is
// right for the recordings; the real derivation is the store's and is tested there.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { FakeAdmin } from "./fake-admin.mjs";
import { FakeGuard } from "./fake-guard.mjs";

const WEB = join(dirname(fileURLToPath(import.meta.url)), "../../web");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain" };
const CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const DEFAULT_LIMIT = 50;
const SPANS = { m: 60e3, h: 3600e3, d: 86400e3 };

export class FakeServer {
  events = [];
  streams = new Set();
  token = null;
  requests = [];
  artifacts = [];
  guard = new FakeGuard();
  admin = new FakeAdmin(this.guard);

  /** @param {object[]} events oldest first */
  constructor(events = []) {
    for (const event of events) this.add(event);
  }

  add(event) {
    const stored = { ...event, seq: this.events.length + 1 };
    this.events.push(stored);
    this.derived = null;
    return stored;
  }

  /** Stores an event and tells everybody who follows. */
  emit(event) {
    const stored = this.add(event);
    for (const stream of this.streams) {
      if (matches(stored, stream.filter)) stream.response.write(frame(stored));
    }
    return stored;
  }

  lag(missed) {
    for (const { response } of this.streams) response.write(`event: lagged\ndata: {"missed":${missed}}\n\n`);
  }

  async start(port = this.port ?? 0) {
    this.server = createServer((request, response) => this.answer(request, response).catch((error) => response.destroy(error)));
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/`;
    return this;
  }

  async stop() {
    const { server } = this;
    this.streams.clear();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }

  async answer(request, response) {
    const url = new URL(request.url, this.url);
    this.requests.push(request.url);
    if (!url.pathname.startsWith("/api/")) return serveFile(url.pathname, response);
    const path = url.pathname.slice("/api/v1/".length).split("/").map(decodeURIComponent);
    const query = Object.fromEntries(url.searchParams);
    if (path[0] === "login") return this.login(request, response);
    if (this.token && !request.headers.cookie?.includes(`token=${this.token}`)) {
      return send(response, 401, { error: { code: "unauthorized", message: "A token is needed.", hint: "Sign in." } });
    }
    if (path[0] === "stream") return this.stream(request, response, query);
    if (request.method !== "GET") return this.admin.change(request, response, path);
    const body = this.admin.read(path, query) ?? this.guard.read(path, query, this.events) ?? this.query(path, query);
    if (body === undefined) return send(response, 404, { error: { code: "not_found", message: "There is no such thing in the record.", hint: "It may have been removed by retention." } });
    return send(response, 200, body);
  }

  async login(request, response) {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (JSON.parse(body).key !== this.token) return send(response, 401, { error: { code: "unauthorized", message: "Wrong token.", hint: "" } });
    response.setHeader("set-cookie", `token=${this.token}; HttpOnly; SameSite=Strict; Path=/`);
    return send(response, 200, {});
  }

  stream(request, response, query) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": hello\n\n");
    const last = query.last_event_id ?? request.headers["last-event-id"];
    const from = last ? this.events.findIndex(({ id }) => id === last) + 1 : this.events.length;
    for (const event of this.events.slice(from)) if (matches(event, query)) response.write(frame(event));
    const stream = { response, filter: query };
    this.streams.add(stream);
    request.on("close", () => this.streams.delete(stream));
  }

  query([what, id, part], query) {
    this.derived ??= derive(this.events);
    const { sessions, calls, subagents } = this.derived;
    const ofSession = (item) => item.session_id === id;
    if (what === "events" && id) return this.events.find((event) => event.id === id);
    if (what === "events") return page(this.events.filter((event) => matches(event, query)).reverse(), query);
    if (what === "sessions" && !id) return page(sessions.filter((session) => sessionMatches(session, query)), query);
    if (what === "sessions" && !part) return sessions.find((session) => session.id === id);
    if (part === "events") return page(this.events.filter(ofSession), query);
    if (part === "tools") return page(calls.filter(ofSession), query);
    if (part === "prompts") return page(prompts(this.events.filter(ofSession)), query);
    if (part === "reconciliation") return RECONCILIATION;
    if (PLACES[what]) return page(PLACES[what], query);
    if (what === "usage") return { ...page(usage(query.group_by), query), total: { ...USED, unpriced_requests: 2 } };
    if (part === "subagents") return page(subagents.filter(ofSession), query);
    if (what === "artifacts") return page(this.artifacts.filter((one) => one.session_id === query.session_id), query);
    if (what === "tools") return page(overview(this.events, this.derived, query).tools, query);
    if (what === "overview") return overview(this.events, this.derived, query);
    return undefined;
  }
}

async function serveFile(path, response) {
  const file = join(WEB, normalize(path === "/" ? "/index.html" : path));
  const type = TYPES[extname(file)];
  try {
    if (!file.startsWith(WEB) || !type) throw new Error("not served");
    const body = await readFile(file);
    response.writeHead(200, { "content-type": type, "content-security-policy": CSP, "x-content-type-options": "nosniff", "cache-control": "no-cache" });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}

export function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const frame = (event) => `id: ${event.id}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`;

export function page(items, { limit, cursor }) {
  const from = Number(cursor ?? 0);
  const to = from + Number(limit ?? DEFAULT_LIMIT);
  return { items: items.slice(from, to), next: to < items.length ? String(to) : null };
}

function time(text) {
  const span = /^(\d+)([mhd])$/.exec(text);
  return span ? Date.now() - Number(span[1]) * SPANS[span[2]] : Date.parse(text);
}

function matches(event, query) {
  const same = ["session_id", "agent", "name", "kind", "tool", "tool_use_id", "outcome", "user", "device", "source_app"];
  if (same.some((key) => query[key] && event[key] !== query[key])) return false;
  if (query.since && Date.parse(event.occurred_at) < time(query.since)) return false;
  if (query.until && Date.parse(event.occurred_at) >= time(query.until)) return false;
  if (query.redaction && !event.redactions?.some(({ kind }) => query.redaction === "any" || kind === query.redaction)) return false;
  return !query.q || JSON.stringify(event.payload).toLowerCase().includes(query.q.toLowerCase());
}

function sessionMatches(session, query) {
  if (["state", "agent", "user", "device", "source_app"].some((key) => query[key] && session[key] !== query[key])) return false;
  if (query.since && Date.parse(session.last_event_at) < time(query.since)) return false;
  return !query.q || `${session.title} ${session.id} ${session.cwd}`.toLowerCase().includes(query.q.toLowerCase());
}

const STATE_AFTER = {
  "session.started": "idle", "prompt.submitted": "working", "tool.requested": "working", "tool.succeeded": "working", "tool.failed": "working",
  "permission.requested": "waiting", notification: "waiting", "turn.ended": "idle", "turn.failed": "failed", "session.ended": "ended",
};

function derive(events) {
  const sessions = new Map();
  const calls = new Map();
  const subagents = new Map();
  for (const event of events) {
    if (!event.session_id) continue;
    const session = sessions.get(event.session_id) ?? sessions.set(event.session_id, newSession(event)).get(event.session_id);
    session.last_event_at = event.occurred_at;
    session.events += 1;
    session.model ??= event.payload.model ?? null;
    if (session.state !== "failed" || event.kind !== "session.ended") session.state = STATE_AFTER[event.kind] ?? session.state;
    if (event.kind === "prompt.submitted") {
      session.prompts += 1;
      session.title ??= event.payload.prompt;
    }
    if (event.kind === "session.ended") session.ended_at = event.occurred_at;
    deriveSubagent(event, session, subagents);
    deriveCall(event, session, calls, subagents);
  }
  const newest = [...sessions.values()].sort((a, b) => (a.last_event_at < b.last_event_at ? 1 : -1));
  return { sessions: newest, calls: [...calls.values()], subagents: [...subagents.values()] };
}

function newSession(event) {
  return {
    id: event.session_id, agent: event.agent, state: "idle", ended_inferred: false, title: null, cwd: event.payload.cwd ?? null, model: null,
    started_at: event.occurred_at, last_event_at: event.occurred_at, ended_at: null, parent_id: null, events: 0, prompts: 0, tool_calls: 0,
    tool_errors: 0, subagents: 0, user: event.user, device: event.device, source_app: event.source_app,
  };
}

function deriveSubagent(event, session, subagents) {
  if (event.actor.type !== "subagent") return;
  const key = `${event.session_id} ${event.actor.id}`;
  if (!subagents.has(key)) {
    session.subagents += 1;
    subagents.set(key, {
      id: event.actor.id, session_id: event.session_id, agent_type: event.actor.agent_type ?? null, parent_id: event.payload.parent_agent_id ?? null,
      tool_use_id: null, started_at: event.occurred_at, ended_at: null, tool_calls: 0, tool_errors: 0,
    });
  }
  const subagent = subagents.get(key);
  if (event.kind === "subagent.ended") subagent.ended_at = event.occurred_at;
  if (event.kind === "tool.requested") subagent.tool_calls += 1;
  if (event.kind === "tool.failed") subagent.tool_errors += 1;
}

function deriveCall(event, session, calls, subagents) {
  const key = `${event.session_id} ${event.tool_use_id}`;
  if (event.kind === "tool.requested" && !calls.has(key)) {
    session.tool_calls += 1;
    calls.set(key, {
      tool_use_id: event.tool_use_id, session_id: event.session_id, tool: event.tool, tool_family: event.tool_family,
      actor_id: event.actor.type === "subagent" ? event.actor.id : null, requested_at: event.occurred_at, ended_at: null, duration_ms: null,
      outcome: null, permission_asked: false, spawned: null, request_event_id: event.id, result_event_id: null,
    });
  }
  if (event.kind === "permission.requested") {
    const open = [...calls.values()].findLast((call) => call.session_id === event.session_id && call.tool === event.tool && !call.outcome);
    if (open) open.permission_asked = true;
  }
  const call = calls.get(key);
  if (call && event.outcome) {
    Object.assign(call, { ended_at: event.occurred_at, outcome: event.outcome, duration_ms: event.duration_ms, result_event_id: event.id });
    if (event.outcome !== "succeeded") session.tool_errors += 1;
    const spawned = event.payload.tool_response?.agentId;
    if (spawned && subagents.has(`${event.session_id} ${spawned}`)) {
      call.spawned = spawned;
      subagents.get(`${event.session_id} ${spawned}`).tool_use_id = call.tool_use_id;
    }
  }
}

function overview(events, { sessions, calls }, { since = "24h", until, bars = "60" }) {
  const to = until ? time(until) : Date.now();
  const from = time(since);
  const width = Math.max(1, Math.round((to - from) / 1000 / Number(bars)));
  const series = Array.from({ length: Number(bars) }, (_, index) => ({ at: new Date(from + index * width * 1000).toISOString(), events: 0, tool_calls: 0, errors: 0 }));
  const inside = events.filter((event) => Date.parse(event.occurred_at) >= from && Date.parse(event.occurred_at) < to);
  const agents = new Map();
  for (const event of inside) {
    const bar = series[Math.min(series.length - 1, Math.floor((Date.parse(event.occurred_at) - from) / 1000 / width))];
    bar.events += 1;
    if (event.kind === "tool.requested") bar.tool_calls += 1;
    if (["tool.failed", "tool.denied", "turn.failed"].includes(event.kind)) bar.errors += 1;
    agents.set(event.agent, (agents.get(event.agent) ?? 0) + 1);
  }
  const states = { working: 0, waiting: 0, idle: 0, ended: 0, failed: 0 };
  for (const session of sessions) if (Date.parse(session.last_event_at) >= from) states[session.state] += 1;
  const recent = calls.filter((call) => Date.parse(call.requested_at) >= from && call.tool);
  const names = [...new Set(recent.map(({ tool }) => tool))];
  return {
    since: new Date(from).toISOString(), until: new Date(to).toISOString(), bar_seconds: width, series, events: inside.length, sessions: states,
    servers: [{ mcp_server_name: "calc", mcp_servers: ["calc", "plugin_calc_calc"], calls: 4, errors: 1 }],
    tools: names.map((name) => toolUse(name, recent.filter(({ tool }) => tool === name))).sort((a, b) => b.count - a.count),
    agents: [...agents].map(([agent, count]) => ({ agent, events: count })).sort((a, b) => b.events - a.events),
  };
}

function toolUse(tool, calls) {
  const of = (outcome) => calls.filter((call) => call.outcome === outcome).length;
  const took = calls.map((call) => call.duration_ms).filter((ms) => ms !== null).sort((a, b) => a - b);
  const at = (share) => (took.length ? took[Math.min(took.length - 1, Math.floor(share * took.length))] : null);
  const [succeeded, failed, denied] = [of("succeeded"), of("failed"), of("denied")];
  const ended = succeeded + failed + denied;
  return { tool, family: calls[0].tool_family, count: calls.length, succeeded, failed, denied, error_rate: ended ? (failed + denied) / ended : 0, p50_ms: at(0.5), p95_ms: at(0.95) };
}

/** What one of a few groups used. */
const USED = { requests: 12, input_tokens: 1_204_000, output_tokens: 88_000, cache_read_tokens: 9_100_000, cache_write_tokens: 310_000, cost_microusd: 7_412_300, cost_estimated: true };

function usage(group) {
  const keys = { day: ["2026-11-19", "2026-11-20"], person: ["ana@example.com", "", "<img src=x onerror=alert(1)>"] }[group] ?? ["a-model", "another"];
  return keys.map((key, index) => ({ key, ...USED, cost_microusd: index ? 412 : USED.cost_microusd, sessions: 3, people: 1, estimated: true }));
}

function prompts(events) {
  const asked = events.filter(({ kind }) => kind === "prompt.submitted");
  return asked.map(({ id, occurred_at: at, payload }) => ({ turn_id: id, at, text: payload.prompt ?? null, ...USED }));
}

const RECONCILIATION = {
  sources: [{ source: "hook", events: 40, prompts: 2, tool_calls: 9 }, { source: "transcript", events: 31, prompts: 2, tool_calls: 10 }],
  calls_no_hook_reported: 1,
  blind_spots: [{ tool_use_id: "toolu_unseen", tool: "WebSearch", at: null }],
};

const SEEN = "2026-11-20T12:00:00Z";
const PLACES = {
  people: [{ person: "ana@example.com", team: "web", sessions: 3, prompts: 4, tool_calls: 12, tool_errors: 1, devices: 1, repositories: 1, first_seen: SEEN, last_seen: SEEN, ...USED }],
  repositories: [{ repository: "github.com/acme/shop", sessions: 3, people: 1, prompts: 4, tool_calls: 12, tool_errors: 1, first_seen: SEEN, last_seen: SEEN, ...USED }],
  handlers: [
    { handler: "project:stop-test", runs: 12, troubles: 2, outcomes: { succeeded: 8, blocked: 2, timed_out: 2 }, p50_ms: 4200.5, p95_ms: 30120.1, last_outcome: "timed_out", last_at: SEEN, last_session_id: "s" },
    { handler: "user:notify", runs: 40, troubles: 0, outcomes: { succeeded: 40 }, p50_ms: 3.1, p95_ms: 5.2, last_outcome: "succeeded", last_at: SEEN, last_session_id: null },
  ],
  devices: [
    { name: "build-vm", device_id: null, first_seen: SEEN, last_seen: SEEN, events: 40, skew_ms: 12, reported_at: null, clock_skew_ms: null, report: null, flags: [] },
    { name: "laptop", device_id: "d1", first_seen: SEEN, last_seen: SEEN, events: 9, skew_ms: 70_000, reported_at: SEEN, clock_skew_ms: 70_000, report: { context: { version: "0.1.0", os: "Debian 13" }, backlog: { bytes: 4_200_000, oldest: SEEN } }, flags: [{ code: "hooks_silent", message: "Codex was used, and its hooks were not heard of." }] },
  ],
};
