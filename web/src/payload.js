// What a payload says, whichever agent wrote it. Payloads are foreign data: nothing here trusts their shape,
// and everything given back is plain text or data that is shown as text.

import { fileChangesOfPatch, linesOf, lineDiff } from "./diff.js";

/** @import { StoredEvent } from "./model.js" */
/** @import { FileChange } from "./diff.js" */

/** Characters of a row's summary. */
const SUMMARY_MOST = 300;

/** @param {unknown} value @returns {string} the text, or nothing */
const text = (value) => (typeof value === "string" ? value : "");

/** @param {unknown} value @returns {Record<string, any>} */
const object = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? /** @type {Record<string, any>} */ (value) : {});

/** What the tool was called with. @param {any} payload @returns {Record<string, any>} */
export function toolInput(payload) {
  const input = payload?.tool_input ?? payload?.toolArgs ?? payload?.arguments;
  if (typeof input === "string") {
    try {
      return object(JSON.parse(input));
    } catch {
      return { input };
    }
  }
  return object(input);
}

/** What the tool gave back. @param {any} payload @returns {unknown} */
export function toolResponse(payload) {
  return payload?.tool_response ?? payload?.tool_output ?? payload?.toolResult ?? payload?.result_json ?? payload?.output;
}

/** The prompt a person gave. @param {any} payload */
export const promptText = (payload) => text(payload?.prompt) || text(payload?.initialPrompt);

/** What the agent answered. @param {any} payload */
export const answerText = (payload) =>
  text(payload?.last_assistant_message) || text(payload?.prompt_response) || text(payload?.text) || text(payload?.finalMessage) || text(payload?.message);

/** A patch in Codex's form, wherever the call carries it. @param {Record<string, any>} input */
const patchOf = (input) => [input.command, input.patch, input.input].map(text).find((body) => body.startsWith("*** Begin Patch"));

/** One line on what a call does. @param {Record<string, any>} input */
export function inputSummary(input) {
  const patch = patchOf(input);
  if (patch) return fileChangesOfPatch(patch).map(({ path }) => path).join(", ");
  const pattern = text(input.pattern);
  if (pattern && !input.command) return text(input.path) ? `${pattern} in ${text(input.path)}` : pattern;
  const known =
    text(input.command) || text(input.file_path) || text(input.path) || text(input.notebook_path) || text(input.url) ||
    text(input.query) || text(input.description) || text(input.prompt) || text(input.skill);
  if (known) return known;
  if (Array.isArray(input.command)) return input.command.map(String).join(" ");
  const keys = Object.keys(input);
  return keys.length ? JSON.stringify(input) : "";
}

/**
 * The calls a batch event names. Some calls show up nowhere else.
 * @param {StoredEvent} event
 * @returns {{id: string, tool: string, input: Record<string, any>}[]}
 */
export function batchCalls(event) {
  const calls = event.kind === "tool.batch" && Array.isArray(event.payload?.tool_calls) ? event.payload.tool_calls : [];
  return calls.map((/** @type {any} */ call) => ({ id: text(call?.tool_use_id), tool: text(call?.tool_name), input: object(call?.tool_input) })).filter((/** @type {{id: string}} */ { id }) => id);
}

/** One line on what an event says. @param {StoredEvent} event */
export function summary(event) {
  return oneLine(summaryText(event));
}

/** @param {StoredEvent} event @returns {string} */
function summaryText(event) {
  const payload = event.payload ?? {};
  switch (event.kind) {
    case "prompt.submitted":
    case "prompt.expanded":
      return promptText(payload);
    case "turn.ended":
    case "subagent.ended":
    case "message.received":
    case "message.displayed":
    case "thought.received":
      return answerText(payload) || text(payload.status);
    case "turn.failed":
    case "error":
      return answerText(payload) || errorText(payload);
    case "tool.failed":
    case "tool.denied": {
      const error = errorText(payload);
      const input = inputSummary(toolInput(payload));
      return error && input ? `${input} — ${error}` : error || input;
    }
    case "tool.requested":
    case "tool.succeeded":
    case "permission.requested":
      return inputSummary(toolInput(payload)) || text(payload.command) || text(payload.file_path);
    case "tool.batch": {
      const calls = Array.isArray(payload.tool_calls) ? payload.tool_calls : [];
      return calls.map((/** @type {any} */ call) => text(call?.tool_name)).filter(Boolean).join(", ");
    }
    case "tool.detail":
      return text(payload.command) || inputSummary(toolInput(payload)) || text(payload.file_path);
    case "notification":
      return text(payload.message) || text(payload.title);
    case "session.started":
      return [text(payload.source), text(payload.cwd)].filter(Boolean).join(" · ");
    case "session.ended":
      return text(payload.reason);
    case "subagent.started":
      return text(payload.agent_type) || text(payload.subagent_type) || text(payload.task);
    case "telemetry.span":
    case "model.responded":
    case "model.failed":
      return saysOf(payload);
    case "artifact.created":
      return [text(payload.name) || text(payload.path), text(payload.label)].filter(Boolean).join(" · ");
    case "malformed":
      return "not JSON; the bytes are kept";
    default:
      return (
        text(payload.message) || text(payload.file_path) || text(payload.trigger) || text(payload.reason) || text(payload.description) || text(payload.task_subject) || ""
      );
  }
}

