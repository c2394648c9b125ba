// The dashboard in a real Chromium against a known record.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { available, checkAccess, CHROMIUM, openBrowser, openPage, scrollUntil } from "./browser.mjs";
import { FakeServer } from "./fake-server.mjs";
import { eventOf, many, play, recordedDay, recording, spansOf } from "./record.mjs";

const options = { skip: available ? false : `no Chromium at ${CHROMIUM}; set HOOKRAIL_CHROMIUM`, timeout: 120_000 };
const FULL = "full-run-with-mcp-and-subagents.jsonl";
const ASKING = "interactive-permission-prompt.jsonl";

let browser;
let server;
before(async () => {
  if (available) browser = await openBrowser();
});
after(() => browser?.close());
beforeEach(async () => {
  server = await new FakeServer().start();
});
afterEach(async () => {
  for (const page of browser?.context.pages() ?? []) await page.close();
  await server.stop().catch(() => {});
});

const fill = (events) => events.forEach((event) => server.add(event));
const open = (path, more) => openPage(browser.context, server, path, more);
const waitFor = (page, text) => page.getByText(text).first().waitFor();

/** Waits until what was asked for is on the screen, twice over. */
const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));

async function views() {
  const events = recordedDay();
  fill(events);
  const session = events.findLast(({ name, actor }) => name === "PreToolUse" && actor.type === "subagent").session_id;
  const edit = events.findLast(({ tool, name }) => tool === "Edit" && name === "PostToolUse");
  return {
    overview: ["#/overview", "Latest sessions"],
    live: ["#/live", "PreToolUse"],
    event: [`#/live?event=${edit.id}`, "Copy JSON"],
    sessions: ["#/sessions", "please do the thing"],
    waterfall: [`#/sessions/${session}?agent=claude-code`, "squeeze idle time"],
    conversation: [`#/sessions/${session}?agent=claude-code&view=conversation`, "You"],
    events: [`#/sessions/${session}?agent=claude-code&view=events`, "SessionStart"],
    "session's cost": [`#/sessions/${session}?agent=claude-code&view=cost`, "Who told"],
    cost: ["#/cost", "2026-11-20"],
    people: ["#/places", "ana@example.com"],
    devices: ["#/places?of=devices", "Codex was used, and its hooks were not heard of."],
    handlers: ["#/places?of=handlers", "project:stop-test"],
    unclaimed: ["#/places?of=unclaimed", "in quarantine"],
    verdicts: ["#/guard", "team.no-exit"],
    findings: ["#/guard?of=findings", "A GitHub token was taken out"],
    reports: ["#/guard?of=reports", "It is a folder of the test itself."],
    keys: ["#/settings", "laptops"],
    projects: ["#/settings?of=projects", "shop"],
    servers: ["#/settings?of=servers", "plugin_git_hub"],
    titles: ["#/settings?of=titles", "Ask a model"],
    missing: ["#/nowhere", "There is no such page"],
  };
}

test("every view renders the record, is accessible in light and dark, fits a narrow screen, and is silent", options, async () => {
  const all = Object.entries(await views());
  const { page, problems } = await open("");
  for (const [name, [path, text]] of all) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(server.url + path);
    await waitFor(page, text);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await drawn(page);
      await checkAccess(page, `${name}, ${colorScheme}`);
    }
    await page.setViewportSize({ width: 360, height: 720 });
    await drawn(page);
    await waitFor(page, text);
    const { inner, body } = await page.evaluate(() => ({
      inner: innerWidth,
      body: Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("main, .list, .drawer, .drawer-body, .conversation")].map((part) => part.scrollWidth - part.clientWidth + innerWidth)),
    }));
    assert.ok(body <= inner, `${name} on 360 pixels: ${body} > ${inner}`);
    assert.deepEqual(problems, [], name);
  }
});

