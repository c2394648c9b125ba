// The dashboard on the real server: the recordings go in by the shipper's door, and out by the page.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { available, CHROMIUM, openBrowser, openPage, scrollUntil } from "./browser.mjs";
import { eventOf, play, recording } from "./record.mjs";

const target = join(dirname(fileURLToPath(import.meta.url)), "../../target");
const BINARY = [process.env.HOOKRAIL_BIN, join(target, "release/hookrail"), join(target, "debug/hookrail")].find((path) => path && existsSync(path));
const missing = !available ? `no Chromium at ${CHROMIUM}` : !BINARY ? "no hookrail binary: run cargo build, or set HOOKRAIL_BIN" : false;
const options = { skip: missing, timeout: 120_000 };
const FULL = "full-run-with-mcp-and-subagents.jsonl";

/** The server as a process; `restart` keeps its address and its store. */
class Server {
  folder = mkdtempSync(join(tmpdir(), "hookrail-real-"));
  listen = "127.0.0.1:0";

  async start(env = {}) {
    this.process = spawn(BINARY, ["serve", "--listen", this.listen, "--data-dir", join(this.folder, "data")], {
      env: { PATH: process.env.PATH, HOME: this.folder, HOOKRAIL_HOME: join(this.folder, "state"), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    const address = await new Promise((done, fail) => {
      const hear = (chunk) => {
        said += chunk;
        const found = /127\.0\.0\.1:(\d+)/.exec(said);
        if (found && found[1] !== "0") done(found[0]);
      };
      this.process.stdout.on("data", hear);
      this.process.stderr.on("data", hear);
      this.process.once("exit", (code) => fail(new Error(`the server ended with ${code}: ${said}`)));
    });
    this.listen = address;
    this.url = `http://${address}/`;
    for (let turn = 0; turn < 100; turn += 1) {
      if (await fetch(`${this.url}readyz`).then((answer) => answer.ok, () => false)) return this;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the server is not ready: ${said}`);
  }

  async stop() {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGTERM");
    const hard = setTimeout(() => this.process.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(hard);
  }

  /** Sends events as the shipper does. */
  async ship(events, headers = {}) {
    const body = events.map(({ agent, occurred_at, payload, device, verdict }) => JSON.stringify({ v: 1, agent, occurred_at, device, ...(verdict && { verdict }), payload })).join("\n");
    const answer = await fetch(`${this.url}v1/events`, { method: "POST", headers: { "content-type": "application/x-ndjson", ...headers }, body });
    const said = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(said));
    assert.deepEqual(said.rejected, []);
  }
}

let browser;
let server;
before(async () => {
  if (!missing) browser = await openBrowser();
});
after(() => browser?.close());
beforeEach(async () => {
  if (!missing) server = await new Server().start();
});
afterEach(async () => {
  for (const page of browser?.context.pages() ?? []) await page.close();
  if (missing) return;
  await server.stop();
  rmSync(server.folder, { recursive: true, force: true });
});

const open = (path, more) => openPage(browser.context, server, path, more);
const waitFor = (page, text) => page.getByText(text).first().waitFor();
const prompt = (text) => play([{ session_id: `p-${text}`, cwd: "/home/dev/shop", hook_event_name: "UserPromptSubmit", prompt: text }], Date.now());

test("every view shows what was recorded", options, async () => {
  const full = play(recording(FULL), Date.now() - 60_000);
  await server.ship(full);
  await server.ship(play(recording("codex-exec-run.jsonl"), Date.now() - 40_000, { agent: "codex" }));
  const id = full[0].session_id;
  const edit = (await (await fetch(`${server.url}api/v1/events?tool=Edit&name=PostToolUse`)).json()).items[0];
  for (const [path, ...texts] of [
    ["#/overview", "58", "Latest sessions", "calc · add", "Codex"],
    ["#/live", "SessionEnd", "PreToolUse"],
    [`#/live?event=${edit.id}`, "Copy JSON", "print('hello')"],
    ["#/live?kind=tool.failed&agent=claude-code&since=1h&session_id=" + id, "PostToolUseFailure"],
    ["#/live?q=missing.txt&tool=Read&outcome=failed", "missing.txt"],
    ["#/sessions", "please do the thing", "list files"],
    ["#/sessions?q=thing&state=ended&agent=claude-code&since=24h", "please do the thing"],
    [`#/sessions/${id}?agent=claude-code`, "general-purpose", "rm -rf ~/important"],
    [`#/sessions/${id}`, "squeeze idle time"],
    [`#/sessions/${id}?agent=claude-code&view=conversation`, "All done."],
    [`#/sessions/${id}?agent=claude-code&view=events`, "UserPromptSubmit"],
  ]) {
    const { page, problems } = await open(path);
    for (const text of texts) await waitFor(page, text);
    if (!path.includes("event=")) await page.locator(".connection-live").waitFor();
    assert.deepEqual(problems, [], path);
    await page.close();
  }
});

test("new events show up by themselves, also after the server was away", options, async () => {
  await server.ship(play(recording(FULL), Date.now() - 60_000));
  const { page, problems } = await open("#/live", { allow: ["Failed to load", "net::"] });
  await page.locator(".connection-live").waitFor();
  await server.ship(prompt("live words"));
  await waitFor(page, "live words");
  await server.stop();
  await page.locator(".connection-lost").waitFor();
  await server.start();
  await server.ship(prompt("words after the restart"));
  await waitFor(page, "words after the restart");
  assert.equal(await page.locator(".row", { hasText: "live words" }).count(), 1);
  assert.deepEqual(problems, []);
});

test("the server's token opens the dashboard", options, async () => {
  await server.stop();
  await server.start({ HOOKRAIL_TOKEN: "a-token-for-this-test" });
  await server.ship(prompt("behind a token"), { authorization: "Bearer a-token-for-this-test" });
  const { page } = await open("#/live", { allow: ["401"] });
  await page.getByLabel("Key").fill("a-token-for-this-test");
  await page.getByRole("button", { name: "Sign in" }).click();
  await waitFor(page, "behind a token");
  await page.locator(".connection-live").waitFor();
});

test("pages of a long record are read on", options, async () => {
  for (let turn = 0; turn < 6; turn += 1) await server.ship(Array.from({ length: 100 }, (_, index) => prompt(`number ${turn * 100 + index}.`)[0]));
  const { page, problems } = await open("#/live");
  await waitFor(page, "number 599.");
  await scrollUntil(page, 600);
  await waitFor(page, "The beginning of the record.");
  await page.goto(`${server.url}#/sessions`);
  await waitFor(page, "number 599.");
  await scrollUntil(page, 600);
  assert.deepEqual(problems, []);
});

test("what a transcript tells of cost shows by model, by prompt and in the session", options, async () => {
  const at = (second) => new Date(Date.now() - 60_000 + second * 1000).toISOString();
  const line = (second, payload) => JSON.stringify({ v: 1, source: "transcript", agent: "claude-code", session_id: "s1", occurred_at: at(second), payload: { sessionId: "s1", timestamp: at(second), cwd: "/home/dev/shop", gitBranch: "main", promptId: "p1", ...payload } });
  const body = [
    line(0, { type: "user", uuid: "u1", message: { role: "user", content: "mend the build" } }),
    line(1, {
      type: "assistant", uuid: "u2", requestId: "req_1",
      message: { id: "msg_1", role: "assistant", type: "message", model: "claude-sonnet-4-5-20250929", content: [{ type: "tool_use", id: "toolu_1", name: "WebSearch", input: { query: "x" } }], usage: { input_tokens: 100_000, output_tokens: 100_000 } },
    }),
  ].join("\n");
  const answer = await fetch(`${server.url}v1/events`, { method: "POST", headers: { "content-type": "application/x-ndjson" }, body });
  assert.equal((await answer.json()).accepted, 2);
  const { page, problems } = await openPage(browser.context, server, "#/cost?by=model&span=7d");
  const see = (text) => page.getByText(text).first().waitFor();
  await see("claude-sonnet-4-5-20250929");
  // Three dollars a million in, fifteen a million out.
  await see("~$1.80");
  await page.getByRole("button", { name: "Session", exact: true }).click();
  await page.getByRole("link", { name: "s1" }).click();
  await see("mend the build");
  await see("~$1.80");
  await page.getByRole("tab", { name: "Cost" }).click();
  await see("By prompt");
  await see("1 tool call no hook reported:");
  assert.deepEqual(problems, []);
});

test("spans as the agent exports them stand below the calls its hooks told", options, async () => {
  const hooks = play(recording(FULL), Date.now() - 60_000);
  await server.ship(hooks);
  const traces = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../fixtures/otlp/claude-code/traces-1.json"), "utf8");
  const first = BigInt(/"startTimeUnixNano": *"(\d+)"/.exec(traces)[1]);
  const now = BigInt(Date.now() - 60_000) * 1_000_000n;
  const body = traces.replace(/("(?:start|end)TimeUnixNano": *)"(\d+)"/g, (_, name, nanos) => `${name}"${BigInt(nanos) - first + now}"`);
  const answer = await fetch(`${server.url}v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal(answer.status, 200);
  const { page, problems } = await open(`#/sessions/${hooks[0].session_id}?agent=claude-code`);
  await page.setViewportSize({ width: 1280, height: 2400 });
  await page.locator(".lane-span", { hasText: "model request" }).first().waitFor();
  await page.locator(".lane-call .twist").first().click();
  const lanes = await page.locator(".lane-name").evaluateAll((all) => all.map((lane) => `${Math.round((parseFloat(lane.style.paddingLeft) - 10) / 14)} ${lane.querySelector("b").textContent}`));
  const bash = lanes.indexOf("0 Bash");
  assert.deepEqual(lanes.slice(bash, bash + 3).sort(), ["0 Bash", "1 execution", "1 permission"]);
  assert.equal(lanes.filter((lane) => lane === "0 turn").length, 1);
  const agents = lanes.flatMap((lane, index) => (/^1 (general-purpose|Explore)$/.test(lane) ? [lanes[index + 1]] : []));
  assert.ok(agents.length && lanes.some((lane) => lane === "2 model request"), `a subagent's requests are in its lane: ${lanes}`);
  assert.deepEqual(problems, []);
});

test("a key made in the form works, and one that is revoked there does not", options, async () => {
  const { page, problems } = await open("#/settings", { allow: ["401"] });
  const send = async (key) => {
    const [event] = prompt("by the new key");
    const body = JSON.stringify({ v: 1, agent: event.agent, occurred_at: event.occurred_at, payload: event.payload });
    return (await fetch(`${server.url}v1/events`, { method: "POST", headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${key}` }, body })).status;
  };
  const make = async (name) => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Make the key" }).click();
    return page.getByLabel("The key", { exact: true }).textContent();
  };
  // The first key closes the server; the page that made it signs in with it.
  await make("ana");
  await page.getByRole("button", { name: "Sign in with it here" }).click();
  await page.getByRole("row", { name: /ana.*yours/ }).waitFor();
  const key = await make("laptops");
  await page.getByRole("button", { name: "I have kept it" }).click();
  assert.equal(await send(key), 200);
  await page.getByRole("button", { name: "Replace laptops" }).click();
  await page.getByRole("button", { name: "Make the new key" }).click();
  const next = await page.getByLabel("The key", { exact: true }).textContent();
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("row", { name: /laptops.*ends/ }).waitFor();
  assert.deepEqual([await send(key), await send(next)], [200, 200], "both are good for a while");
  await page.getByRole("row", { name: /laptops.*ends/ }).getByRole("button", { name: "Revoke laptops" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByRole("row", { name: /laptops.*ends/ }).waitFor({ state: "detached" });
  assert.deepEqual([await send(key), await send(next)], [401, 200]);
  // Names of MCP servers, the same way.
  await page.getByRole("button", { name: "MCP servers" }).click();
  await page.getByLabel("As agents tell it").first().fill("plugin_*_wiki");
  await page.getByLabel("Name", { exact: true }).fill("Wiki");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /Wiki/ }).waitFor();
  assert.deepEqual(problems, []);
});

test("what the guard stopped is counted, and a call that ran all the same is a finding to be dealt with", options, async () => {
  const verdict = { decision: "deny", rule: "filesystem.delete-folder-of-home", reason: "This removes a folder in which people keep what is nowhere else." };
  const call = { session_id: "despite", cwd: "/home/dev/shop", tool_name: "Bash", tool_use_id: "t1", tool_input: { command: "rm -rf ~/important" } };
  await server.ship([
    eventOf({ ...call, hook_event_name: "PreToolUse" }, Date.now() - 5000, { verdict }),
    eventOf({ ...call, hook_event_name: "PostToolUse", tool_response: { stdout: "" } }, Date.now() - 4000),
  ]);
  const finding = async () => (await (await fetch(`${server.url}api/v1/findings?kind=executed-despite-deny`)).json()).items[0];
  for (let turn = 0; turn < 400 && !(await finding()); turn += 1) await new Promise((done) => setTimeout(done, 50));
  const { page, problems } = await open("#/guard");
  await page.getByRole("row", { name: /filesystem.delete-folder-of-home 1/ }).waitFor();
  await page.getByRole("button", { name: "Findings" }).click();
  await page.getByRole("combobox", { name: "About" }).selectOption("executed-despite-deny");
  const state = page.getByRole("combobox", { name: /State of finding/ });
  await state.selectOption("resolved");
  await waitFor(page, "Now resolved");
  assert.equal((await finding()).state, "resolved");
  await page.locator("button.finding").click();
  await page.getByRole("dialog", { name: "Event" }).waitFor();
  await page.goto(`${server.url}#/sessions`);
  await page.locator(".session-row", { hasText: "1 denied" }).waitFor();
  const body = JSON.stringify({ v: 1, source: "emitted", agent: "claude-code", name: "artifact", session_id: "despite", occurred_at: new Date().toISOString(), payload: { event: "artifact", path: "out/report.html", label: "report", sha256: "ab".repeat(32), bytes: 2048 } });
  assert.equal((await fetch(`${server.url}v1/events`, { method: "POST", headers: { "content-type": "application/x-ndjson" }, body })).status, 200);
  await page.goto(`${server.url}#/sessions/despite?agent=claude-code`);
  await page.getByRole("tab", { name: "Artifacts" }).click();
  await page.getByRole("row", { name: /report.html.*2 KiB.*not kept/ }).waitFor();
  assert.deepEqual(problems, []);
});
