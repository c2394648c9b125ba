// Projects: each has a store of its own, and a key opens one.

import { html, useRef, useState } from "../../ui.js";
import { ago, count } from "../../format.js";
import { createProject, projects } from "../../changes.js";
import { useLoaded } from "../../load.js";
import { isOperator, me } from "../../me.js";
import { TextField, useFirstError, useSending } from "../../parts/form.js";
import { Failure } from "../../parts/notices.js";
import { Table } from "../../parts/table.js";
import { now, say } from "../../state.js";

/** @import { Project } from "../../model.js" */
/** @import { Column } from "../../parts/table.js" */

/** Projects listed: as many as a server has. */
const MOST = 1000;

/** @type {Column[]} */
const COLUMNS = [
  { head: "Project", value: (/** @type {Project} */ row) => row.project, cell: (row) => html`<b>${row.project}</b>${row.project === me.value?.project ? html` <span class="tag">yours</span>` : null}` },
  { head: "Keys", number: true, value: (row) => row.keys, cell: (row) => count(row.keys) },
  { head: "Made", recent: true, value: (row) => row.created_at, cell: (row) => html`<span title=${row.created_at}>${ago(row.created_at, now.value)}</span>` },
];

export function Projects() {
  const { data, error, reload } = useLoaded((abort) => projects({ limit: MOST }, abort), "projects");
  const [name, setName] = useState("");
  const { busy, errors, send } = useSending({ project: /./ });
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useFirstError(form.current, errors);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void send(async () => {
      const made = await createProject(name.trim());
      say(`Made ${made.project}`);
      setName("");
      reload();
    });
  };
  const help = html`Lower-case letters, digits, <code>.</code> <code>_</code> <code>-</code>${isOperator() ? html`; in another organisation <code>organisation/project</code>` : null}`;
  return html`
    <section class="panel">
      <h2>New project</h2>
      <form class="form" ref=${form} onSubmit=${submit}>
        <${TextField} label="Name" value=${name} onValue=${setName} error=${errors.project} required help=${help} />
        <div class="form-end"><button type="submit" class="primary" disabled=${busy}>Make the project</button></div>
      </form>
    </section>
    ${!data
      ? error
        ? html`<${Failure} error=${error} retry=${reload} />`
        : html`<p class="faint" aria-busy="true">Loading…</p>`
      : html`<section class="panel tools"><div class="section-head"><h2>Projects</h2></div><${Table} label="Projects" rows=${data.items} keyOf=${(/** @type {Project} */ row) => row.project} columns=${COLUMNS} /></section>`}
  `;
}