test("cost is summed by what is asked for, a session's by prompt, and what no hook saw is said", options, async () => {
  const { page, problems } = await open("#/cost?span=7d");
  await waitFor(page, "~$7.41");
  await waitFor(page, "2 requests without a known cost are not in these sums.");
  await page.getByRole("button", { name: "Person" }).click();
  await waitFor(page, "ana@example.com");
  assert.match(page.url(), /span=7d&by=person/);
  await waitFor(page, "<img src=x onerror=alert(1)>");
  await page.getByRole("link", { name: "ana@example.com" }).click();
  assert.match(page.url(), /sessions\?user=ana%40example.com/);
  fill(recordedDay());
  const { session_id: session } = server.events.findLast(({ kind }) => kind === "prompt.submitted");
  await page.goto(`${server.url}#/sessions/${session}?agent=claude-code&view=cost`);
  await waitFor(page, "By prompt");
  await waitFor(page, "1 tool call no hook reported:");
  await waitFor(page, "WebSearch");
  assert.deepEqual(problems, []);
  await page.close();
});

test("the overview counts, names who waits, and follows new events", options, async () => {
  fill(play(recording(FULL), Date.now() - 60_000));
  const { page, problems } = await open("#/overview");
  await waitFor(page, "Tool calls");
  const figure = (label) => page.locator(".figures > div", { hasText: label }).locator("dd").textContent();
  assert.equal(await figure("Events"), "48");
  assert.equal(await figure("Tool calls"), "13");
  assert.equal(await figure("Errors"), "3");
  const bash = page.locator(".tools tbody tr", { hasText: "Bash" });
  assert.match(await bash.textContent(), /Bash5/);
  assert.equal(await page.locator(".waiting").count(), 0);
  const asking = recording(ASKING);
  for (const event of play(asking.slice(0, asking.findIndex(({ hook_event_name: name }) => name === "Notification") + 1), Date.now() - 20_000)) server.emit(event);
  await waitFor(page, "1 session waits for you");
  assert.match(await page.title(), /^\(1\)/);
  assert.equal(await figure("Events"), "64");
  await page.locator(".waiting a").click();
  await waitFor(page, "Waiting for you");
  assert.deepEqual(problems, []);
});

test("spans of the overview are in the address", options, async () => {
  fill(play(recording(FULL), Date.now() - 3 * 86_400_000));
  const { page } = await open("#/overview");
  await waitFor(page, "Latest sessions");
  await page.getByRole("button", { name: "7d" }).click();
  await page.locator(".figures dd", { hasText: "48" }).first().waitFor();
  assert.match(page.url(), /span=7d/);
  // The figures tell of the bar under the pointer: the one that holds everything, then one that holds nothing.
  const over = await page.locator(".chart .u-over").boundingBox();
  const { x, width, y } = over;
  const figure = () => page.locator(".figures dd").first().textContent();
  const seen = new Set();
  for (let step = 0.5; step < 1; step += 0.005) {
    await page.mouse.move(x + width * step, y + 20);
    seen.add(await figure());
  }
  assert.deepEqual([...seen].sort(), ["0", "48"]);
  await page.mouse.move(x - 100, y - 100);
  await page.locator(".figures", { hasText: "the last 7 days" }).waitFor();
});

test("live rows appear, pause holds them, scrolling away holds them", options, async () => {
  fill(many(400));
  const { page, problems } = await open("#/live");
  await waitFor(page, "make step-199");
  await waitFor(page, "Live");
  await page.locator(".connection-live").waitFor();
  server.emit(eventOf({ session_id: "new", hook_event_name: "UserPromptSubmit", prompt: "first words" }, Date.now()));
  await waitFor(page, "first words");
  await page.getByRole("button", { name: "Pause" }).click();
  server.emit(eventOf({ session_id: "new", hook_event_name: "UserPromptSubmit", prompt: "second words" }, Date.now()));
  await waitFor(page, "1 new event");
  assert.equal(await page.getByText("second words").count(), 0);
  await page.getByRole("button", { name: "Resume" }).click();
  await waitFor(page, "second words");
  await page.locator(".list").evaluate((list) => list.scrollTo({ top: 2000 }));
  await page.waitForTimeout(100);
  const seen = await page.locator(".list").evaluate((list) => list.scrollTop);
  server.emit(eventOf({ session_id: "new", hook_event_name: "UserPromptSubmit", prompt: "third words" }, Date.now()));
  await waitFor(page, "1 new event");
  assert.equal(await page.locator(".list").evaluate((list) => list.scrollTop), seen, "what is being read stays put");
  await page.locator(".pill").click();
  await waitFor(page, "third words");
  server.lag(42);
  await waitFor(page, "missed 42 events");
  assert.deepEqual(problems, []);
});

