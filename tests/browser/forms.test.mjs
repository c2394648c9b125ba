// The forms that change something, in a real Chromium: what they send, where they show a refusal, who sees them at all.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { available, checkAccess, CHROMIUM, openBrowser, openPage } from "./browser.mjs";
import { FakeServer } from "./fake-server.mjs";
import { play, recording } from "./record.mjs";

const options = { skip: available ? false : `no Chromium at ${CHROMIUM}; set HOOKRAIL_CHROMIUM`, timeout: 120_000 };

let browser;
let server;
before(async () => {
  if (available) browser = await openBrowser({ permissions: ["clipboard-read", "clipboard-write"] });
});
after(() => browser?.close());
beforeEach(async () => {
  server = await new FakeServer().start();
});
afterEach(async () => {
  for (const page of browser?.context.pages() ?? []) await page.close();
  await server.stop().catch(() => {});
});

const open = (path, more) => openPage(browser.context, server, path, more);
const waitFor = (page, text) => page.getByText(text).first().waitFor();
const asked = (method) => server.admin.asked.filter((one) => one.method === method).at(-1);
/** The first column of a table, row by row. */
const firstColumn = (page) => page.locator("tbody th").evaluateAll((cells) => cells.map((cell) => cell.textContent.trim()));

test("a key is made, shown once, and can be copied; a refusal stands at its field", options, async () => {
  const { page, problems } = await open("#/settings", { allow: ["400"] });
  await page.getByLabel("Name").fill("build machines");
  await page.getByLabel("Project", { exact: true }).fill("No Good");
  await page.getByRole("checkbox", { name: /^ingest/ }).uncheck();
  await page.getByRole("button", { name: "Make the key" }).click();
  await waitFor(page, "Choose what the key may do.");
  assert.equal(asked("POST"), undefined, "nothing was sent");
  await page.getByRole("checkbox", { name: /^read/ }).check();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.locator("#app [aria-invalid=true]").waitFor();
  const refused = page.getByLabel("Project", { exact: true });
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-invalid") === "true");
  const says = await refused.evaluate((field) => field.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id)?.textContent).join(""));
  assert.match(says, /The project name "No Good" is not one/);
  await refused.fill("shop");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "The new key" }).waitFor();
  await checkAccess(page, "the new key");
  const made = asked("POST");
  assert.deepEqual(made.body, { project: "shop", scopes: ["read"], name: "build machines" });
  const secret = await page.getByLabel("The key").textContent();
  assert.match(secret, /^hkr_\w+_the-secret-part$/);
  await page.getByRole("button", { name: "Copy" }).click();
  await waitFor(page, "Copied");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("row", { name: /build machines/ }).waitFor();
  assert.equal(await page.getByText("the-secret-part").count(), 0, "it is gone for good");
  assert.deepEqual(problems, []);
});

test("a key is replaced with an overlap, and revoked only after a second word", options, async () => {
  const { page, problems } = await open("#/settings?of=keys");
  await page.getByRole("button", { name: "Replace laptops" }).click();
  await page.getByRole("radio", { name: "goes on for an hour" }).check();
  await checkAccess(page, "a key to be replaced");
  await page.getByRole("button", { name: "Make the new key" }).click();
  await page.getByRole("dialog", { name: "The new key" }).waitFor();
  assert.deepEqual(asked("POST"), { method: "POST", path: "keys/b2b2b2b2b2b2/rotate", body: { grace_seconds: 3600 } });
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("row", { name: /laptops.*ends/ }).waitFor();
  const revoke = page.getByRole("button", { name: "Revoke ana" });
  await revoke.click();
  await waitFor(page, "You are signed in with this key");
  await checkAccess(page, "a key to be revoked");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel", "the safe answer has the focus");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(asked("DELETE"), undefined);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Revoke ana", "the focus comes back");
  await revoke.click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByRole("row", { name: /ana/ }).waitFor({ state: "detached" });
  assert.equal(asked("DELETE").path, "keys/a1a1a1a1a1a1");
  await page.getByRole("checkbox", { name: "show 2 that ended" }).check();
  await page.getByRole("row", { name: /ana.*revoked/ }).waitFor();
  assert.match(page.url(), /ended=shown/);
  assert.deepEqual(problems, []);
});

