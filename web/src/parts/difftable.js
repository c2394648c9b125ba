// A change to a file as a person reads it: removed and added lines, long unchanged runs folded.

import { html, useState } from "../ui.js";
import { sizeOf } from "../diff.js";

/** @import { DiffLine, FileChange, Hunk } from "../diff.js" */

/** Unchanged lines kept around a change. */
const CONTEXT = 3;
/** Lines drawn before the rest is asked for. */
const LINES_MOST = 400;

/** @param {{change: FileChange}} props */
export function DiffTable({ change }) {
  const { added, removed } = sizeOf(change);
  return html`
    <figure class="diff">
      <figcaption>
        <span class="diff-path">${change.path || "file"}</span>
        ${change.note ? html`<span class="faint">${change.note}</span>` : null}
        <span class="diff-size"><span class="diff-added">+${added}</span> <span class="diff-removed">−${removed}</span></span>
      </figcaption>
      ${change.hunks.map((hunk, index) => html`<${HunkTable} key=${index} hunk=${hunk} />`)}
    </figure>
  `;
}

/** @param {{hunk: Hunk}} props */
function HunkTable({ hunk }) {
  const [whole, setWhole] = useState(false);
  const rows = folded(numbered(hunk));
  const shown = whole ? rows : rows.slice(0, LINES_MOST);
  return html`
    <div class="hunk" tabindex="0" role="region" aria-label="changed lines">
      <table>
        <tbody>
          ${shown.map((row, index) =>
            row.fold
              ? html`<tr key=${index} class="fold"><td colspan="4">${row.fold} unchanged lines</td></tr>`
              : html`
                  <tr key=${index} class=${row.sign === "+" ? "added" : row.sign === "-" ? "removed" : ""}>
                    ${hunk.at ? html`<td class="no">${row.old || ""}</td><td class="no">${row.new || ""}</td>` : null}
                    <td class="sign" aria-label=${row.sign === "+" ? "added" : row.sign === "-" ? "removed" : "unchanged"}>${row.sign === "-" ? "−" : row.sign}</td>
                    <td class="code">${row.line || "\u200b"}</td>
                  </tr>
                `,
          )}
        </tbody>
      </table>
      ${rows.length > shown.length
        ? html`<button class="quiet" type="button" onClick=${() => setWhole(true)}>${rows.length - shown.length} more lines</button>`
        : null}
    </div>
  `;
}

/** @typedef {DiffLine & {old: number, new: number, fold?: number}} Row */

/** @param {Hunk} hunk @returns {Row[]} */
function numbered(hunk) {
  let before = hunk.at?.old ?? 1;
  let after = hunk.at?.new ?? 1;
  return hunk.lines.map(({ sign, line }) => ({ sign, line, old: sign === "+" ? 0 : before++, new: sign === "-" ? 0 : after++ }));
}

/** @param {Row[]} rows @returns {Row[]} */
function folded(rows) {
  /** @type {Row[]} */
  const result = [];
  let run = 0;
  for (let at = 0; at <= rows.length; at += 1) {
    if (at < rows.length && rows[at].sign === " ") {
      run += 1;
      continue;
    }
    const start = at - run;
    const head = start === 0 ? 0 : CONTEXT;
    const tail = at === rows.length ? 0 : CONTEXT;
    if (run > head + tail + 1) {
      result.push(...rows.slice(start, start + head));
      result.push({ ...rows[start], fold: run - head - tail });
      result.push(...rows.slice(at - tail, at));
    } else {
      result.push(...rows.slice(start, at));
    }
    run = 0;
    if (at < rows.length) result.push(rows[at]);
  }
  return result;
}
