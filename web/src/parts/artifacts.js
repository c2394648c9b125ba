// What a session left behind: files that events tell of, with their content where it was uploaded.

import { html } from "../ui.js";
import * as api from "../api.js";
import { bytes, dateTime, plural } from "../format.js";
import { useLoaded } from "../load.js";
import { copy } from "../state.js";
import { openEvent } from "./drawer.js";
import { Failure } from "./notices.js";
import { Table } from "./table.js";

/** @import { Artifact, Session } from "../model.js" */
/** @import { Column } from "./table.js" */

/** Artifacts shown. */
const MOST = 500;
/** Characters of a digest shown. */
const DIGEST = 12;

/** @type {Column[]} */
const COLUMNS = [
  {
    head: "Name", value: (/** @type {Artifact} */ row) => row.name,
    cell: (row) => html`<b>${row.uploaded ? html`<a href=${`/api/v1/artifacts/${encodeURIComponent(row.sha256)}`} download=${row.name}>${row.name}</a>` : row.name}</b>${row.label ? html` <span class="tag">${row.label}</span>` : null}`,
  },
  { head: "Path", value: (row) => row.path, cell: (row) => html`<code class="faint">${row.path}</code>` },
  { head: "Size", number: true, value: (row) => row.bytes, cell: (row) => bytes(row.bytes) },
  { head: "SHA-256", value: (row) => row.sha256, cell: (row) => html`<code title=${row.sha256}>${row.sha256.slice(0, DIGEST)}…</code> <button type="button" class="quiet" aria-label=${`Copy the SHA-256 of ${row.name}`} onClick=${() => copy(row.sha256)}>copy</button>` },
  { head: "Content", value: (row) => Number(row.uploaded), cell: (row) => (row.uploaded ? html`<span class="good">kept</span>` : html`<span class="faint">not kept</span>`) },
  { head: "When", recent: true, value: (row) => row.at, cell: (row) => html`<button type="button" class="quiet" onClick=${() => openEvent(row.event_id)}>${dateTime(row.at)}</button>` },
];

/** @param {{session: Session}} props */
export function Artifacts({ session }) {
  const { data, error, reload } = useLoaded((abort) => api.artifacts({ session_id: session.id, limit: MOST }, abort), `${session.id} ${session.events}`);
  if (!data) return error ? html`<${Failure} error=${error} retry=${reload} />` : html`<p class="faint" aria-busy="true">Loading…</p>`;
  return html`
    <div class="session-cost" tabindex="0" role="region" aria-label="What the session left">
      ${data.items.length
        ? html`
            <section class="panel tools">
              <div class="section-head"><h2>${plural(data.items.length, "artifact")}${data.next ? ", and more" : ""}</h2></div>
              <${Table} label="Artifacts" rows=${data.items} keyOf=${(/** @type {Artifact} */ { event_id: id, sha256 }) => `${id} ${sha256}`} columns=${COLUMNS} />
            </section>
          `
        : html`<p class="faint">Nothing was left. <code>hookrail emit artifact</code> tells of a file.</p>`}
    </div>
  `;
}