test("the first key of an open server says what it does, and stays to be copied over the login", options, async () => {
  Object.assign(server.admin.me, { keyed: false, key: null, csrf: null });
  const { page } = await open("#/settings", { allow: ["401"] });
  await waitFor(page, "The first key closes it");
  assert.equal(await page.getByRole("checkbox", { name: /^admin/ }).isChecked(), true);
  const create = server.admin.change.bind(server.admin);
  server.admin.change = async (...args) => {
    await create(...args);
    server.token = "closed-from-now-on";
  };
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.getByRole("dialog", { name: "The new key" }).waitFor();
  await page.getByLabel("Key", { exact: true }).waitFor({ state: "attached" });
  server.token = await page.getByLabel("The key").textContent();
  await page.getByRole("button", { name: "Sign in with it here" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "Settings" }).waitFor();
});

test("whoever may only read is offered nothing that would be refused", options, async () => {
  Object.assign(server.admin.me, { scopes: ["read"], operator: false });
  const { page, problems } = await open("#/settings?of=keys");
  await page.getByRole("row", { name: /calc/ }).waitFor();
  assert.deepEqual(await page.getByRole("group", { name: "What is set" }).getByRole("button").allTextContents(), ["MCP servers", "Titles"]);
  assert.equal(await page.getByRole("button", { name: /Name of|Take back/ }).count(), 0);
  await page.getByRole("button", { name: "Titles" }).click();
  assert.equal(await page.getByRole("switch").isDisabled(), true);
  await page.goto(`${server.url}#/places?of=unclaimed`);
  await page.getByRole("row", { name: /ana@example.com/ }).waitFor();
  assert.deepEqual(await page.getByRole("group", { name: "What is listed" }).getByRole("button").allTextContents(), ["People", "Repositories", "Devices", "Handlers"]);
  assert.equal(await page.getByRole("button", { name: /Team of/ }).count(), 0);
  assert.ok(!server.requests.some((url) => /v1\/(quarantine|keys)/.test(url)), "nor is it asked for");
  assert.deepEqual(problems, []);
});

test("names of MCP servers are edited where they stand, given by pattern, and taken back", options, async () => {
  const { page, problems } = await open("#/settings?of=servers", { allow: ["400"] });
  const edit = page.getByRole("button", { name: "Name of calc" });
  const field = page.getByRole("textbox", { name: "Name of calc" });
  await edit.press("Enter");
  await field.fill("never mind");
  await field.press("Escape");
  await edit.waitFor();
  assert.equal(asked("PUT"), undefined);
  await edit.press("Enter");
  await field.fill("a name that is much too long");
  await field.press("Enter");
  await waitFor(page, "A display name has at most 20 characters.");
  await checkAccess(page, "a name that is edited");
  await field.fill("Calculator");
  await field.press("Enter");
  await page.getByRole("row", { name: /Calculator/ }).waitFor();
  assert.deepEqual(asked("PUT"), { method: "PUT", path: "servers/calc", body: { display: "Calculator" } });
  await page.getByLabel("As agents tell it").first().fill("plugin_*_wiki");
  await page.getByLabel("Name", { exact: true }).fill("Wiki");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /plugin_\*_wiki/ }).waitFor();
  await page.getByRole("button", { name: "Take back the name of plugin_git_hub" }).click();
  await page.getByRole("button", { name: "Take back", exact: true }).click();
  await page.getByRole("button", { name: "Take back the name of plugin_git_hub" }).waitFor({ state: "detached" });
  assert.deepEqual(problems, []);
});

