// A table whose rows a person puts in order by its headers. The order is in the address.

import { html, useMemo } from "../ui.js";
import { param, setParams } from "../router.js";
import { nextOrder, readOrder, sorted, writeOrder } from "../sort.js";

/** @import { Order, Sortable } from "../sort.js" */

/**
 * @typedef {object} Column
 * @property {string} head
 * @property {(row: any) => unknown} cell
 * @property {(row: any) => Sortable} [value] what rows are put in order by; without it the column has no order
 * @property {boolean} [number]
 * @property {boolean} [recent] the latest, or the most that matters, first; as with numbers
 * @property {boolean} [silent] the head is for screen readers only
 * @property {string} [kind] a class of its cells
 */

/** @param {Column} column */
const idOf = ({ head }) => head.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

/**
 * The first column names the row.
 * @param {{label: string, rows: any[], keyOf: (row: any, index: number) => string, columns: Column[], sort?: string}} props
 *   `sort` is the parameter of the address that holds the order
 */
export function Table({ label, rows, keyOf, columns, sort = "sort" }) {
  const order = readOrder(param(sort));
  const by = order && columns.find((column) => column.value && idOf(column) === order.id);
  const shown = useMemo(() => (by?.value ? sorted(rows, by.value, order?.descending ?? false) : rows), [rows, by?.head, order?.descending]);
  const [first, ...rest] = columns;
  return html`
    <div class="scroll-x" tabindex="0" role="region" aria-label=${label}>
      <table>
        <thead>
          <tr>${columns.map((column) => html`<${Head} key=${column.head} column=${column} order=${by ? order : null} sort=${sort} />`)}</tr>
        </thead>
        <tbody>
          ${shown.map(
            (row, index) => html`
              <tr key=${keyOf(row, index)}>
                <th scope="row" class=${cellClass(first)}>${first.cell(row)}</th>
                ${rest.map((column) => html`<td key=${column.head} class=${cellClass(column)}>${column.cell(row)}</td>`)}
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  `;
}

/** @param {Column} column */
const cellClass = ({ number, kind }) => [number ? "num" : "", kind ?? ""].filter(Boolean).join(" ");

/** @param {{column: Column, order: Order | null, sort: string}} props */
function Head({ column, order, sort }) {
  const { head, number, recent, silent, value } = column;
  if (!value) return html`<th scope="col" class=${cellClass(column)}>${silent ? html`<span class="visually-hidden">${head}</span>` : head}</th>`;
  const id = idOf(column);
  const mine = order?.id === id ? order : null;
  const turn = () => setParams({ [sort]: writeOrder(nextOrder(order, id, Boolean(number || recent))) });
  return html`
    <th scope="col" class=${cellClass(column)} aria-sort=${mine ? (mine.descending ? "descending" : "ascending") : undefined}>
      <button type="button" class="sort" title=${`Order by ${head.toLowerCase()}`} onClick=${turn}>${head}<i aria-hidden="true">${mine ? (mine.descending ? "↓" : "↑") : "↕"}</i></button>
    </th>
  `;
}
