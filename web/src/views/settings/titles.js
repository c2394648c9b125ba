// Whether a model is asked for the titles of sessions.

import { html } from "../../ui.js";
import { titles, wantTitles } from "../../changes.js";
import { useLoaded } from "../../load.js";
import { may } from "../../me.js";
import { useSending } from "../../parts/form.js";
import { Failure } from "../../parts/notices.js";
import { say } from "../../state.js";

export function SessionTitles() {
  const { data, error, reload } = useLoaded((abort) => titles(abort), "titles");
  const { busy, errors, send } = useSending();
  if (!data) return error ? html`<${Failure} error=${error} retry=${reload} />` : html`<p class="faint" aria-busy="true">Loading…</p>`;
  const turn = () =>
    send(async () => {
      await wantTitles(!data.enabled);
      say(data.enabled ? "Titles by a model are off" : "Titles by a model are on");
      reload();
    });
  return html`
    <section class="panel prose-panel">
      <h2>Titles of sessions</h2>
      <p>A session is called what its agent calls it, else by its first prompt.</p>
      <label class="check">
        <input type="checkbox" role="switch" checked=${data.enabled} disabled=${busy || !may("admin") || (!data.available && !data.enabled)} onChange=${turn} aria-describedby="titles-help" />
        Ask a model for better ones${data.model ? html` <span class="faint">${data.model}</span>` : null}
      </label>
      <p class="faint" id="titles-help">
        ${data.available ? "It is sent prompts and answers of this project, redacted." : html`This server has nobody to ask: start it with <code>hookrail serve --titles-url URL --titles-model MODEL</code>.`}
      </p>
      <p class="bad" role="alert">${errors.form}</p>
    </section>
  `;
}