/** What telemetry says in its attributes. @param {any} payload */
export function saysOf(payload) {
  const tokens = [["in", "input_tokens"], ["out", "output_tokens"], ["cached", "cache_read_tokens"]]
    .filter(([, key]) => Number(payload?.[key]) > 0)
    .map(([word, key]) => `${Number(payload[key])} ${word}`);
  const decision = text(payload?.decision);
  const parts = [text(payload?.model), tokens.join(", "), text(payload?.full_command ?? payload?.file_path ?? payload?.tool_name), text(payload?.error), decision === "unknown" ? "" : decision];
  return parts.filter(Boolean).join(" · ");
}

/** What went wrong. @param {any} payload */
export function errorText(payload) {
  const error = payload?.error ?? payload?.error_message ?? payload?.failure_reason;
  return text(error) || text(error?.message) || (error ? JSON.stringify(error) : "");
}

/** @param {string} from */
function oneLine(from) {
  const short = from.length > SUMMARY_MOST ? `${from.slice(0, SUMMARY_MOST)}…` : from;
  return short.replace(/\s+/g, " ").trim();
}

/**
 * What a shell call printed, as far as it was told.
 * @param {StoredEvent} event
 * @returns {{command: string, description: string, out: string, err: string} | null}
 */
export function shellOf(event) {
  const payload = event.payload ?? {};
  const input = toolInput(payload);
  const raw = input.command ?? (event.kind === "tool.detail" ? payload.command : undefined);
  const command = Array.isArray(raw) ? raw.map(String).join(" ") : text(raw);
  if (!command || event.tool_family === "file_write" || patchOf(input)) return null;
  const response = toolResponse(payload);
  const parts = object(response);
  const out = text(parts.stdout) || text(parts.textResultForLlm) || text(parts.llmContent) || text(parts.output) || text(response);
  return { command, description: text(input.description), out, err: text(parts.stderr) || errorText(payload) };
}

/**
 * The changes to files an event asks for or reports, for the tools that edit: Edit, Write, MultiEdit, apply_patch, Cursor's edits.
 * @param {StoredEvent} event
 * @returns {FileChange[]}
 */
export function fileChangesOf(event) {
  const payload = event.payload ?? {};
  const input = toolInput(payload);
  const response = object(toolResponse(payload));
  const path = text(input.file_path) || text(input.notebook_path) || text(input.path) || text(response.filePath) || text(payload.file_path);

  const patch = patchOf(input);
  if (patch) return fileChangesOfPatch(patch);

  if (Array.isArray(response.structuredPatch) && response.structuredPatch.length) {
    return [{ path, note: "", hunks: response.structuredPatch.map(structuredHunk) }];
  }
  const edits = Array.isArray(input.edits) ? input.edits : Array.isArray(payload.edits) ? payload.edits : null;
  if (edits) {
    return [{ path, note: "", hunks: edits.map((/** @type {any} */ edit) => ({ at: null, lines: lineDiff(text(edit?.old_string), text(edit?.new_string)) })) }];
  }
  if (typeof input.old_string === "string" || typeof input.new_string === "string") {
    const note = input.replace_all === true ? "every occurrence" : "";
    return [{ path, note, hunks: [{ at: null, lines: lineDiff(text(input.old_string), text(input.new_string)) }] }];
  }
  const content = typeof input.content === "string" ? input.content : input.new_source;
  if (typeof content === "string" && event.tool_family === "file_write") {
    const before = text(response.originalFile);
    const lines = before ? lineDiff(before, content) : linesOf(content).map((line) => ({ sign: /** @type {"+"} */ ("+"), line }));
    return [{ path, note: before ? "" : "whole file", hunks: [{ at: null, lines }] }];
  }
  return [];
}

/** @param {any} hunk @returns {import("./diff.js").Hunk} */
function structuredHunk(hunk) {
  const lines = Array.isArray(hunk?.lines) ? hunk.lines.map(text) : [];
  return {
    at: Number.isFinite(hunk?.oldStart) && Number.isFinite(hunk?.newStart) ? { old: hunk.oldStart, new: hunk.newStart } : null,
    lines: lines.map((/** @type {string} */ line) => ({
      sign: line[0] === "+" ? "+" : line[0] === "-" ? "-" : " ",
      line: line.slice(1),
    })),
  };
}
