// The parts of the dashboard that need no browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileChangesOfPatch, lineDiff, sizeOf } from "../../web/src/diff.js";
import { ago, count, dollars, duration, KINDS, millis, percent, shortPath, strictest, toolName, verdictWords } from "../../web/src/format.js";
import { callTimes, laneRows } from "../../web/src/lanes.js";
import { fileChangesOf, shellOf, summary } from "../../web/src/payload.js";
import { nextOrder, readOrder, sorted, writeOrder } from "../../web/src/sort.js";
import { readSpan, spanPlaces } from "../../web/src/spans.js";
import { timeScale } from "../../web/src/timescale.js";

const written = (lines) => lines.map(({ sign, line }) => sign + line);

test("a diff keeps what is common and shows what changed", () => {
  assert.deepEqual(written(lineDiff("a\nb\nc\nd\n", "a\nx\nc\nd\ne\n")), [" a", "-b", "+x", " c", " d", "+e"]);
  assert.deepEqual(written(lineDiff("", "one\n")), ["+one"]);
  assert.deepEqual(written(lineDiff("same", "same")), [" same"]);
});

test("applying a diff to the old text gives the new one", () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 300; round += 1) {
    const text = () => Array.from({ length: random(12) }, () => "abc"[random(3)]);
    const [before, after] = [text(), text()];
    const lines = lineDiff(before.join("\n"), after.join("\n"));
    assert.deepEqual(lines.filter(({ sign }) => sign !== "+").map(({ line }) => line), before);
    assert.deepEqual(lines.filter(({ sign }) => sign !== "-").map(({ line }) => line), after);
  }
});

test("a very large change is shown whole instead of being compared", () => {
  const lines = lineDiff("a\n".repeat(5000), "b\n".repeat(5000));
  assert.equal(lines.length, 10_000);
});

test("a patch of several files is read", () => {
  const files = fileChangesOfPatch("*** Begin Patch\n*** Add File: a.txt\n+one\n*** Update File: b.py\n*** Move to: c.py\n@@ def f():\n-x\n+y\n z\n*** Delete File: d\n*** End Patch\n");
  assert.deepEqual(files.map(({ path, note }) => [path, note]), [["a.txt", "new file"], ["b.py", "moved to c.py"], ["d", "deleted"]]);
  assert.deepEqual(files.map(sizeOf), [{ added: 1, removed: 0 }, { added: 1, removed: 1 }, { added: 0, removed: 0 }]);
});

test("changes are found whatever the tool", () => {
  const event = (tool, input, more = {}) => ({ kind: "tool.requested", tool, tool_family: "file_write", payload: { tool_name: tool, tool_input: input, ...more } });
  const signs = (found) => found.map(({ hunks }) => hunks.map(({ lines }) => written(lines)));
  assert.deepEqual(signs(fileChangesOf(event("Edit", { file_path: "a", old_string: "x", new_string: "y" }))), [[["-x", "+y"]]]);
  assert.deepEqual(signs(fileChangesOf(event("MultiEdit", { file_path: "a", edits: [{ old_string: "1", new_string: "2" }, { old_string: "3", new_string: "" }] }))), [[["-1", "+2"], ["-3"]]]);
  assert.deepEqual(signs(fileChangesOf(event("Write", { file_path: "a", content: "p\nq\n" }))), [[["+p", "+q"]]]);
  assert.deepEqual(signs(fileChangesOf(event("Write", { file_path: "a", content: "q\n" }, { tool_response: { originalFile: "p\n" } }))), [[["-p", "+q"]]]);
  assert.deepEqual(signs(fileChangesOf(event("apply_patch", { command: "*** Begin Patch\n*** Update File: s.py\n@@\n-a\n+b\n*** End Patch\n" }))), [[["-a", "+b"]]]);
  assert.deepEqual(fileChangesOf({ kind: "tool.requested", tool: "Bash", tool_family: "shell", payload: { tool_input: { command: "ls" } } }), []);
});

test("a patch is summed up by the files it touches", () => {
  const payload = { tool_input: { command: "*** Begin Patch\n*** Add File: a\n+1\n*** Delete File: b\n*** End Patch" } };
  assert.equal(summary({ kind: "tool.requested", tool: "apply_patch", payload }), "a, b");
});

test("payloads of any shape are read without failing", () => {
  const odd = [null, undefined, 1, "text", [], { tool_input: 3 }, { tool_input: null, tool_response: [1] }, { tool_input: { command: ["a", 1], edits: [null, 2] } }, { toolArgs: '{"command":"ls"}' }, { toolArgs: "{" }, { error: { code: 1 } }, { tool_calls: [null, 1] }];
  for (const payload of odd) {
    for (const kind of ["tool.requested", "tool.failed", "tool.batch", "prompt.submitted", "turn.ended", "turn.failed", "notification", "unknown", "malformed", "tool.detail"]) {
      const event = { kind, payload, tool: "Bash", tool_family: "shell" };
      assert.equal(typeof summary(event), "string");
      shellOf(event);
      assert.ok(Array.isArray(fileChangesOf(event)));
    }
  }
});

