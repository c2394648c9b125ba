// What is shown where there is nothing to show: failures, emptiness, login, help on keys.

import { html, useEffect, useRef, useState } from "../ui.js";
import { login } from "../api.js";
import { HELP } from "../keys.js";
import { copy, helpOpen } from "../state.js";

/** @import { ApiError } from "../api.js" */

/** @param {{error: ApiError, retry?: () => void}} props */
export const Failure = ({ error, retry }) => html`
  <div class="notice notice-deny" role="alert">
    <h3>${error.message}</h3>
    ${error.hint ? html`<p>${error.hint}</p>` : null}
    ${retry ? html`<button type="button" onClick=${retry}>Try again</button>` : null}
  </div>
`;

/** A command to type, with a button that copies it. @param {{text: string}} props */
export const Command = ({ text }) => html`
  <span class="command"><code>${text}</code><button type="button" class="small" aria-label=${`Copy ${text}`} onClick=${() => copy(text)}>Copy</button></span>
`;

/** For somebody who has just started: what to do to see something here. */
export const Welcome = () => html`
  <section class="welcome">
    <h1>Nothing recorded yet</h1>
    <p>hookrail records what your coding agents do, through their hooks. This page fills by itself as soon as the first event arrives.</p>
    <ol>
      <li>
        <h2>Record your own sessions</h2>
        <p>Install the hooks of the agent you use, then start it in any project.</p>
        <${Command} text="hookrail install claude-code" />
        <${Command} text="hookrail install codex" />
      </li>
      <li>
        <h2>Or look at a recorded example first</h2>
        <p>A throw-away server with recorded sessions, played through the real hook.</p>
        <${Command} text="hookrail demo" />
      </li>
      <li>
        <h2>Nothing comes?</h2>
        <p>The doctor follows an event from the hook to this page and says where it stops.</p>
        <${Command} text="hookrail doctor" />
      </li>
    </ol>
  </section>
`;

/** Where filters leave nothing. @param {{what: string, clear: () => void}} props */
export const NoMatch = ({ what, clear }) => html`
  <div class="nothing" role="status">
    <p>No ${what} match these filters.</p>
    <button type="button" onClick=${clear}>Clear the filters</button>
  </div>
`;

export function Login() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    try {
      await login(field.current?.value.trim() ?? "");
    } catch (failure) {
      const { status, message } = /** @type {ApiError} */ (failure);
      setError(status === 401 ? "This is not a good key of this server." : message);
      setBusy(false);
    }
  }
  return html`
    <main class="login">
      <form onSubmit=${submit}>
        <h1>hookrail</h1>
        <p>This server asks for a key. An admin makes one with <code>hookrail keys create</code>; it begins with <code>hkr_</code>.</p>
        <label for="key">Key</label>
        <input id="key" type="password" autocomplete="current-password" required ref=${field} aria-describedby="login-error" />
        <p id="login-error" class="bad" role="alert">${error}</p>
        <button type="submit" class="primary" disabled=${busy}>Sign in</button>
      </form>
    </main>
  `;
}

export function Help() {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const dialog = box.current;
    if (!dialog) return;
    if (helpOpen.value && !dialog.open) dialog.showModal();
    if (!helpOpen.value && dialog.open) dialog.close();
  }, [helpOpen.value]);
  return html`
    <dialog class="help" ref=${box} aria-label="Keys" onClose=${() => (helpOpen.value = false)}>
      <h2>Keys</h2>
      <dl>${HELP.map(([keys, what]) => html`<dt key=${keys}>${keys.split(" ").filter(Boolean).map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd>`)}</dl>
      <button type="button" onClick=${() => (helpOpen.value = false)}>Close</button>
    </dialog>
  `;
}