test("the feed resumes where it was after the server restarts", options, async () => {
  fill(play(recording(FULL), Date.now() - 60_000));
  const { page } = await open("#/live");
  await page.locator(".connection-live").waitFor();
  const last = server.events.at(-1).id;
  await server.stop();
  await page.locator(".connection-lost").waitFor();
  for (let index = 0; index < 3; index += 1) server.add(eventOf({ session_id: "later", hook_event_name: "UserPromptSubmit", prompt: `while away ${index}` }, Date.now()));
  await server.start();
  await waitFor(page, "while away 2");
  assert.equal(await page.getByText(/while away/).count(), 3, "each once");
  assert.ok(server.requests.some((url) => url.includes(`last_event_id=${last}`)), "resumed from the last event seen");
});

test("filters narrow the feed, live too, and are in the address", options, async () => {
  fill(recordedDay());
  const { page, problems } = await open("#/live");
  await page.locator(".connection-live").waitFor();
  await page.getByRole("combobox", { name: "Kind", exact: true }).selectOption("tool.failed");
  await page.waitForFunction(() => [...document.querySelectorAll(".row .event-name")].every((name) => name.textContent === "PostToolUseFailure"));
  assert.match(page.url(), /kind=tool.failed/);
  await page.getByRole("combobox", { name: "Agent", exact: true }).selectOption("codex");
  await waitFor(page, "No events match these filters");
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await page.getByRole("searchbox").fill("missing.txt");
  await page.waitForFunction(() => location.hash.includes("q=missing.txt"));
  await page.waitForFunction(() => document.querySelectorAll(".row").length > 3 && [...document.querySelectorAll(".row .event-name")].every((name) => name.textContent !== "Stop"));
  await page.locator(".connection-live").waitFor();
  server.emit(eventOf({ session_id: "n", hook_event_name: "UserPromptSubmit", prompt: "unrelated" }, Date.now()));
  server.emit(eventOf({ session_id: "n", hook_event_name: "UserPromptSubmit", prompt: "find missing.txt again" }, Date.now()));
  await waitFor(page, "find missing.txt again");
  assert.equal(await page.getByText("unrelated").count(), 0);
  await page.reload();
  await waitFor(page, "find missing.txt again");
  assert.equal(await page.getByRole("searchbox").inputValue(), "missing.txt");
  await page.goto(`${server.url}#/live?tool=Edit`);
  await page.waitForFunction(() => [...document.querySelectorAll(".row .event-tool")].length > 0 && [...document.querySelectorAll(".row .event-tool")].every((tool) => tool.textContent === "Edit"));
  assert.deepEqual(problems, []);
});

test("sessions filter, page and open", options, async () => {
  const now = Date.now();
  for (let index = 0; index < 230; index += 1) {
    server.add(eventOf({ session_id: `s-${index}`, cwd: "/home/dev/shop", hook_event_name: "UserPromptSubmit", prompt: `task number ${index}` }, now - (231 - index) * 60_000, { agent: index % 2 ? "codex" : "claude-code" }));
  }
  fill(play(recording("api-unreachable.jsonl"), now - 5000));
  const { page, problems } = await open("#/sessions");
  await waitFor(page, "task number 229");
  await scrollUntil(page, 231);
  await page.getByText("task number 0", { exact: true }).waitFor();
  await page.getByRole("combobox", { name: "State", exact: true }).selectOption("failed");
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 1);
  await page.getByRole("combobox", { name: "State", exact: true }).selectOption("");
  await page.getByRole("searchbox").fill("number 17");
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 11);
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "task number 179" }).waitFor();
  assert.deepEqual(problems, []);
});

