// JSON as a tree that folds. Everything is a text node: a payload cannot become markup.

import { html, useState } from "../ui.js";

/** Levels open at first. */
const OPEN_DEPTH = 2;
/** Children drawn at once; the rest comes on demand. */
const CHILDREN_STEP = 200;
/** Characters of a text drawn before it is cut. */
const TEXT_MOST = 2000;

/**
 * @param {{name?: string, value: unknown, depth?: number}} props
 * @returns {object}
 */
export function Json({ name, value, depth = 0 }) {
  const label = name === undefined ? null : html`<span class="json-key">${name}</span><span class="json-mark">: </span>`;
  if (value !== null && typeof value === "object") return html`<${Branch} label=${label} value=${value} depth=${depth} />`;
  return html`<div class="json-leaf">${label}<${Leaf} value=${value} /></div>`;
}

/** @param {{label: object | null, value: object, depth: number}} props */
function Branch({ label, value, depth }) {
  const entries = Array.isArray(value) ? value.map((item, index) => /** @type {const} */ ([String(index), item])) : Object.entries(value);
  const [open, setOpen] = useState(depth < OPEN_DEPTH && entries.length <= CHILDREN_STEP);
  const [most, setMost] = useState(CHILDREN_STEP);
  const [left, right] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!entries.length) return html`<div class="json-leaf">${label}<span class="json-mark">${left}${right}</span></div>`;
  const size = Array.isArray(value) ? `${entries.length} items` : `${entries.length} keys`;
  return html`
    <div class="json-branch">
      <button class="json-fold" type="button" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        <i aria-hidden="true"></i>${label}<span class="json-mark">${left}</span>${open ? null : html`<span class="faint"> ${size} </span><span class="json-mark">${right}</span>`}
      </button>
      ${open
        ? html`
            <div class="json-children">
              ${entries.slice(0, most).map(([key, child]) => html`<${Json} key=${key} name=${key} value=${child} depth=${depth + 1} />`)}
              ${entries.length > most
                ? html`<button class="quiet" type="button" onClick=${() => setMost(most + CHILDREN_STEP)}>${entries.length - most} more</button>`
                : null}
            </div>
            <span class="json-mark">${right}</span>
          `
        : null}
    </div>
  `;
}

/** @param {{value: unknown}} props */
function Leaf({ value }) {
  const [whole, setWhole] = useState(false);
  if (typeof value !== "string") return html`<span class=${`json-${value === null ? "null" : typeof value}`}>${String(value)}</span>`;
  const cut = !whole && value.length > TEXT_MOST;
  return html`<span class="json-string">"${cut ? value.slice(0, TEXT_MOST) : value}"</span>${cut
    ? html`<button class="quiet" type="button" onClick=${() => setWhole(true)}>${value.length - TEXT_MOST} more characters</button>`
    : null}`;
}
