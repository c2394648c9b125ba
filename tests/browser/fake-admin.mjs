// The stand-in's doors that change something: keys, projects, names of MCP servers, titles, teams, the quarantine. They
// answer as the real server does, errors included, and keep account of what they were asked for.

import { page, send } from "./fake-server.mjs";

const SEEN = "2026-11-20T12:00:00Z";
const NAME = /^[a-z0-9._-]{1,64}$/;

const key = (id, more) => ({
  id, prefix: `hkr_${id}`, project: "default", scopes: ["ingest"], name: null, state: "active", created_at: SEEN, created_by: "local", replaces: null, expires_at: null,
  revoked_at: null, last_used_at: null, ...more,
});

export class FakeAdmin {
  me = { project: "default", organisation: "default", scopes: ["ingest", "read", "admin"], operator: true, key: "a1a1a1a1a1a1", keyed: true, csrf: "proof" };
  keys = [
    key("a1a1a1a1a1a1", { name: "ana", scopes: ["admin"], last_used_at: SEEN }),
    key("b2b2b2b2b2b2", { name: "laptops", project: "shop" }),
    key("c3c3c3c3c3c3", { name: "old", state: "revoked", revoked_at: SEEN }),
  ];
  projects = [{ project: "default", created_at: SEEN, keys: 2 }, { project: "shop", created_at: SEEN, keys: 1 }];
  servers = [
    { raw: "calc", display: "calc", overridden: false, calls: 4, errors: 1, last_seen: SEEN, named_by: null, named_at: null },
    { raw: "plugin_git_hub", display: "GitHub", overridden: true, calls: 9, errors: 0, last_seen: SEEN, named_by: "a1a1a1a1a1a1", named_at: SEEN },
  ];
  titles = { available: true, enabled: false, model: "small-model" };
  people = [];
  quarantine = [{ state: "quarantined", session_id: "0193-unclaimed", agent: "claude-code", events: 5, bytes: 900, first_at: SEEN, last_at: SEEN, address: "192.0.2.7" }];
  asked = [];

  constructor(guard) {
    this.guard = guard;
  }

  read([what, id, part], query) {
    if (what === "quarantine" && part === "events") {
      return page([{ state: "quarantined", id: `e-${id}`, name: "UserPromptSubmit", kind: "prompt.submitted", occurred_at: SEEN, received_at: SEEN, address: "192.0.2.7", payload: { prompt: "whose is this" } }], query);
    }
    if (what === "me") return this.me;
    if (what === "titles") return this.titles;
    const list = { keys: this.keys, projects: this.projects, servers: this.servers, quarantine: this.quarantine }[what];
    return list && page(list, query);
  }

  async change(request, response, [what, id, part]) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text ? JSON.parse(text) : {};
    this.asked.push({ method: request.method, path: [what, id, part].filter(Boolean).join("/"), body });
    const refuse = (status, code, message, hint = "") => send(response, status, { error: { code, message, hint } });
    if (this.me.csrf && request.headers["x-hookrail-csrf"] !== this.me.csrf) return refuse(403, "csrf", "The request does not prove that it comes from the dashboard.");
    if (!this.me.scopes.includes("admin")) return refuse(403, "forbidden", "This key may not do that.", "Use a key with the scope admin.");
    const answer = this[`${request.method} ${what}${part ? ` ${part}` : ""}`]?.(body, id);
    if (!answer) return refuse(404, "not_found", "There is no such thing.");
    if (typeof answer === "string") return refuse(400, "bad_request", answer, "GET /openapi.json shows what this door takes.");
    return send(response, 200, answer);
  }

  made(more) {
    const id = (this.keys.length + 10).toString(16).padStart(12, "d");
    this.keys.unshift(key(id, more));
    return { ...this.keys[0], key: `hkr_${id}_the-secret-part` };
  }

  "POST keys"({ project, scopes, name }) {
    if (!project.split("/").every((part) => NAME.test(part))) return `The project name ${JSON.stringify(project)} is not one: use lower-case letters, digits, ., _ and -.`;
    return this.made({ project, scopes, name });
  }

  "POST keys rotate"({ grace_seconds: grace }, id) {
    const old = this.keys.find((one) => one.id === id);
    old.expires_at = new Date(Date.now() + grace * 1000).toISOString();
    return this.made({ project: old.project, scopes: old.scopes, name: old.name, replaces: id });
  }

  "DELETE keys"(_, id) {
    return Object.assign(this.keys.find((one) => one.id === id), { state: "revoked", revoked_at: SEEN });
  }

  "POST projects"({ project }) {
    if (!NAME.test(project)) return `The project name ${JSON.stringify(project)} is not one.`;
    this.projects.push({ project, created_at: SEEN, keys: 0 });
    return { project, organisation: "default" };
  }

  "PUT servers"({ display }, raw) {
    if (display.length > 20) return "A display name has at most 20 characters.";
    const named = { overridden: true, display, named_at: SEEN, named_by: "a1a1a1a1a1a1" };
    const known = this.servers.find((one) => one.raw === raw);
    if (known) Object.assign(known, named);
    else this.servers.push({ raw, calls: 0, errors: 0, last_seen: null, ...named });
    return { raw, display };
  }

  "DELETE servers"(_, raw) {
    return Object.assign(this.servers.find((one) => one.raw === raw), { overridden: false, display: raw });
  }

  "PUT titles"({ enabled }) {
    return Object.assign(this.titles, { enabled });
  }

  "PUT people"({ team }, person) {
    this.people.push({ person, team });
    return {};
  }

  "POST quarantine attribute"({ project }, session) {
    if (!this.projects.some((one) => one.project === project)) return "There is no project of this name.";
    this.quarantine = this.quarantine.filter((one) => one.session_id !== session);
    return { stored: 5, claimed: false };
  }

  "DELETE quarantine"(_, session) {
    this.quarantine = this.quarantine.filter((one) => one.session_id !== session);
    return { removed: 5 };
  }

  "PATCH findings"(change, id) {
    return this.guard.change(id, change);
  }

  "POST scan"() {
    return this.guard.scanAgain();
  }

  "POST logout"() {
    return {};
  }
}