test("a session shows its calls over time, its conversation and its events", options, async () => {
  const events = play(recording(ASKING), Date.now() - 90_000);
  fill(events);
  const { page, problems } = await open(`#/sessions/${events[0].session_id}?agent=claude-code`);
  await waitFor(page, "squeeze idle time");
  const lanes = await page.locator(".lane-name").evaluateAll((all) => all.map((lane) => [Math.round((parseFloat(lane.style.paddingLeft) - 10) / 14), lane.querySelector("b").textContent, lane.closest(".lane").querySelectorAll(".bar-wait").length]));
  assert.deepEqual(lanes.slice(0, 2), [[0, "Prompt", 0], [0, "Bash", 0]]);
  assert.deepEqual(lanes.filter(([, , waits]) => waits).map(([, name]) => name), ["Bash"], "the call somebody was asked about");
  const at = lanes.findIndex(([, name]) => name === "Agent");
  assert.deepEqual(lanes.slice(at, at + 3).map(([depth, name]) => [depth, name]), [[0, "Agent"], [1, "general-purpose"], [2, "Bash"]]);
  assert.equal(await page.locator(".bar-failed").count() > 1, true);
  await page.locator(".lane", { hasText: "exit 3" }).hover();
  assert.match(await page.locator(".lane-detail").textContent(), /failed.*waited 1\d s for a person/s);

  await page.getByRole("tab", { name: "Conversation" }).click();
  assert.equal(await page.locator(".speech-prompt .prose").textContent(), "please do the thing");
  assert.equal(await page.locator(".speech-answer .prose").textContent(), "All done.");
  await page.locator(".call", { hasText: "echo hello" }).click();
  await waitFor(page, "Copy JSON");
  assert.equal(await page.locator(".output-command pre").textContent(), "echo hello && ls");
  assert.match(await page.locator(".output-out pre").textContent(), /hello/);
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "Events" }).click();
  await waitFor(page, "SessionStart");
  server.emit(eventOf({ session_id: events[0].session_id, hook_event_name: "UserPromptSubmit", prompt: "one thing more" }, Date.now()));
  await page.getByRole("tab", { name: "Conversation" }).click();
  await waitFor(page, "one thing more");
  assert.deepEqual(problems, []);
});

test("telemetry's spans stand below what they measured, and can be left out", options, async () => {
  const events = play(recording(FULL), Date.now() - 90_000);
  const spans = spansOf(events);
  fill([...events, ...spans]);
  const { page, problems } = await open(`#/sessions/${events[0].session_id}?agent=claude-code`);
  await page.setViewportSize({ width: 1280, height: 1600 });
  await page.locator(".lane-span").first().waitFor();
  const lanes = () => page.locator(".lane-name").evaluateAll((all) => all.map((lane) => `${Math.round((parseFloat(lane.style.paddingLeft) - 10) / 14)} ${lane.querySelector("b").textContent}`));
  assert.deepEqual((await lanes()).slice(0, 6), ["0 Prompt", "0 turn", "0 model request", "0 Bash", "0 model request", "0 Bash"], "parts of calls are folded");
  const inAgent = (await lanes()).slice((await lanes()).indexOf("1 general-purpose"));
  assert.deepEqual(inAgent.slice(1, 3), ["2 model request", "2 Bash"], "a subagent's are in its lane");
  await page.getByRole("grid").focus();
  for (let row = 0; row < 4; row += 1) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.deepEqual((await lanes()).slice(3, 6), ["0 Bash", "1 permission", "1 execution"]);
  await page.keyboard.press("ArrowLeft");
  await page.locator(".lane-call .twist").first().click();
  assert.deepEqual((await lanes()).slice(3, 6), ["0 Bash", "1 permission", "1 execution"]);
  await page.locator(".lane", { hasText: "model request" }).first().hover();
  assert.match(await page.locator(".lane-detail").textContent(), /took 620 ms.*first token after 180 ms.*120 in, 30 out, 900 cached/s);
  await page.locator(".lane", { hasText: "model request" }).first().click();
  await waitFor(page, "parent_span_id");
  await page.keyboard.press("Escape");
  const before = (await lanes()).length;
  server.emit({ ...spans.at(-1), id: "late-span", payload: { ...spans.at(-1).payload, span_id: "late", parent_span_id: spans[0].payload.span_id, tool_use_id: null }, tool_use_id: null, name: "hook" });
  await page.getByRole("checkbox", { name: "squeeze idle time" }).waitFor();
  await page.locator(".list").evaluate((list) => list.scrollTo({ top: list.scrollHeight }));
  await page.locator(".lane-span b", { hasText: /^hook$/ }).waitFor();
  await page.locator(".list").evaluate((list) => list.scrollTo({ top: 0 }));
  await page.getByRole("checkbox", { name: "spans" }).click();
  await page.locator(".lane-span").first().waitFor({ state: "detached" });
  assert.match(page.url(), /spans=off/);
  assert.ok((await lanes()).length < before);
  assert.deepEqual(problems, []);
});

