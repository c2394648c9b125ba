// Filters live in the address; these controls read and write them.

import { html, useEffect, useRef, useState } from "../ui.js";
import { param, setParams } from "../router.js";

/** How long typing rests before a search starts, in milliseconds. */
const TYPING_MS = 250;

/**
 * A choice among values; the empty one means any.
 * @param {{name: string, label: string, options: {value: string, text: string}[]}} props
 */
export function Choice({ name, label, options }) {
  const value = param(name);
  const known = !value || options.some((option) => option.value === value);
  return html`
    <label class=${value ? "filter set" : "filter"}>
      <span aria-hidden="true">${label}</span>
      <select aria-label=${label} value=${value} onChange=${(/** @type {any} */ event) => setParams({ [name]: event.target.value })}>
        <option value="">any</option>
        ${known ? null : html`<option value=${value}>${value}</option>`}
        ${options.map((option) => html`<option key=${option.value} value=${option.value}>${option.text}</option>`)}
      </select>
    </label>
  `;
}

/**
 * A field for text; `search` makes it the one that `/` goes to.
 * @param {{name: string, label: string, placeholder?: string, search?: boolean, options?: string[]}} props
 */
export function Field({ name, label, placeholder = "", search = false, options = [] }) {
  const value = param(name);
  const [typed, setTyped] = useState(value);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => {
    setTyped(value);
    return () => clearTimeout(timer.current);
  }, [value]);
  const change = (/** @type {any} */ event) => {
    const text = event.target.value;
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setParams({ [name]: text.trim() }), TYPING_MS);
  };
  const list = options.length ? `options-${name}` : undefined;
  return html`
    <label class=${`filter ${value ? "set" : ""} ${search ? "search" : ""}`}>
      <span aria-hidden="true">${label}</span>
      <input aria-label=${label} type=${search ? "search" : "text"} value=${typed} placeholder=${placeholder} list=${list} spellcheck=${false} autocomplete="off" onInput=${change} />
      ${list ? html`<datalist id=${list}>${options.map((option) => html`<option key=${option} value=${option}></option>`)}</datalist>` : null}
    </label>
  `;
}

/**
 * Shows a filter that has no control of its own, with a button that removes it.
 * @param {{name: string, label: string, text?: string}} props
 */
export function Chip({ name, label, text }) {
  const value = param(name);
  return value
    ? html`<span class="chip">${label} <b>${text ?? value}</b><button type="button" aria-label=${`Remove the filter ${label}`} onClick=${() => setParams({ [name]: null })}>✕</button></span>`
    : null;
}
