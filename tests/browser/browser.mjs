// A fresh Chromium for the tests, and what every test watches for: errors, and requests that leave the origin.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Where Debian puts it; HOOKRAIL_CHROMIUM names another. */
export const CHROMIUM = process.env.HOOKRAIL_CHROMIUM ?? "/usr/bin/chromium";
export const available = existsSync(CHROMIUM);

export async function openBrowser(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), "hookrail-chromium-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM, args: FLAGS, headless: true, viewport: { width: 1280, height: 800 }, locale: "en-GB", timezoneId: "UTC", ...options,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A page at `path` that keeps account of what must not happen. */
export async function openPage(context, server, path = "", { allow = [] } = {}) {
  const page = await context.newPage();
  const problems = [];
  const origin = new URL(server.url).origin;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !allow.some((part) => message.text().includes(part))) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) problems.push(`left the origin: ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(server.url + path);
  return { page, problems };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Holds what is shown to the rules of accessibility that a program can check. */
export async function checkAccess(page, what) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target} ${any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`), [], what);
}

/** Scrolls the list to its end again and again until it holds `count` rows. */
export async function scrollUntil(page, count) {
  await page.waitForFunction(
    (wanted) => {
      const list = document.querySelector(".list");
      list?.scrollTo({ top: list.scrollHeight });
      return Number(list?.querySelector("[aria-rowcount]")?.getAttribute("aria-rowcount")) === wanted;
    },
    count,
    { timeout: 60_000, polling: 30 },
  );
  await page.locator(".list").evaluate((list) => list.scrollTo({ top: list.scrollHeight }));
}