test("what a session left is listed, with its content where that is kept", options, async () => {
  const events = play(recording(FULL), Date.now() - 60_000);
  const id = events[0].session_id;
  fill([...events, { ...eventOf({ session_id: id }, Date.now()), name: "artifact", kind: "artifact.created", payload: { name: "report.html", path: "out/report.html" } }]);
  const one = (name, more) => ({ event_id: `e-${name}`, at: events[0].occurred_at, session_id: id, run_id: null, name, path: `out/${name}`, label: null, sha256: name.padEnd(64, "0"), bytes: 5_000_000, user: null, device: null, uploaded: false, ...more });
  server.artifacts.push(one("report.html", { uploaded: true, label: "report" }), one("trace.log"));
  const { page, problems } = await open(`#/sessions/${id}?agent=claude-code`);
  await page.getByRole("tab", { name: "Artifacts" }).click();
  const kept = page.getByRole("row", { name: /report.html report.*4.8 MiB.*kept/ });
  assert.match(await kept.getByRole("link").getAttribute("href"), /^\/api\/v1\/artifacts\/report.html0+$/);
  assert.equal(await page.getByRole("row", { name: /trace.log.*not kept/ }).getByRole("link").count(), 0);
  await checkAccess(page, "artifacts");
  assert.deepEqual(problems, []);
});

test("edits are shown as diffs, the guard's word is shown", options, async () => {
  const at = Date.now() - 1000;
  const make = (tool, input, more) => eventOf({ session_id: "d", hook_event_name: "PreToolUse", tool_name: tool, tool_use_id: tool, tool_input: input }, at, more);
  const edits = [
    make("MultiEdit", { file_path: "/a.py", edits: [{ old_string: "one", new_string: "two" }, { old_string: "three\nfour", new_string: "four" }] }),
    make("apply_patch", { command: "*** Begin Patch\n*** Update File: src/auth.py\n@@\n-return True\n+return check(user)\n*** End Patch\n" }, { agent: "codex" }),
    make("Write", { file_path: "/b.txt", content: "fresh\n" }),
    make("Bash", { command: "rm -rf /" }, { verdict: { decision: "deny", rule: "no-rm-root", reason: "This deletes everything." } }),
  ].map((event) => server.add(event));
  const { page, problems } = await open(`#/live?event=${edits[0].id}`);
  const changed = async (event, lines) => {
    await page.goto(`${server.url}#/live?event=${event.id}`);
    await page.waitForFunction((expected) => JSON.stringify([...document.querySelectorAll(".hunk tr")].map((row) => row.className + row.querySelector(".code").textContent)) === expected, JSON.stringify(lines), { timeout: 5000 });
  };
  await changed(edits[0], ["removedone", "addedtwo", "removedthree", "four"]);
  await changed(edits[1], ["removedreturn True", "addedreturn check(user)"]);
  await changed(edits[2], ["addedfresh"]);
  await page.goto(`${server.url}#/live?event=${edits[3].id}`);
  await waitFor(page, "This deletes everything.");
  await waitFor(page, "no-rm-root");
  assert.deepEqual(problems, []);
});

