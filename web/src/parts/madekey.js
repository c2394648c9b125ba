// A key that was just made. It is shown once, over whatever is on the page, the login too: the first key of a server
// closes the page that made it.

import { html, signal, useState } from "../ui.js";
import { login } from "../api.js";
import { askWho } from "../me.js";
import { copy, say } from "../state.js";
import { Dialog } from "./form.js";

/** @import { MadeKey } from "../model.js" */

/** Kept nowhere else, and forgotten when the dialog closes. */
const made = signal(/** @type {MadeKey | null} */ (null));

/** @param {MadeKey} key */
export function showMadeKey(key) {
  made.value = key;
}

export function MadeKeyDialog() {
  return made.value ? html`<${Shown} key=${made.value.id} of=${made.value} />` : null;
}

/** @param {{of: MadeKey}} props */
function Shown({ of }) {
  const [error, setError] = useState("");
  const close = () => {
    made.value = null;
  };
  async function useHere() {
    try {
      await login(of.key);
      await askWho();
      say("Signed in with the new key");
      close();
    } catch (failure) {
      setError(/** @type {Error} */ (failure).message);
    }
  }
  const reads = of.scopes.some((scope) => scope !== "ingest");
  return html`
    <${Dialog} title="The new key" onClose=${close} wide>
      <div class="dialog-body">
        <p>This is the only time it is shown. Keep it where secrets are kept.</p>
        <p class="secret"><code aria-label="The key">${of.key}</code><button type="button" class="primary" onClick=${() => copy(of.key)}>Copy</button></p>
        <p class="faint">It may ${of.scopes.join(", ")} in the project ${of.project}.${of.scopes.includes("ingest") || of.scopes.includes("admin") ? html` A machine takes it with <code>HOOKRAIL_TOKEN=… hookrail enroll --server ${location.origin}</code>.` : null}</p>
        <p class="bad" role="alert">${error}</p>
      </div>
      <footer>
        ${reads ? html`<button type="button" onClick=${useHere}>Sign in with it here</button>` : null}
        <button type="button" class="primary" onClick=${close}>I have kept it</button>
      </footer>
    <//>
  `;
}
