// A list of any length: only the rows in sight are in the page. Rows are of one height.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../ui.js";

/** Rows drawn above and below the window, so that a quick scroll shows no gap. */
const OVERSCAN = 8;
/** Rows before the end at which more are asked for. */
const NEAR_END = 30;

/**
 * @template T
 * @typedef {object} ListProps
 * @property {T[]} items
 * @property {(item: T) => string} keyOf
 * @property {number} rowHeight in CSS pixels
 * @property {(item: T, selected: boolean) => object} row
 * @property {string} label what the list holds, for screen readers
 * @property {number} selected the selected index, -1 for none
 * @property {(index: number) => void} onSelect
 * @property {(index: number) => void} onOpen
 * @property {() => void} [onNearEnd]
 * @property {(atTop: boolean) => void} [onAtTop] told when the list is scrolled to or away from its top
 * @property {object | null} [after] shown below the last row
 */

/**
 * @template T
 * @param {ListProps<T>} props
 */
export function List({ items, keyOf, rowHeight, row, label, selected, onSelect, onOpen, onNearEnd, onAtTop, after = null }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState({ first: 0, last: 40 });
  const atTop = useRef(true);

  const measure = () => {
    const element = box.current;
    if (!element) return;
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - OVERSCAN);
    const last = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + OVERSCAN;
    setView((old) => (old.first === first && old.last === last ? old : { first, last }));
    const top = element.scrollTop < rowHeight / 2;
    if (top !== atTop.current) {
      atTop.current = top;
      onAtTop?.(top);
    }
  };

  useLayoutEffect(measure, [rowHeight, items.length === 0]);
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [rowHeight]);
  useEffect(() => {
    if (onNearEnd && view.last + NEAR_END >= items.length) onNearEnd();
  }, [view.last, items.length, onNearEnd]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || selected < 0) return;
    const top = selected * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = top + rowHeight - element.clientHeight;
  }, [selected, rowHeight]);

  const from = Math.min(view.first, Math.max(0, items.length - 1));
  const shown = items.slice(from, view.last);
  const id = (/** @type {number} */ index) => `row-${index}`;
  return html`
    <div class="list" ref=${box} onScroll=${measure}>
      <div
        class="list-space" role="grid" tabindex="0" aria-label=${label} aria-rowcount=${items.length} data-keys style=${{ height: `${items.length * rowHeight}px` }}
        aria-activedescendant=${selected >= from && selected < from + shown.length ? id(selected) : undefined}
      >
        ${shown.map((item, offset) => {
          const index = from + offset;
          return html`
            <div
              key=${keyOf(item)} id=${id(index)} role="row" aria-selected=${index === selected} aria-rowindex=${index + 1}
              class=${index === selected ? "row selected" : "row"}
              style=${{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
              onClick=${() => {
                onSelect(index);
                onOpen(index);
              }}
            >
              <div role="gridcell" class="cell">${row(item, index === selected)}</div>
            </div>
          `;
        })}
      </div>
      ${after}
    </div>
  `;
}