test("what a shell printed is found where each agent puts it", () => {
  const shell = (payload) => shellOf({ kind: "tool.succeeded", tool: "Bash", tool_family: "shell", payload });
  assert.deepEqual(shell({ tool_input: { command: "ls", description: "List" }, tool_response: { stdout: "a", stderr: "b" } }), { command: "ls", description: "List", out: "a", err: "b" });
  assert.equal(shell({ tool_input: { command: "ls" }, tool_response: "hi\n" })?.out, "hi\n");
  assert.equal(shell({ toolArgs: '{"command":"ls"}', toolResult: { textResultForLlm: "x" } })?.out, "x");
  assert.equal(shell({ tool_input: { file_path: "a" } }), null);
});

test("numbers and times are written for people", () => {
  for (const [ms, text] of [[0, "0 ms"], [0.4, "<1 ms"], [34, "34 ms"], [999.7, "1.0 s"], [1200, "1.2 s"], [59_400, "59 s"], [59_600, "0 m 59 s"], [184_000, "3 m 04 s"], [7_500_000, "2 h 05 m"], [90_000_000, "1 d 1 h"], [null, "–"], [NaN, "–"]]) {
    assert.equal(duration(ms), text, String(ms));
  }
  assert.equal(count(1234567), "1\u202f234\u202f567");
  assert.deepEqual([0, 0.0004, 0.034, 0.34].map(percent), ["0 %", "<0.1 %", "3.4 %", "34 %"]);
  assert.equal(millis("1970-01-01T00:00:01.123456789Z"), 1123.456789);
  assert.equal(ago("1970-01-01T00:00:00Z", 90_000), "1 min ago");
  assert.equal(shortPath("/home/dev/shop"), "…/dev/shop");
  assert.equal(toolName("mcp__calc__add"), "calc · add");
  assert.equal(toolName("mcp__my__tools__do", "my__tools", "My tools"), "My tools · do");
  assert.equal(toolName("mcp__claude_ai_Linear__list", "claude_ai_Linear", "Linear"), "Linear · list");
  assert.equal(toolName("MCP:query", "postgres", "Postgres"), "Postgres · query");
  assert.equal(toolName("Bash", null, null), "Bash");
  assert.equal(dollars(194_100_000, true), "~$194.10");
  assert.equal(dollars(412), "$0.0004");
  assert.equal(dollars(0), "$0.00");
  assert.equal(dollars(1_234_567_890_000), "$1\u202f234\u202f567.89");
});

test("idle time is squeezed, order is kept", () => {
  const spans = [{ from: 0, to: 1000 }, { from: 60_000, to: 61_000 }];
  const squeezed = timeScale(spans, true);
  assert.equal(squeezed.gaps.length, 1);
  assert.ok(squeezed.at(60_000) - squeezed.at(1000) < 0.25);
  assert.ok(timeScale(spans, false).at(1000) < 0.02);
  let last = -1;
  for (let ms = 0; ms <= 61_000; ms += 250) {
    const x = squeezed.at(ms);
    assert.ok(x >= last && x >= 0 && x <= 1);
    last = x;
  }
  assert.equal(timeScale([], true).at(5), 0);
});

const at = (second) => new Date(second * 1000).toISOString();
const call = (id, from, more = {}) => ({ tool_use_id: id, session_id: "s", tool: "Bash", tool_family: "shell", actor_id: null, requested_at: at(from), ended_at: at(from + 1), duration_ms: 1000, outcome: "succeeded", permission_asked: false, spawned: null, request_event_id: null, result_event_id: null, ...more });
const agent = (id, from, more = {}) => ({ id, session_id: "s", agent_type: "Explore", parent_id: null, tool_use_id: null, started_at: at(from), ended_at: at(from + 5), tool_calls: 0, tool_errors: 0, ...more });
const open = { turned: new Set(), now: 0, alive: false };
const shape = (rows) => rows.map(({ key, depth }) => `${"  ".repeat(depth)}${key}`);

test("subagents nest below the call that spawned them, to any depth", () => {
  const calls = [call("a", 1, { spawned: "x" }), call("b", 2, { actor_id: "x" }), call("c", 3, { actor_id: "y" }), call("d", 4, { actor_id: "z" }), call("e", 20)];
  const agents = [agent("z", 4, { parent_id: "y" }), agent("y", 3, { tool_use_id: "b" }), agent("x", 2), agent("alone", 30)];
  assert.deepEqual(shape(laneRows(calls, agents, [], open)), [
    "call a", "  agent x", "    call b", "      agent y", "        call c", "        agent z", "          call d", "call e", "agent alone",
  ]);
  const folded = laneRows(calls, agents, [], { ...open, turned: new Set(["agent x"]) });
  assert.deepEqual(shape(folded), ["call a", "  agent x", "call e", "agent alone"]);
});

