// Makes docs/dashboard.png: the overview in light and a session in dark, from recorded data. `npm run picture`
// It looks best where the fonts Inter and JetBrains Mono are installed.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.mjs";
import { FakeServer } from "./fake-server.mjs";
import { recordedDay, spansOf } from "./record.mjs";

const TARGET = join(dirname(fileURLToPath(import.meta.url)), "../../docs/dashboard.png");
const FONTS = ':root { --font: Inter, sans-serif; --mono: "JetBrains Mono", monospace; }';
const LAYOUT = `
  body { position: relative; overflow: hidden; width: 1320px; height: 1010px; margin: 0; background: #e7ebeb; }
  img { position: absolute; border-radius: 10px; box-shadow: 0 14px 44px rgb(10 30 30 / 28%), 0 0 0 1px rgb(0 0 0 / 8%); }
  img:first-of-type { top: 34px; left: 34px; width: 1180px; }
  img:last-of-type { right: 28px; bottom: 28px; width: 860px; }
`;

const server = await new FakeServer(recordedDay()).start();

/** One view as a picture, in Base64. */
async function shot(path, colorScheme, viewport) {
  const { context, close } = await openBrowser({ colorScheme, viewport, bypassCSP: true, deviceScaleFactor: 1.5 });
  const page = await context.newPage();
  await page.goto(server.url + path);
  await page.addStyleTag({ content: FONTS });
  await page.locator(".connection-live").waitFor();
  await page.waitForTimeout(500);
  const picture = await page.screenshot();
  await close();
  return picture.toString("base64");
}

const asked = server.events.findLast(({ name, session_id: id }) => name === "SubagentStop" && server.events.some((event) => event.session_id === id && event.name === "PermissionRequest"));
const overview = await shot("#/overview", "light", { width: 1180, height: 860 });
for (const span of spansOf(server.events.filter(({ session_id: id }) => id === asked.session_id))) server.add(span);
const session = await shot(`#/sessions/${asked.session_id}?agent=claude-code`, "dark", { width: 980, height: 620 });

const { context, close } = await openBrowser({ viewport: { width: 1320, height: 1010 }, deviceScaleFactor: 1.25 });
const page = await context.newPage();
await page.setContent(`<style>${LAYOUT}</style>${[overview, session].map((picture) => `<img src="data:image/png;base64,${picture}">`).join("")}`);
await page.waitForFunction(() => [...document.images].every((image) => image.complete));
await page.screenshot({ path: TARGET });
await close();
await server.stop();
