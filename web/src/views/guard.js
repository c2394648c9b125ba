// What the guard decided, what was found in the record, and what people say was stopped wrongly.

import { html } from "../ui.js";
import { param, setParams } from "../router.js";
import { Findings } from "./guard/findings.js";
import { Reports } from "./guard/reports.js";
import { Verdicts } from "./guard/verdicts.js";

const PARTS = [
  { of: "verdicts", text: "Verdicts", page: Verdicts },
  { of: "findings", text: "Findings", page: Findings },
  { of: "reports", text: "Reported by people", page: Reports },
];

/** What belongs to one part only, and is left behind with it. */
const OWN = { sort: null, would: null, by: null, state: null, severity: null, kind: null, owner: null, session_id: null, user: null, event: null };

export function Guard() {
  const part = PARTS.find(({ of }) => of === param("of")) ?? PARTS[0];
  return html`
    <main class="page cost guard">
      <h1>Guard</h1>
      <div class="segments groups" role="group" aria-label="What is shown of the guard">
        ${PARTS.map(({ of, text }) => html`<button key=${of} type="button" aria-pressed=${of === part.of} onClick=${() => setParams({ ...OWN, of: of === "verdicts" ? null : of }, { push: true })}>${text}</button>`)}
      </div>
      <${part.page} key=${part.of} />
    </main>
  `;
}