test("a loop of subagents in foreign data is drawn once", () => {
  const rows = laneRows([call("a", 1, { actor_id: "x" })], [agent("x", 1, { parent_id: "y" }), agent("y", 1, { parent_id: "x" })], [], open);
  assert.deepEqual(rows.map(({ key }) => key).sort(), ["agent x", "agent y", "call a"]);
});

test("the wait for a person is what lies between request and run", () => {
  const times = callTimes(call("a", 10, { ended_at: at(20), permission_asked: true }), 0, false);
  assert.deepEqual(times, { from: 10_000, ran: 19_000, to: 20_000, running: false });
  const waiting = callTimes(call("a", 10, { ended_at: null, duration_ms: null, outcome: null, permission_asked: true }), 30_000, true);
  assert.deepEqual(waiting, { from: 10_000, ran: 30_000, to: 30_000, running: true });
});

test("rows are put in order, equal ones stay, and those without a value come last either way", () => {
  const rows = [["b", 2], ["a", 2], ["none", null], ["c", 10], ["d", 1]];
  const names = (descending) => sorted(rows, ([, n]) => n, descending).map(([name]) => name).join(" ");
  assert.equal(names(false), "d b a c none");
  assert.equal(names(true), "c b a d none");
  assert.deepEqual(sorted(["v10", "V9", "v1"], (text) => text, false), ["v1", "V9", "v10"]);
  const turns = [null];
  for (let turn = 0; turn < 3; turn += 1) turns.push(nextOrder(turns.at(-1), "cost", true));
  assert.deepEqual(turns.map(writeOrder), ["", "-cost", "cost", ""]);
  assert.deepEqual(turns.map((order) => readOrder(writeOrder(order))), turns);
});

test("spans are placed by call, by agent and by parent; a loop of parents ends", () => {
  const span = (id, parent, more = {}) => readSpan({ id: `e-${id}`, kind: "telemetry.span", name: more.name ?? id, occurred_at: `2026-11-20T12:00:0${more.at ?? 0}.000000000Z`, duration_ms: 5, tool_use_id: more.call ?? null, payload: { span_id: id, parent_span_id: parent, agent_id: more.agent } });
  const spans = [
    span("turn", "", { name: "claude_code.interaction" }),
    span("whole", "turn", { call: "t1" }),
    span("execution", "whole", { call: "t1", at: 2 }),
    span("permission", "whole", { at: 1 }),
    span("request", "turn"),
    span("of-agent", "execution", { agent: "a1" }),
    span("retry", "of-agent", { agent: "a1" }),
    span("inner", "execution"),
    span("unknown-call", "turn", { call: "t9" }),
    span("orphan", "not-told"),
    span("loop-a", "loop-b"),
    span("loop-b", "loop-a"),
  ];
  const { byCall, byActor } = spanPlaces(spans, [{ tool_use_id: "t1" }], [{ id: "a1" }]);
  const tree = (nodes = []) => nodes.map(({ span: { id }, children }) => (children.length ? `${id}(${tree(children)})` : id)).join(" ");
  assert.equal(tree(byCall.get("t1")), "permission execution(inner)");
  assert.equal(tree(byActor.get("a1")), "of-agent(retry)");
  assert.equal(tree(byActor.get(null)), "turn request unknown-call orphan loop-a loop-b");
  assert.equal(readSpan({ id: "e", kind: "telemetry.span", occurred_at: "never", payload: { span_id: "x" } }), null);
  assert.equal(readSpan({ id: "e", kind: "telemetry.span", occurred_at: "2026-11-20T12:00:00Z", payload: null }), null);
});

test("a verdict that did not hold is told apart from one that did", () => {
  const said = (decision, more) => Object.values(verdictWords({ decision, ...more })).join(" / ");
  assert.equal(said("deny"), "denied / deny");
  assert.equal(said("ask"), "asked / ask");
  assert.equal(said("allow"), "allowed / allow");
  assert.equal(said("allow", { mode: "observe", would: "deny" }), "would deny / would");
  assert.equal(said("allow", { mode: "warn", would: "ask" }), "warned / would");
  assert.equal(said("allow", { would: "deny" }), "let through once / would");
  const [deny, ask] = [{ decision: "deny" }, { decision: "ask" }];
  assert.equal(strictest(ask, null, deny), deny);
  assert.equal(strictest(null, undefined), null);
});

test("every kind of event there is can be filtered by", () => {
  const source = readFileSync(new URL("../../crates/core/src/event.rs", import.meta.url), "utf8");
  const kinds = [...source.matchAll(/^ {8}\w+ = "([a-z_]+\.[a-z_]+)",$/gm)].map(([, kind]) => kind);
  assert.ok(kinds.length > 40, "the list is found");
  assert.deepEqual(kinds.filter((kind) => !KINDS.includes(kind)), []);
});
