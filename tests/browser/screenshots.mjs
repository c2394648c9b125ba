// Pictures of every view in both themes and on a narrow screen, for eyes. `node screenshots.mjs [folder] [url] [views]`

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "./browser.mjs";
import { FakeServer } from "./fake-server.mjs";
import { recordedDay } from "./record.mjs";

const folder = process.argv[2] ?? "shots";
mkdirSync(folder, { recursive: true });
const only = process.argv[4]?.split(",");
const server = process.argv[3] ? { url: process.argv[3], stop() {} } : await new FakeServer(recordedDay()).start();
const api = async (path) => (await fetch(`${server.url}api/v1/${path}`)).json();
const sessions = (await api("sessions?limit=200")).items;
const big = sessions.reduce((best, session) => (session.subagents * 100 + session.tool_calls > best.subagents * 100 + best.tool_calls ? session : best));
const edit = (await api("events?tool=Edit&limit=10")).items[0];
const asked = sessions.find(({ state }) => state === "waiting") ?? big;

const spanned = (await api("events?kind=telemetry.span&limit=1")).items[0] ?? { session_id: big.id, agent: big.agent };
const denied = (await api("events?limit=1000")).items.find(({ verdict }) => verdict?.decision === "deny");

const views = {
  overview: "#/overview",
  live: "#/live",
  event: edit ? `#/live?event=${edit.id}` : "#/live",
  sessions: "#/sessions",
  waterfall: `#/sessions/${big.id}?agent=${big.agent}`,
  spans: `#/sessions/${spanned.session_id}?agent=${spanned.agent}`,
  denied: denied ? `#/live?event=${denied.id}` : "#/live",
  waiting: `#/sessions/${asked.id}?agent=${asked.agent}`,
  conversation: `#/sessions/${big.id}?agent=${big.agent}&view=conversation`,
  events: `#/sessions/${big.id}?agent=${big.agent}&view=events`,
  "session-cost": `#/sessions/${big.id}?agent=${big.agent}&view=cost`,
  verdicts: "#/guard",
  findings: "#/guard?of=findings",
  reports: "#/guard?of=reports",
  cost: "#/cost",
  people: "#/places",
  devices: "#/places?of=devices&sort=-events",
  handlers: "#/places?of=handlers",
  unclaimed: "#/places?of=unclaimed",
  keys: "#/settings",
  projects: "#/settings?of=projects",
  servers: "#/settings?of=servers",
  titles: "#/settings?of=titles",
};

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { colorScheme: "light", viewport: { width: 360, height: 720 } }],
]) {
  const { context, close } = await openBrowser(options);
  for (const [view, path] of Object.entries(views)) {
    if (only && !only.includes(view)) continue;
    const page = await context.newPage();
    page.on("console", (message) => console.log(name, view, message.type(), message.text()));
    page.on("pageerror", (error) => console.log(name, view, error));
    await page.goto(server.url + path);
    await page.waitForTimeout(700);
    await page.screenshot({ path: join(folder, `${name}-${view}.png`) });
    await page.close();
  }
  await close();
}
await server.stop();