test("what the guard stopped is seen at a glance, apart from what it only observed; what was taken out is listed", options, async () => {
  const events = play(recording(FULL), Date.now() - 60_000);
  const told = events.find(({ kind }) => kind === "prompt.submitted");
  told.redactions = [{ kind: "github-token", at: "/prompt", count: 2 }, { kind: "private-key", at: "", count: 1 }];
  fill(events);
  const { page, problems } = await open("#/live");
  const row = page.locator(".event.stopped");
  await row.waitFor();
  assert.match(await row.textContent(), /denied filesystem\.delete-folder-of-home/);
  assert.match(await row.locator(".verdict").getAttribute("title"), /This removes a folder/);
  await page.locator(".verdict-would", { hasText: "would ask team.no-exit" }).waitFor();
  const id = events[0].session_id;
  await page.goto(`${server.url}#/sessions/${id}?agent=claude-code`);
  await page.setViewportSize({ width: 1280, height: 1200 });
  assert.match(await page.locator(".head-facts > div", { hasText: "Guard" }).textContent(), /1 denied.*1 only observed/s);
  const lane = page.locator(".lane", { hasText: "rm -rf" });
  assert.equal(await lane.locator(".verdict").textContent(), "denied");
  await lane.hover();
  assert.match(await page.locator(".lane-detail").textContent(), /filesystem\.delete-folder-of-home.*This removes a folder/s);
  await page.getByRole("link", { name: "1 denied" }).click();
  await page.locator(".row").first().waitFor();
  assert.equal(await page.locator(".row").count(), 1);
  await page.locator(".row").click();
  await page.getByText("hookrail report k7m2").waitFor();
  await page.goto(`${server.url}#/live?event=${told.id}`);
  await page.getByRole("link", { name: "github-token" }).waitFor();
  assert.match(await page.locator(".taken").textContent(), /github-token × 2 \/prompt.*private-key somewhere in the payload/s);
  await page.getByRole("link", { name: "github-token" }).click();
  await waitFor(page, "taken out");
  assert.equal(await page.locator(".row").count(), 1);
  assert.deepEqual(problems, []);
});

test("the keyboard goes everywhere", options, async () => {
  fill(recordedDay());
  const { page, problems } = await open("#/overview");
  await waitFor(page, "Latest sessions");
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await waitFor(page, "PreToolUse");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await page.locator(".row.selected").getAttribute("aria-rowindex"), "2");
  await page.keyboard.press("k");
  assert.equal(await page.locator(".row.selected").getAttribute("aria-rowindex"), "1");
  await page.keyboard.press("Enter");
  await page.locator(".drawer").waitFor();
  const first = page.url();
  await page.keyboard.press("j");
  await page.waitForFunction((old) => location.href !== old && location.hash.includes("event="), first);
  await page.keyboard.press("Escape");
  await page.locator(".drawer").waitFor({ state: "detached" });
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.type), "search");
  await page.keyboard.type("gs?");
  assert.equal(await page.getByRole("searchbox").inputValue(), "gs?", "typing is typing");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.locator(".session-row").first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await waitFor(page, "Latest sessions");
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", "focus is visible");
  assert.deepEqual(problems, []);
});