test("the operator gives a session to a project, or removes it", options, async () => {
  server.admin.quarantine.push({ ...server.admin.quarantine[0], session_id: "0194-other" });
  const { page, problems } = await open("#/places?of=unclaimed", { allow: ["400"] });
  await page.getByRole("button", { name: "Look into 0193-unclaimed" }).click();
  await page.getByText("UserPromptSubmit").click();
  await waitFor(page, "whose is this");
  await checkAccess(page, "a session that is looked into");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Give 0193-unclaimed to a project" }).click();
  await page.getByLabel("Project", { exact: true }).fill("nowhere");
  await page.keyboard.press("Enter");
  await waitFor(page, "There is no project of this name.");
  await checkAccess(page, "a session to be given to a project");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-invalid") === "true");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("shop");
  await page.getByLabel("Person (not needed)").fill("ana@example.com");
  await page.keyboard.press("Enter");
  await waitFor(page, "5 events stored");
  assert.deepEqual(asked("POST"), { method: "POST", path: "quarantine/0193-unclaimed/attribute", body: { project: "shop", person: "ana@example.com" } });
  await page.getByRole("button", { name: "Remove 0194-other" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await waitFor(page, "nothing is in quarantine");
  assert.deepEqual(problems, []);
});

test("projects, titles and teams are set; a proof that ran out is fetched anew", options, async () => {
  const { page, problems } = await open("#/settings?of=projects", { allow: ["403"] });
  await page.getByLabel("Name").fill("web");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /^web/ }).waitFor();
  server.admin.me.csrf = "another proof";
  await page.getByRole("button", { name: "Titles" }).click();
  await page.getByRole("switch").click();
  await page.waitForFunction(() => document.querySelector("[role=switch]")?.checked);
  await waitFor(page, "Titles by a model are on");
  assert.equal(server.admin.titles.enabled, true);
  await page.goto(`${server.url}#/places`);
  await page.getByRole("button", { name: "Team of ana@example.com" }).press("Enter");
  await page.getByRole("combobox", { name: "Team of ana@example.com" }).or(page.getByRole("textbox", { name: "Team of ana@example.com" })).fill("payments");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Team of ana@example.com" }).waitFor();
  assert.deepEqual(asked("PUT"), { method: "PUT", path: "people/ana@example.com", body: { team: "payments" } });
  assert.deepEqual(problems, []);
});

test("tables are put in order by their headers, and the order is in the address", options, async () => {
  const { page, problems } = await open("#/places?of=devices");
  await page.getByRole("row", { name: /laptop/ }).waitFor();
  assert.deepEqual(await firstColumn(page), ["build-vm", "laptop"]);
  const head = page.getByRole("columnheader", { name: "Device" });
  assert.equal(await head.getAttribute("aria-sort"), null);
  await page.getByRole("button", { name: "Device", exact: true }).press("Enter");
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  await page.getByRole("button", { name: "Device", exact: true }).press("Enter");
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  assert.deepEqual(await firstColumn(page), ["laptop", "build-vm"]);
  assert.match(page.url(), /of=devices&sort=-device$/);
  await page.reload();
  await page.getByRole("row", { name: /laptop/ }).waitFor();
  assert.deepEqual(await firstColumn(page), ["laptop", "build-vm"]);
  await page.getByRole("button", { name: "Device", exact: true }).press("Enter");
  assert.doesNotMatch(page.url(), /sort/, "the third turn is the server's order again");
  await page.getByRole("button", { name: "Events" }).click();
  assert.deepEqual(await firstColumn(page), ["build-vm", "laptop"], "the most first");
  await page.goto(`${server.url}#/cost?by=person&sort=cost`);
  await page.getByRole("columnheader", { name: "Cost" }).and(page.locator("[aria-sort=ascending]")).waitFor();
  assert.equal((await firstColumn(page)).at(-1), "ana@example.com");
  assert.deepEqual(problems, []);
});

