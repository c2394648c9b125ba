// Keys: made, replaced with an overlap, ended.

import { html, useRef, useState } from "../../ui.js";
import { ago, dateTime } from "../../format.js";
import { createKey, keys, projects, revokeKey, rotateKey } from "../../changes.js";
import { useLoaded } from "../../load.js";
import { askWho, may, me } from "../../me.js";
import { Confirm, Dialog, TextField, useFirstError, useSending } from "../../parts/form.js";
import { showMadeKey } from "../../parts/madekey.js";
import { Failure } from "../../parts/notices.js";
import { Table } from "../../parts/table.js";
import { param, setParams } from "../../router.js";
import { now, say } from "../../state.js";

/** @import { Key, Scope } from "../../model.js" */
/** @import { Column } from "../../parts/table.js" */

/** Keys listed. */
const MOST = 1000;

/** @type {{scope: Scope, text: string}[]} */
const SCOPES = [
  { scope: "ingest", text: "send events" },
  { scope: "read", text: "read what is stored, and the live feed" },
  { scope: "admin", text: "both, and manage keys and projects" },
];

/** How long an old key goes on, in seconds. */
const GRACES = [
  { seconds: 0, text: "ends at once" },
  { seconds: 3600, text: "goes on for an hour" },
  { seconds: 86_400, text: "goes on for a day" },
  { seconds: 604_800, text: "goes on for a week" },
];

/** @param {Key} key */
const nameOf = (key) => key.name || key.id;

/** @param {Key} key */
function stateOf({ state, expires_at: ends, revoked_at: ended }) {
  if (state === "revoked") return html`<span class="faint" title=${ended}>revoked</span>`;
  if (state === "expired") return html`<span class="faint" title=${ends}>ended</span>`;
  return ends ? html`<span class="wait" title=${ends}>ends ${dateTime(ends)}</span>` : html`<span class="good">active</span>`;
}

/** @param {string | null} time */
const when = (time) => (time ? html`<span title=${time}>${ago(time, now.value)}</span>` : html`<span class="faint">never</span>`);

export function Keys() {
  const { data, error, reload } = useLoaded((abort) => keys({ limit: MOST }, abort), "keys");
  const [rotating, setRotating] = useState(/** @type {Key | null} */ (null));
  const [revoking, setRevoking] = useState(/** @type {Key | null} */ (null));
  const all = param("ended") === "shown";
  if (!data) return error ? html`<${Failure} error=${error} retry=${reload} />` : html`<p class="faint" aria-busy="true">Loading…</p>`;
  const active = data.items.filter(({ state }) => state === "active");
  const ended = data.items.length - active.length;
  /** @type {Column[]} */
  const columns = [
    { head: "Key", value: nameOf, cell: (/** @type {Key} */ key) => html`<b>${key.name || html`<span class="faint">no name</span>`}</b> <code class="faint">${key.prefix}…</code>${key.id === me.value?.key ? html` <span class="tag">yours</span>` : null}` },
    { head: "Project", value: (key) => key.project, cell: (key) => key.project },
    { head: "May", value: (key) => key.scopes.join(), cell: (key) => key.scopes.map((/** @type {string} */ scope) => html`<span key=${scope} class="tag">${scope}</span> `) },
    { head: "State", value: (key) => key.state, cell: stateOf },
    { head: "Last used", recent: true, value: (key) => key.last_used_at, cell: (key) => when(key.last_used_at) },
    { head: "Made", recent: true, value: (key) => key.created_at, cell: (key) => html`${when(key.created_at)} <span class="faint">by ${key.created_by}</span>` },
    {
      head: "What can be done", silent: true, kind: "acts",
      cell: (/** @type {Key} */ key) =>
        key.state === "active"
          ? html`<button type="button" class="small" aria-label=${`Replace ${nameOf(key)}`} onClick=${() => setRotating(key)}>Replace…</button> <button type="button" class="small danger" aria-label=${`Revoke ${nameOf(key)}`} onClick=${() => setRevoking(key)}>Revoke…</button>`
          : null,
    },
  ];
  return html`
    <${NewKey} done=${reload} />
    ${data.items.length
      ? html`
          <section class="panel tools">
            <div class="section-head">
              <h2>Keys</h2>
              ${ended ? html`<label class="check"><input type="checkbox" checked=${all} onChange=${() => setParams({ ended: all ? null : "shown" })} /> show ${ended} that ended</label>` : null}
            </div>
            <${Table} label="Keys" rows=${all ? data.items : active} keyOf=${(/** @type {Key} */ key) => key.id} columns=${columns} />
          </section>
        `
      : null}
    ${rotating ? html`<${Rotate} key=${rotating.id} of=${rotating} done=${reload} onClose=${() => setRotating(null)} />` : null}
    ${revoking
      ? html`
          <${Confirm} title=${`Revoke ${nameOf(revoking)}?`} act="Revoke" onClose=${() => setRevoking(null)} run=${async () => {
            await revokeKey(revoking.id);
            say("Revoked");
            reload();
          }}>
            <p>The key <code>${revoking.prefix}…</code> of ${revoking.project} ends at once, with the sessions and live feeds it opened. It cannot be brought back.</p>
            ${revoking.id === me.value?.key ? html`<p class="wait">You are signed in with this key: you will have to sign in with another.</p>` : null}
          <//>
        `
      : null}
  `;
}

