// Forms that change something: a field with its error beside it, a dialog, a text that is edited where it stands.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../ui.js";

/** @import { ApiError } from "../api.js" */
/** @typedef {Record<string, string>} Errors by field; what belongs to none is under `form` */

let minted = 0;
/** An id for a label or a description, the same for as long as its part is shown. @param {string} name */
export const useId = (name) => useState(() => `${name}-${(minted += 1)}`)[0];

/**
 * Sends a form: busy while it runs, and what the server refuses is put at the field it speaks of.
 * @param {Record<string, RegExp>} fields what a refusal says when it speaks of a field
 */
export function useSending(fields = {}) {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState(/** @type {Errors} */ ({}));
  const shown = useRef(true);
  useEffect(() => () => void (shown.current = false), []);
  /** @param {() => Promise<void>} work @returns {Promise<void>} */
  async function send(work) {
    if (busy) return;
    setBusy(true);
    setErrors({});
    try {
      await work();
    } catch (failure) {
      const { message, hint, status } = /** @type {ApiError} */ (failure);
      const field = Object.keys(fields).find((name) => fields[name].test(message)) ?? "form";
      // A bad value is explained by its message; the hint of such a refusal is for programs.
      if (shown.current) setErrors({ [field]: field === "form" && status !== 400 && hint ? `${message} ${hint}` : message });
    }
    if (shown.current) setBusy(false);
  }
  return { busy, errors, setErrors, send };
}

/** Moves to the first field with an error, so that it is read out. @param {HTMLElement | null} form @param {Errors} errors */
export function useFirstError(form, errors) {
  useEffect(() => {
    const first = form?.querySelector("[aria-invalid=true]");
    if (first instanceof HTMLElement) first.focus();
  }, [errors]);
}

/**
 * A line of text with its label, a word of help and its error.
 * @param {{label: string, value: string, onValue: (value: string) => void, error?: string, help?: unknown, options?: string[], placeholder?: string, required?: boolean, autofocus?: boolean}} props
 */
export function TextField({ label, value, onValue, error = "", help = null, options = [], placeholder = "", required = false, autofocus = false }) {
  const id = useId("field");
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (autofocus) input.current?.focus();
  }, []);
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <input
        id=${id} ref=${input} value=${value} placeholder=${placeholder} required=${required} spellcheck=${false} autocomplete="off" list=${options.length ? `${id}-options` : undefined}
        aria-invalid=${error ? "true" : undefined} aria-describedby=${`${id}-help ${id}-error`} onInput=${(/** @type {any} */ event) => onValue(event.target.value)}
      />
      ${options.length ? html`<datalist id=${`${id}-options`}>${options.map((option) => html`<option key=${option} value=${option}></option>`)}</datalist>` : null}
      <p class="help-text" id=${`${id}-help`}>${help}</p>
      <p class="bad" id=${`${id}-error`} role="alert">${error}</p>
    </div>
  `;
}

/**
 * A dialog over the page; Escape and the close button end it, and the focus goes back to where it was.
 * @param {{title: string, onClose: () => void, children?: unknown, wide?: boolean}} props
 */
export function Dialog({ title, onClose, children, wide = false }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId("dialog");
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    onClose();
  };
  return html`
    <dialog class=${wide ? "dialog wide" : "dialog"} ref=${box} aria-labelledby=${id} onCancel=${cancel}>
      <header><h2 id=${id}>${title}</h2><button type="button" class="icon" aria-label="Close" onClick=${onClose}>✕</button></header>
      ${children}
    </dialog>
  `;
}

/**
 * Asks before something is destroyed. The safe answer has the focus.
 * @param {{title: string, children: unknown, act: string, run: () => Promise<void>, onClose: () => void}} props
 */
export function Confirm({ title, children, act, run, onClose }) {
  const { busy, errors, send } = useSending();
  const safe = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => safe.current?.focus(), []);
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <div class="dialog-body">${children}</div>
      <p class="bad" role="alert">${errors.form}</p>
      <footer>
        <button type="button" ref=${safe} onClick=${onClose}>Cancel</button>
        <button type="button" class="danger" disabled=${busy} onClick=${() => send(async () => (await run(), onClose()))}>${act}</button>
      </footer>
    <//>
  `;
}

/**
 * A text with a button that makes it a field in its place. Enter saves, Escape leaves it as it was.
 * @param {{value: string, label: string, shown: unknown, save: (value: string) => Promise<void>, options?: string[], can: boolean, required?: boolean, after?: unknown}} props
 */
export function InlineText({ value, label, shown, save, options = [], can, required = false, after = null }) {
  const [text, setText] = useState(/** @type {string | null} */ (null));
  const { busy, errors, setErrors, send } = useSending();
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const was = useRef(false);
  const id = useId("inline");
  const editing = text !== null;
  useEffect(() => {
    if (editing) input.current?.select();
    else if (was.current) button.current?.focus();
    was.current = editing;
  }, [editing]);
  if (!editing) {
    return html`
      <span class="inline">
        ${shown}${can ? html`<button type="button" class="quiet" ref=${button} aria-label=${label} onClick=${() => setText(value)}>edit</button>` : null}${after}
      </span>
    `;
  }
  const leave = () => {
    setErrors({});
    setText(null);
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void send(async () => {
      if (text.trim() !== value) await save(text.trim());
      setText(null);
    });
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    leave();
  };
  return html`
    <form class="inline" onSubmit=${submit} onKeyDown=${key}>
      <input
        ref=${input} aria-label=${label} value=${text} required=${required} spellcheck=${false} autocomplete="off" aria-invalid=${errors.form ? "true" : undefined} aria-describedby=${`${id}-error`}
        list=${options.length ? `${id}-options` : undefined} onInput=${(/** @type {any} */ event) => setText(event.target.value)}
      />
      ${options.length ? html`<datalist id=${`${id}-options`}>${options.map((option) => html`<option key=${option} value=${option}></option>`)}</datalist>` : null}
      <button type="submit" class="small primary" disabled=${busy}>Save</button>
      <button type="button" class="small" onClick=${leave}>Cancel</button>
      <span class="bad" id=${`${id}-error`} role="alert">${errors.form}</span>
    </form>
  `;
}
