// The session as it reads: what the person asked, what the agent did, what it answered.

import { html, useMemo, useState } from "../ui.js";
import { clock, dateTime, duration, plural, toolName } from "../format.js";
import { answerText, batchCalls, fileChangesOf, inputSummary, promptText, summary, toolInput } from "../payload.js";
import { sizeOf } from "../diff.js";
import { OutcomeMark, VerdictMark } from "./badges.js";
import { openEvent } from "./drawer.js";

/** @import { SessionData } from "../sessiondata.js" */
/** @import { StoredEvent, ToolCall } from "../model.js" */

/** Pieces drawn before the rest is asked for. */
const STEP = 100;
/** Calls of one piece; a longer run of calls goes on in the next. */
const CALLS_MOST = 40;

/**
 * @typedef {{type: "prompt" | "answer" | "failure" | "subanswer", event: StoredEvent, text: string}
 *   | {type: "note", event: StoredEvent, text: string}
 *   | {type: "calls", key: string, calls: Entry[]}} Piece
 */
/** @typedef {{event: StoredEvent, call: ToolCall | undefined, tool: string, input: Record<string, any>}} Entry */

/** @param {{data: SessionData, more: () => void}} props */
export function Conversation({ data, more }) {
  const pieces = useMemo(() => piecesOf(data.events, data.calls), [data.events, data.calls]);
  const [most, setMost] = useState(STEP);
  return html`
    <section class="conversation" tabindex="0" aria-label="Conversation" data-keys>
      <ol>
        ${pieces.slice(0, most).map((piece) => html`<${PieceView} key=${piece.type === "calls" ? piece.key : piece.event.id} piece=${piece} />`)}
      </ol>
      ${pieces.length > most
        ? html`<button type="button" onClick=${() => setMost(most + STEP)}>Show ${pieces.length - most} more</button>`
        : data.next
          ? html`<button type="button" onClick=${more}>Load more of this session</button>`
          : null}
      ${pieces.length ? null : html`<p class="faint">Nothing was said yet.</p>`}
    </section>
  `;
}

/** @param {StoredEvent[]} events @param {ToolCall[]} calls @returns {Piece[]} */
function piecesOf(events, calls) {
  const byCall = new Map(calls.map((call) => [call.tool_use_id, call]));
  /** @type {Set<string>} */
  const shown = new Set();
  /** @type {Piece[]} */
  const pieces = [];
  /** @param {string | null} id @param {StoredEvent} event @param {string} tool @param {Record<string, any>} input */
  function add(id, event, tool, input) {
    if (id && shown.has(id)) return;
    if (id) shown.add(id);
    const last = pieces.at(-1);
    const entry = { event, call: id ? byCall.get(id) : undefined, tool, input };
    if (last?.type === "calls" && last.calls.length < CALLS_MOST) last.calls.push(entry);
    else pieces.push({ type: "calls", key: `calls ${event.id}`, calls: [entry] });
  }
  for (const event of events) {
    if (event.kind === "tool.batch") {
      for (const { id, tool, input } of batchCalls(event)) add(id, event, tool, input);
    } else if (event.kind.startsWith("tool.")) {
      add(event.tool_use_id, event, event.tool ?? event.name, toolInput(event.payload));
    } else {
      const piece = spoken(event);
      if (piece) pieces.push(piece);
    }
  }
  return pieces;
}

/** @param {StoredEvent} event @returns {Piece | null} */
function spoken(event) {
  const { kind, payload } = event;
  switch (kind) {
    case "prompt.submitted":
      return { type: "prompt", event, text: promptText(payload) };
    case "turn.ended":
    case "message.received":
      return answerText(payload) ? { type: "answer", event, text: answerText(payload) } : null;
    case "turn.failed":
    case "error":
      return { type: "failure", event, text: summary(event) || "The turn failed." };
    case "subagent.ended":
      return answerText(payload) ? { type: "subanswer", event, text: answerText(payload) } : null;
    case "permission.requested":
      return { type: "note", event, text: `asked for permission: ${event.tool ? `${toolName(event.tool, event.mcp_server, event.mcp_server_name)} ` : ""}${inputSummary(toolInput(payload))}` };
    case "notification":
      return { type: "note", event, text: summary(event) || "notification" };
    case "session.started":
      return { type: "note", event, text: `session started${summary(event) ? `: ${summary(event)}` : ""}` };
    case "session.ended":
      return { type: "note", event, text: `session ended${summary(event) ? `: ${summary(event)}` : ""}` };
    case "compaction.started":
      return { type: "note", event, text: "the context is compacted" };
    case "turn.interrupted":
      return { type: "note", event, text: "interrupted by the person" };
    default:
      return null;
  }
}

const SPEAKERS = { prompt: "You", answer: "Agent", failure: "Agent", subanswer: "Subagent" };

/** @param {{piece: Piece}} props */
function PieceView({ piece }) {
  if (piece.type === "calls") return html`<${Calls} calls=${piece.calls} />`;
  const { event } = piece;
  const when = html`<time datetime=${event.occurred_at} title=${dateTime(event.occurred_at)}>${clock(event.occurred_at).slice(0, 8)}</time>`;
  if (piece.type === "note") {
    return html`<li class=${`note ${event.kind === "permission.requested" ? "wait" : ""}`}>${when}<button type="button" class="plain" onClick=${() => openEvent(event.id)}>${piece.text}</button></li>`;
  }
  const speaker = event.actor?.type === "subagent" ? event.actor.agent_type || "Subagent" : SPEAKERS[piece.type];
  return html`
    <li class=${`speech speech-${piece.type}`}>
      <header><b>${speaker}</b>${when}<button type="button" class="quiet" onClick=${() => openEvent(event.id)}>details</button></header>
      <p class="prose">${piece.text}</p>
    </li>
  `;
}

/** @param {{calls: Entry[]}} props */
function Calls({ calls }) {
  return html`
    <li class="did">
      <ul>
        ${calls.map(({ event, call, tool, input }) => {
          const outcome = call?.outcome ?? event.outcome;
          const bad = outcome === "failed" || outcome === "denied";
          const size = fileChangesOf(event).map(sizeOf).reduce((sum, one) => ({ added: sum.added + one.added, removed: sum.removed + one.removed }), { added: 0, removed: 0 });
          return html`
            <li key=${`${event.id} ${call?.tool_use_id ?? ""}`} class=${event.actor?.type === "subagent" ? "by-subagent" : ""}>
              <button type="button" class=${`call ${bad ? "call-bad" : ""}`} onClick=${() => openEvent(call?.result_event_id ?? event.id)}>
                ${event.actor?.type === "subagent" ? html`<span class="actor">${event.actor.agent_type || "subagent"}</span>` : null}
                <b>${toolName(tool, call?.mcp_server ?? event.mcp_server, call?.mcp_server_name ?? event.mcp_server_name)}</b>
                <span class="call-text">${inputSummary(input)}</span>
                ${size.added || size.removed ? html`<span class="num"><span class="diff-added">+${size.added}</span> <span class="diff-removed">−${size.removed}</span></span>` : null}
                <${VerdictMark} verdict=${event.verdict} />
                ${call?.permission_asked ? html`<span class="wait" title="A person was asked">asked</span>` : null}
                ${outcome && outcome !== "succeeded" ? html`<${OutcomeMark} outcome=${outcome} />` : null}
                <span class="num faint">${duration(call?.duration_ms ?? event.duration_ms).replace("–", "")}</span>
              </button>
            </li>
          `;
        })}
      </ul>
      ${calls.length > 20 ? html`<p class="faint">${plural(calls.length, "call")}</p>` : null}
    </li>
  `;
}
