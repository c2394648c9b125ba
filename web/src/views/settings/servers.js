// What the project calls its MCP servers.

import { html, useRef, useState } from "../../ui.js";
import { ago, count } from "../../format.js";
import { nameServer, servers, unnameServer } from "../../changes.js";
import { useLoaded } from "../../load.js";
import { may } from "../../me.js";
import { Confirm, InlineText, TextField, useFirstError, useSending } from "../../parts/form.js";
import { Failure } from "../../parts/notices.js";
import { Table } from "../../parts/table.js";
import { link } from "../../router.js";
import { now, say } from "../../state.js";

/** @import { Server } from "../../model.js" */
/** @import { Column } from "../../parts/table.js" */

/** Servers listed. */
const MOST = 1000;

export function Servers() {
  const { data, error, reload } = useLoaded((abort) => servers({ limit: MOST }, abort), "servers");
  const [taking, setTaking] = useState(/** @type {Server | null} */ (null));
  if (!data) return error ? html`<${Failure} error=${error} retry=${reload} />` : html`<p class="faint" aria-busy="true">Loading…</p>`;
  const can = may("admin");
  /** @param {Server} row @param {string} display */
  const rename = async (row, display) => {
    await nameServer(row.raw, display);
    say("Named");
    reload();
  };
  /** @type {Column[]} */
  const columns = [
    {
      head: "Name", value: (/** @type {Server} */ row) => row.display,
      cell: (/** @type {Server} */ row) => html`
        <${InlineText} value=${row.display} label=${`Name of ${row.raw}`} can=${can} required save=${(/** @type {string} */ text) => rename(row, text)}
          shown=${html`<b>${row.calls ? html`<a href=${link(["live"], { server: row.display })}>${row.display}</a>` : row.display}</b>`} />
      `,
    },
    { head: "As agents tell it", value: (row) => row.raw, cell: (row) => html`<code>${row.raw}</code>` },
    { head: "Calls", number: true, value: (row) => row.calls, cell: (row) => count(row.calls) },
    { head: "Failed", number: true, value: (row) => row.errors, cell: (row) => html`<span class=${row.errors ? "bad" : "faint"}>${count(row.errors)}</span>` },
    { head: "Last seen", recent: true, value: (row) => row.last_seen, cell: (row) => (row.last_seen ? html`<span title=${row.last_seen}>${ago(row.last_seen, now.value)}</span>` : html`<span class="faint">never</span>`) },
    {
      head: "Named", recent: true, value: (row) => row.named_at,
      cell: (/** @type {Server} */ row) =>
        row.overridden
          ? html`<span title=${row.named_at}>${ago(row.named_at, now.value)}${row.named_by ? html` <span class="faint">by ${row.named_by}</span>` : null}</span>${can ? html` <button type="button" class="small danger" aria-label=${`Take back the name of ${row.raw}`} onClick=${() => setTaking(row)}>Take back…</button>` : null}`
          : html`<span class="faint">from the tools' names</span>`,
    },
  ];
  return html`
    ${can ? html`<${NewName} done=${reload} />` : null}
    ${data.items.length
      ? html`<section class="panel tools"><div class="section-head"><h2>MCP servers</h2></div><${Table} label="MCP servers" rows=${data.items} keyOf=${(/** @type {Server} */ row) => row.raw} columns=${columns} /></section>`
      : html`<div class="nothing"><p>No MCP server was used yet.</p></div>`}
    ${taking
      ? html`
          <${Confirm} title=${`Take back “${taking.display}”?`} act="Take back" onClose=${() => setTaking(null)} run=${async () => {
            await unnameServer(taking.raw);
            say("Taken back");
            reload();
          }}>
            <p><code>${taking.raw}</code> is then shown by the name that follows from its tools, everywhere.</p>
          <//>
        `
      : null}
  `;
}

/** Names what was not used yet, or all that fits a pattern. @param {{done: () => void}} props */
function NewName({ done }) {
  const [raw, setRaw] = useState("");
  const [display, setDisplay] = useState("");
  const { busy, errors, send } = useSending({ raw: /raw|pattern|\*/i, display: /display|shown|name/i });
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useFirstError(form.current, errors);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void send(async () => {
      await nameServer(raw.trim(), display.trim());
      say("Named");
      setRaw("");
      setDisplay("");
      done();
    });
  };
  return html`
    <section class="panel">
      <h2>Name servers by a pattern</h2>
      <form class="form" ref=${form} onSubmit=${submit}>
        <${TextField} label="As agents tell it" value=${raw} onValue=${setRaw} error=${errors.raw} required placeholder="plugin_*_github" help=${html`<code>*</code> stands for any text`} />
        <${TextField} label="Name" value=${display} onValue=${setDisplay} error=${errors.display} required placeholder="GitHub" />
        <div class="form-end"><button type="submit" class="primary" disabled=${busy}>Name</button><p class="bad" role="alert">${errors.form}</p></div>
      </form>
    </section>
  `;
}
