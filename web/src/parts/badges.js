// Small marks: states, agents, outcomes, tools.

import { html } from "../ui.js";
import { agentName, shortId, STATE_WORDS, toolName, verdictWords } from "../format.js";

/** @import { Actor, Session, SessionState, Verdict } from "../model.js" */

/** @param {{state: SessionState, inferred?: boolean}} props */
export const StateMark = ({ state, inferred = false }) => html`
  <span class=${`state state-${state}`} title=${inferred ? "Nothing came for a long time" : ""}>
    <i aria-hidden="true"></i>${STATE_WORDS[state] ?? state}${inferred ? html`<span class="faint"> (inferred)</span>` : null}
  </span>
`;

/** @param {{agent: string}} props */
export const AgentMark = ({ agent }) => html`<span class="agent">${agentName(agent)}</span>`;

/** @param {{tool: string, family?: string | null, server?: string | null, display?: string | null}} props */
export const ToolMark = ({ tool, family, server, display }) => html`<span class="tool" data-family=${family ?? "other"} title=${tool}>${toolName(tool, server, display)}</span>`;

/** @param {{outcome: string | null}} props */
export const OutcomeMark = ({ outcome }) => (outcome ? html`<span class=${`outcome outcome-${outcome}`}>${outcome}</span>` : null);

/** What the guard said; with its rule where there is room. @param {{verdict?: Verdict | null, rule?: boolean}} props */
export function VerdictMark({ verdict, rule = false }) {
  if (!verdict) return null;
  const { text, tone } = verdictWords(verdict);
  return html`<span class=${`verdict verdict-${tone}`} title=${`${verdict.rule}: ${verdict.reason}`}>${text}${rule ? html` <b>${verdict.rule}</b>` : null}</span>`;
}

/** @param {{actor: Actor}} props */
export const ActorMark = ({ actor }) =>
  actor?.type === "subagent" ? html`<span class="actor" title=${actor.id}>${actor.agent_type || "subagent"} ${shortId(actor.id)}</span>` : null;

/** What a person recognises a session by. @param {Session} session */
export const sessionTitle = (session) => session.title || "No prompt yet";
