// The frame: the bar on top, the view that the address names, and what lies over both.

import { effect, html, render, useEffect, useRef } from "./ui.js";
import { alarms } from "./alarms.js";
import { loginNeeded } from "./api.js";
import { MadeKeyDialog } from "./parts/madekey.js";
import { Help, Login } from "./parts/notices.js";
import { link, route } from "./router.js";
import { connection, helpOpen, narrow, theme, toast, toggleTheme } from "./state.js";
import { waitingCount } from "./waiting.js";
import { Cost } from "./views/cost.js";
import { Guard } from "./views/guard.js";
import { Live } from "./views/live.js";
import { Overview } from "./views/overview.js";
import { Places } from "./views/places.js";
import { SessionPage } from "./views/session.js";
import { Sessions } from "./views/sessions.js";
import { Settings } from "./views/settings.js";

const TABS = [
  { path: "overview", text: "Overview" },
  { path: "live", text: "Live" },
  { path: "sessions", text: "Sessions" },
  { path: "guard", text: "Guard" },
  { path: "cost", text: "Cost" },
  { path: "places", text: "People" },
  { path: "settings", text: "Settings" },
];

const CONNECTION_WORDS = { off: "", connecting: "Connecting", live: "Live", lost: "Reconnecting" };

function TopBar() {
  const here = route.value.path[0];
  const waiting = waitingCount.value;
  const nav = useRef(/** @type {HTMLElement | null} */ (null));
  // A narrow screen shows a part of the bar: the one that names the view.
  useEffect(() => nav.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }), [here, waiting, alarms.value, narrow.value]);
  return html`
    <header class="topbar">
      <a class="brand" href=${link(["overview"])} aria-label="hookrail, overview"><img src="icon.svg" alt="" width="20" height="20" /><span>hookrail</span></a>
      <nav aria-label="Views" ref=${nav}>
        ${TABS.map(
          ({ path, text }) => html`
            <a key=${path} href=${link([path])} aria-current=${path === here ? "page" : undefined}>
              ${text}${path === "overview" && waiting ? html`<span class="badge" title=${`${waiting} waiting for you`}>${waiting}</span>` : null}
              ${path === "guard" && alarms.value ? html`<span class="badge alarm" title=${`${alarms.value} findings of high severity are open`}>${alarms.value}</span>` : null}
            </a>
          `,
        )}
      </nav>
      <span class=${`connection connection-${connection.value}`} role="status"><i aria-hidden="true"></i>${CONNECTION_WORDS[connection.value]}</span>
      <button type="button" class="icon" aria-label=${theme.value === "dark" ? "Use the light theme" : "Use the dark theme"} title="Light or dark (t)" onClick=${toggleTheme}>
        ${theme.value === "dark" ? "☀" : "☾"}
      </button>
      <button type="button" class="icon" aria-label="Keys" title="Keys (?)" onClick=${() => (helpOpen.value = true)}>?</button>
    </header>
  `;
}

function View() {
  const [name, id] = route.value.path;
  if (name === "overview") return html`<${Overview} />`;
  if (name === "live") return html`<${Live} />`;
  if (name === "sessions" && id) return html`<${SessionPage} key=${id} id=${id} />`;
  if (name === "guard") return html`<${Guard} />`;
  if (name === "places") return html`<${Places} />`;
  if (name === "cost") return html`<${Cost} />`;
  if (name === "sessions") return html`<${Sessions} />`;
  if (name === "settings") return html`<${Settings} />`;
  return html`<main class="page"><div class="nothing"><p>There is no such page.</p><a href=${link(["overview"])}>To the overview</a></div></main>`;
}

function App() {
  return html`
    ${loginNeeded.value ? html`<${Login} />` : html`<${TopBar} /><${View} /><${Help} />`}
    <${MadeKeyDialog} />
    <div class=${toast.value ? "toast shown" : "toast"} role="status" aria-live="polite">${toast.value}</div>
  `;
}

effect(() => {
  const waiting = waitingCount.value;
  const name = { overview: "overview", live: "live", sessions: "sessions", guard: "guard", cost: "cost", places: "who and where", settings: "settings" }[route.value.path[0]] ?? "";
  document.title = `${waiting ? `(${waiting}) ` : ""}hookrail${name ? ` · ${name}` : ""}`;
});

const root = document.getElementById("app");
if (root) render(html`<${App} />`, root);