/** @param {{done: () => void}} props */
function NewKey({ done }) {
  const first = me.value?.keyed === false;
  const known = useLoaded((abort) => projects({ limit: MOST }, abort), "projects");
  const [name, setName] = useState("");
  const [project, setProject] = useState(me.value?.project ?? "default");
  // Whoever makes the first key locks the door behind them: it should be one that opens it again.
  const [scopes, setScopes] = useState(/** @type {Scope[]} */ ([first ? "admin" : "ingest"]));
  const { busy, errors, setErrors, send } = useSending({ scopes: /scope/i, name: /key's name/i, project: /project|organisation|operator/i });
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useFirstError(form.current, errors);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!scopes.length) return setErrors({ scopes: "Choose what the key may do." });
    return void send(async () => {
      const made = await createKey({ project: project.trim(), scopes, name: name.trim() || null });
      showMadeKey(made);
      setName("");
      done();
      await askWho();
    });
  };
  const toggle = (/** @type {Scope} */ scope) => setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return html`
    <section class="panel">
      <h2>New key</h2>
      ${first
        ? html`<p class="notice notice-ask">This server is open to everybody on this machine. The first key closes it: from then on everybody needs one, and this page asks for it too. Make one that may <b>admin</b>, and keep it.</p>`
        : null}
      <form class="form" ref=${form} onSubmit=${submit}>
        <${TextField} label="Name" value=${name} onValue=${setName} error=${errors.name} placeholder="who or what uses it" />
        <${TextField} label="Project" value=${project} onValue=${setProject} error=${errors.project} required options=${known.data?.items.map((one) => one.project) ?? []} />
        <fieldset class="field" aria-describedby="scopes-error">
          <legend>May</legend>
          ${SCOPES.map(({ scope, text }) => html`<label key=${scope} class="check"><input type="checkbox" checked=${scopes.includes(scope)} aria-invalid=${errors.scopes ? "true" : undefined} onChange=${() => toggle(scope)} /> <span><b>${scope}</b> <span class="faint">${text}</span></span></label>`)}
          <p class="bad" id="scopes-error" role="alert">${errors.scopes}</p>
        </fieldset>
        <div class="form-end">
          <button type="submit" class="primary" disabled=${busy || !may("admin")}>Make the key</button>
          <p class="bad" role="alert">${errors.form}</p>
        </div>
      </form>
    </section>
  `;
}

/** @param {{of: Key, done: () => void, onClose: () => void}} props */
function Rotate({ of, done, onClose }) {
  const [grace, setGrace] = useState(86_400);
  const { busy, errors, send } = useSending();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void send(async () => {
      const made = await rotateKey(of.id, grace);
      onClose();
      showMadeKey(made);
      done();
    });
  };
  return html`
    <${Dialog} title=${`Replace ${nameOf(of)}`} onClose=${onClose}>
      <form onSubmit=${submit}>
        <div class="dialog-body">
          <p>A new key for ${of.project}, which may the same. Both are good until the old one ends.</p>
          <fieldset class="field">
            <legend>The old key</legend>
            ${GRACES.map(({ seconds, text }) => html`<label key=${seconds} class="check"><input type="radio" name="grace" checked=${seconds === grace} onChange=${() => setGrace(seconds)} /> ${text}</label>`)}
          </fieldset>
          <p class="bad" role="alert">${errors.form}</p>
        </div>
        <footer>
          <button type="button" onClick=${onClose}>Cancel</button>
          <button type="submit" class="primary" disabled=${busy}>Make the new key</button>
        </footer>
      </form>
    <//>
  `;
}