test("a chosen theme stays and overrides the system's", options, async () => {
  const { page } = await open("");
  await page.emulateMedia({ colorScheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  assert.equal(await ground(), "rgb(18, 20, 22)");
  await page.reload();
  assert.equal(await ground(), "rgb(18, 20, 22)");
  await page.getByRole("button", { name: "Use the light theme" }).click();
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await ground(), "rgb(246, 246, 244)");
  await page.evaluate(() => localStorage.clear());
});

test("a newcomer is told what to do, and sees the first event come", options, async () => {
  const { page, problems } = await open("");
  for (const command of ["hookrail install claude-code", "hookrail demo", "hookrail doctor"]) await page.getByText(command, { exact: true }).waitFor();
  await page.goto(`${server.url}#/live`);
  await waitFor(page, "Nothing recorded yet");
  await page.locator(".connection-live").waitFor();
  server.emit(eventOf({ session_id: "first", hook_event_name: "UserPromptSubmit", prompt: "the very first" }, Date.now()));
  await waitFor(page, "the very first");
  assert.deepEqual(problems, []);
});

test("a server with keys asks for one", options, async () => {
  fill(play(recording(FULL), Date.now() - 60_000));
  server.token = "secret";
  const { page } = await open("#/sessions", { allow: ["401"] });
  await page.getByLabel("Key").waitFor();
  await checkAccess(page, "login");
  await page.getByLabel("Key").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await waitFor(page, "This is not a good key of this server.");
  await page.getByLabel("Key").fill("secret");
  await page.getByRole("button", { name: "Sign in" }).click();
  await waitFor(page, "please do the thing");
});

test("a hostile payload stays text", options, async () => {
  const nasty = ['<img src=x onerror="alert(1)">', "<script>alert(2)</script>", '"><svg onload=alert(3)>', "javascript:alert(4)", "${alert(5)}", "<!--", "</pre><iframe src=//evil.example>", "\u202egnp.exe", "{{constructor.constructor('alert(6)')()}}"].join(" ");
  const payloads = [
    { hook_event_name: "UserPromptSubmit", prompt: nasty, cwd: nasty, model: nasty },
    { hook_event_name: "PreToolUse", tool_name: nasty, tool_use_id: nasty, tool_input: { command: nasty, [nasty]: nasty } },
    { hook_event_name: "PostToolUse", tool_name: "Bash", tool_use_id: "b", tool_input: { command: nasty, description: nasty }, tool_response: { stdout: nasty, stderr: nasty } },
    { hook_event_name: "PostToolUse", tool_name: "Edit", tool_use_id: "e", tool_input: { file_path: nasty, old_string: nasty, new_string: `${nasty}!` } },
    { hook_event_name: "SubagentStart", agent_id: nasty, agent_type: nasty },
    { hook_event_name: "PreToolUse", tool_name: "Bash", tool_use_id: "c", agent_id: nasty, agent_type: nasty, tool_input: { __proto__: null, constructor: nasty, toString: nasty } },
    { hook_event_name: nasty, message: nasty },
    { hook_event_name: "Stop", last_assistant_message: nasty },
  ].map((payload) => server.add(eventOf({ session_id: `nasty/${nasty}`, ...payload }, Date.now() - 500, { agent: nasty, device: nasty, user: nasty, verdict: { decision: "deny", rule: nasty, reason: nasty } })));
  const session = `#/sessions/${encodeURIComponent(payloads[0].session_id)}?agent=${encodeURIComponent(nasty)}`;
  const all = ["#/overview", "#/live", "#/sessions", "#/guard", session, `${session}&view=conversation`, `${session}&view=events`, ...payloads.map(({ id }) => `#/live?event=${id}`)];
  const { page, problems } = await open("");
  for (const path of all) {
    await page.goto(`${server.url}#/nowhere`);
    await waitFor(page, "There is no such page");
    await page.goto(server.url + path);
    await page.getByText("<script>alert(2)</script>").first().waitFor();
    await drawn(page);
    const markup = await page.evaluate(() => document.querySelectorAll("#app img:not([src='icon.svg']), #app script, #app iframe, #app svg").length);
    assert.equal(markup, 0, path);
    assert.deepEqual(problems, [], path);
  }
});

/** The most processor time a step of a scroll may take, in milliseconds: what is longer is a stutter on an idle machine. */
const STEP_MOST_MS = 100;

/**
 * Watches the page's main thread. `step` runs something and gives the processor time it took there, in milliseconds, which
 * does not grow when the machine has other work; `tasks` gives the long tasks by the clock, which does, to be reported.
 */
async function watchThread(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.evaluate(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: "longtask" });
  });
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  };
  return {
    async step(run) {
      const before = await spent();
      await run();
      return (await spent()) - before;
    },
    tasks: () => page.evaluate(() => globalThis.longTasks.splice(0)),
  };
}

