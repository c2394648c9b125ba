// The order of a table's rows, as its address names it: `cost` ascending, `-cost` descending. Pure.

/** @typedef {string | number | null | undefined} Sortable */
/** @typedef {{id: string, descending: boolean}} Order */

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** @param {string} text @returns {Order | null} null for the order of the server */
export function readOrder(text) {
  const descending = text.startsWith("-");
  const id = descending ? text.slice(1) : text;
  return id ? { id, descending } : null;
}

/** @param {Order | null} order */
export const writeOrder = (order) => (order ? `${order.descending ? "-" : ""}${order.id}` : "");

/**
 * What a click on a header leads to: its first direction, then the other, then the order of the server again.
 * @param {Order | null} order
 * @param {string} id
 * @param {boolean} descendingFirst
 * @returns {Order | null}
 */
export function nextOrder(order, id, descendingFirst) {
  if (order?.id !== id) return { id, descending: descendingFirst };
  return order.descending === descendingFirst ? { id, descending: !descendingFirst } : null;
}

/**
 * The rows by a value of theirs. Equal ones stay as they were, and rows without a value come last either way.
 * @template T
 * @param {T[]} rows
 * @param {(row: T) => Sortable} value
 * @param {boolean} descending
 * @returns {T[]}
 */
export function sorted(rows, value, descending) {
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => Number(isNone(a.key)) - Number(isNone(b.key)) || sign * compare(a.key, b.key));
  return keyed.map(({ row }) => row);
}

/** @param {Sortable} key */
const isNone = (key) => key === null || key === undefined || key === "" || Number.isNaN(key);

/** @param {Sortable} a @param {Sortable} b */
function compare(a, b) {
  if (isNone(a) || isNone(b)) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return words.compare(String(a), String(b));
}