test("a finding is given an owner and a state; what is open and severe shows in the bar", options, async () => {
  const { page, problems } = await open("#/guard?of=findings", { allow: ["404"] });
  const row = page.getByRole("row", { name: /A call that was denied has a result/ });
  await row.waitFor();
  assert.equal(await page.locator(".badge.alarm").textContent(), "1");
  await row.getByRole("combobox", { name: "State of finding 3" }).selectOption("acknowledged");
  await waitFor(page, "Now acknowledged");
  assert.deepEqual(asked("PATCH"), { method: "PATCH", path: "findings/3", body: { state: "acknowledged" } });
  await page.locator(".badge.alarm").waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Owner of finding 3" }).press("Enter");
  await page.getByRole("textbox", { name: "Owner of finding 3" }).fill("ana");
  await page.keyboard.press("Enter");
  await waitFor(page, "ana deals with it");
  assert.deepEqual(asked("PATCH").body, { owner: "ana" });
  await page.getByRole("combobox", { name: "State", exact: true }).selectOption("open");
  await row.waitFor({ state: "detached" });
  assert.match(page.url(), /of=findings&state=open/);
  await page.getByRole("row", { name: /A GitHub token/ }).waitFor();
  await page.getByRole("combobox", { name: "At least" }).selectOption("critical");
  await waitFor(page, "No findings match these filters.");
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await row.waitFor();
  await page.getByRole("button", { name: "Severity" }).click();
  assert.match((await firstColumn(page))[0], /has a result/);
  await page.getByRole("button", { name: "Look again" }).click();
  await waitFor(page, "Looking through the record: 25 %");
  server.guard.scan.state = "idle";
  await waitFor(page, "The whole record was looked through.");
  Object.assign(server.admin.me, { scopes: ["read"], operator: false });
  await page.reload();
  await row.waitFor();
  assert.equal(await page.locator("tbody").getByRole("combobox").count(), 0);
  assert.equal(await page.getByRole("button", { name: /Owner of|Look again/ }).count(), 0);
  assert.deepEqual(problems, []);
});

test("verdicts are counted by rule, person, repository and day, what was only observed apart", options, async () => {
  for (const event of play(recording("full-run-with-mcp-and-subagents.jsonl"), Date.now() - 60_000, { user: "ana@example.com" })) server.add(event);
  const { page, problems } = await open("#/guard");
  const table = (name) => page.getByRole("region", { name });
  await table("Stopped and asked").waitFor();
  const cells = (name) => table(name).locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent.trim())));
  assert.deepEqual(await cells("Stopped and asked"), [["filesystem.delete-folder-of-home", "1", "0"]]);
  assert.deepEqual(await cells("Would have been"), [["team.no-exit", "0", "1"]]);
  await page.getByRole("button", { name: "Person" }).click();
  await table("Stopped and asked").getByRole("link", { name: "ana@example.com" }).waitFor();
  await page.getByRole("button", { name: "Repository" }).click();
  await table("Stopped and asked").getByRole("link", { name: "github.com/acme/shop" }).waitFor();
  await page.getByRole("button", { name: "Day" }).click();
  await table("Stopped and asked").getByText(new Date(Date.now() - 60_000).toISOString().slice(0, 10)).waitFor();
  assert.match(page.url(), /by=day/);
  await page.getByRole("button", { name: "Rule", exact: true }).click();
  await page.getByRole("link", { name: "filesystem.delete-folder-of-home" }).click();
  await page.getByRole("button", { name: "Remove the filter rule" }).waitFor();
  assert.match(page.url(), /rule=filesystem.delete-folder-of-home&by=session/);
  await table("Stopped and asked").locator("tbody a").click();
  await page.locator(".event.stopped").waitFor();
  assert.equal(await page.locator(".row").count(), 2, "what the guard spoke of in the session");
  await page.goto(`${server.url}#/sessions`);
  await page.locator(".session-row", { hasText: "1 denied" }).waitFor();
  await page.goto(`${server.url}#/overview`);
  await page.getByRole("link", { name: "1 denied, 0 asked" }).waitFor();
  await page.getByRole("link", { name: /1 finding of high severity/ }).click();
  await page.getByRole("row", { name: /has a result/ }).waitFor();
  await page.getByRole("button", { name: "Reported by people" }).click();
  await waitFor(page, "It is a folder of the test itself.");
  await page.locator("article", { hasText: "To a branch of my own." }).getByText("git push --force").waitFor();
  assert.deepEqual(problems, []);
});
