// What a project is set to: keys, projects, names of MCP servers, titles.

import { html } from "../ui.js";
import { signOut } from "../changes.js";
import { me } from "../me.js";
import { param, setParams } from "../router.js";
import { Keys } from "./settings/keys.js";
import { Projects } from "./settings/projects.js";
import { Servers } from "./settings/servers.js";
import { SessionTitles } from "./settings/titles.js";

/** @type {{of: string, text: string, page: () => object, admin?: boolean}[]} */
const PARTS = [
  { of: "keys", text: "Keys", page: Keys, admin: true },
  { of: "projects", text: "Projects", page: Projects, admin: true },
  { of: "servers", text: "MCP servers", page: Servers },
  { of: "titles", text: "Titles", page: SessionTitles },
];

export function Settings() {
  const who = me.value;
  if (!who) return html`<main class="page" aria-busy="true"><p class="faint">Loading…</p></main>`;
  const admin = who.scopes.includes("admin");
  const parts = PARTS.filter((part) => admin || !part.admin);
  const part = parts.find(({ of }) => of === param("of")) ?? parts[0];
  return html`
    <main class="page cost settings">
      <div class="section-head">
        <h1>Settings</h1>
        <p class="who"><span class="faint">${who.keyed ? html`${who.project}, may ${who.scopes.join(", ")}` : "This server is open on this machine: no keys yet."}</span>${who.csrf ? html` <button type="button" class="small" onClick=${signOut}>Sign out</button>` : null}</p>
      </div>
      <div class="segments groups" role="group" aria-label="What is set">
        ${parts.map(({ of, text }) => html`<button key=${of} type="button" aria-pressed=${of === part.of} onClick=${() => setParams({ of, sort: null, ended: null }, { push: true })}>${text}</button>`)}
      </div>
      <${part.page} key=${part.of} />
    </main>
  `;
}