/** Scrolls from the end to the start in steps of more than a screen, each drawn; none may take long. */
async function scrollsSmoothly(page, thread, what, most = Infinity) {
  const height = Math.min(most, await page.locator(".list, .conversation").evaluate((list) => list.scrollHeight));
  let worst = Infinity;
  // The engine collects its garbage when it likes, and a busy machine's caches are cold: what is the page's own is there every time.
  for (let pass = 0; pass < 3 && worst > STEP_MOST_MS; pass += 1) {
    const steps = [];
    for (let top = height; top > 0; top -= 1400) {
      const run = () => page.locator(".list, .conversation").evaluate(async (list, to) => {
        list.scrollTop = to;
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      }, top);
      steps.push(await thread.step(run));
    }
    worst = Math.max(...steps);
    const mean = steps.reduce((sum, ms) => sum + ms, 0) / steps.length;
    console.log(`${what}: ${steps.length} steps, ${mean.toFixed(1)} ms of processor time each, at worst ${worst.toFixed(1)} ms; long tasks by the clock ${JSON.stringify(await thread.tasks())} ms`);
    assert.ok(mean > 0.05, "the processor time is measured");
  }
  assert.ok(worst <= STEP_MOST_MS, `${what}: a step took ${worst.toFixed(1)} ms`);
}

test("10,000 rows scroll without a stutter, and a burst of live events is taken in", options, async () => {
  fill(many(10_000));
  const { page, problems } = await open("#/live");
  await waitFor(page, "make step-4999");
  const thread = await watchThread(page);
  await scrollUntil(page, 10_000);
  console.log(`10,000 rows loaded in pages of 200: long tasks by the clock ${JSON.stringify(await thread.tasks())} ms`);
  await scrollsSmoothly(page, thread, "10,000 rows");
  assert.ok((await page.locator(".row").count()) < 100, "only the rows in sight are in the page");
  await page.locator(".list").evaluate((list) => list.scrollTo({ top: 0 }));
  for (const event of many(3000)) server.emit({ ...event, session_id: "burst" });
  await page.waitForFunction(() => Number(document.querySelector("[aria-rowcount]").getAttribute("aria-rowcount")) === 13_000, null, { timeout: 30_000 });
  console.log(`3,000 live events at once: long tasks by the clock ${JSON.stringify(await thread.tasks())} ms`);
  assert.deepEqual(problems, []);
});

test("a session of 10,000 calls scrolls without a stutter", options, async () => {
  const events = many(20_000);
  fill([...events, ...spansOf(events.slice(0, 4000))]);
  for (const view of ["waterfall", "conversation"]) {
    const { page, problems } = await open(`#/sessions/many?agent=claude-code&view=${view}`);
    await waitFor(page, view === "waterfall" ? "the first 5 000 spans" : "Load more of this session");
    await scrollsSmoothly(page, await watchThread(page), `10,000 calls, ${view}`, 140_000);
    assert.deepEqual(problems, []);
    await page.close();
  }
});

test("an unreachable server is said, and the page recovers by itself", options, async () => {
  fill(play(recording(FULL), Date.now() - 60_000));
  const { page } = await open("#/sessions", { allow: ["net::", "Failed to load"] });
  await waitFor(page, "please do the thing");
  await server.stop();
  await page.goto("about:blank");
  await server.start();
  server.query = () => {
    throw new Error("broken");
  };
  await page.goto(`${server.url}#/overview`);
  await waitFor(page, "The server does not answer.");
  delete server.query;
  await waitFor(page, "Latest sessions");
});
