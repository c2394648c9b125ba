// What the operator does with a session nobody has claimed: looks into it, gives it to a project, or removes it.

import { html, useRef, useState } from "../ui.js";
import { attribute, projects, purge, unclaimedEvents } from "../changes.js";
import { agentName, moment, plural } from "../format.js";
import { useLoaded } from "../load.js";
import { me } from "../me.js";
import { say } from "../state.js";
import { Json } from "./json.js";
import { Failure } from "./notices.js";
import { Confirm, Dialog, TextField, useFirstError, useSending } from "./form.js";

/** @import { Unclaimed } from "../model.js" */

/** Events of a session shown. */
const EVENTS_MOST = 100;
/** Projects offered. */
const MOST = 1000;

/** @param {{of: Unclaimed, done: () => void, onClose: () => void}} props */
export function AttributeSession({ of, done, onClose }) {
  const known = useLoaded((abort) => projects({ limit: MOST }, abort), "projects");
  const [project, setProject] = useState(me.value?.project ?? "default");
  const [person, setPerson] = useState("");
  const { busy, errors, send } = useSending({ project: /project|organisation|name/i, person: /person/i });
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useFirstError(form.current, errors);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void send(async () => {
      const { stored, claimed } = await attribute(of.session_id, of.agent, { project: project.trim(), person: person.trim() || null });
      say(`${plural(stored, "event")} stored${claimed ? ", what waits follows" : ""}`);
      onClose();
      done();
    });
  };
  return html`
    <${Dialog} title="Give the session to a project" onClose=${onClose}>
      <form ref=${form} onSubmit=${submit}>
        <div class="dialog-body">
          <p>${plural(of.events, "event")} of ${agentName(of.agent)}, session <code>${of.session_id}</code>, sent without a key from ${of.address}.</p>
          <p class="faint">Whoever may read the project then reads them. It cannot be taken back.</p>
          <${TextField} label="Project" value=${project} onValue=${setProject} error=${errors.project} required autofocus options=${known.data?.items.map((one) => one.project) ?? []} />
          <${TextField} label="Person (not needed)" value=${person} onValue=${setPerson} error=${errors.person} placeholder="ana@example.com" />
          <p class="bad" role="alert">${errors.form}</p>
        </div>
        <footer>
          <button type="button" onClick=${onClose}>Cancel</button>
          <button type="submit" class="primary" disabled=${busy}>Give to the project</button>
        </footer>
      </form>
    <//>
  `;
}

/** @param {{of: Unclaimed, done: () => void, onClose: () => void}} props */
export function PurgeSession({ of, done, onClose }) {
  const run = async () => {
    const { removed } = await purge(of.session_id, of.agent);
    say(`${plural(removed, "event")} removed`);
    done();
  };
  return html`
    <${Confirm} title="Remove from the quarantine?" act="Remove" run=${run} onClose=${onClose}>
      <p>${plural(of.events, "event")} of ${agentName(of.agent)}, session <code>${of.session_id}</code>, are gone for good.</p>
    <//>
  `;
}

/** @param {{of: Unclaimed, onClose: () => void}} props */
export function LookInto({ of, onClose }) {
  const { data, error } = useLoaded((abort) => unclaimedEvents(of.session_id, { agent: of.agent, limit: EVENTS_MOST }, abort), of.session_id);
  return html`
    <${Dialog} title=${`Session ${of.session_id}`} onClose=${onClose} wide>
      <div class="dialog-body">
        <p class="faint">${plural(of.events, "event")} of ${agentName(of.agent)} from ${of.address}, of a session nobody has claimed.</p>
        ${!data
          ? error
            ? html`<${Failure} error=${error} />`
            : html`<p class="faint" aria-busy="true">Loading…</p>`
          : data.items.map(
              (event) => html`
                <details key=${event.id} class="unclaimed-event">
                  <summary><b>${event.name}</b> <span class="faint">${event.kind}</span> <time class="num" datetime=${event.occurred_at}>${moment(event.occurred_at)}</time></summary>
                  <div class="json"><${Json} value=${event.payload} /></div>
                </details>
              `,
            )}
        ${data && data.items.length < of.events ? html`<p class="faint">The first ${data.items.length}; <code>hookrail quarantine show</code> shows all.</p>` : null}
      </div>
      <footer><button type="button" onClick=${onClose}>Close</button></footer>
    <//>
  `;
}
