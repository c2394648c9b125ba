// The drawer that shows one event beside the view. Which one is in the address (`event=`), so that it can be shared.

import { html, useEffect, useRef } from "../ui.js";
import * as api from "../api.js";
import { withKeys } from "../keys.js";
import { useLoaded } from "../load.js";
import { param, setParams } from "../router.js";
import { EventBody } from "./eventbody.js";
import { Failure } from "./notices.js";

/** @import { StoredEvent } from "../model.js" */

/** Opens the drawer; a step in the history where it was closed. @param {string} id */
export const openEvent = (id) => setParams({ event: id }, { push: !param("event") });
export const closeEvent = () => setParams({ event: null });

/** @param {{known: (id: string) => StoredEvent | undefined}} props `known` finds events the view already holds */
export function EventDrawer({ known }) {
  const id = param("event");
  return id ? html`<${Drawer} key="drawer" id=${id} known=${known(id)} />` : null;
}

/** @param {{id: string, known: StoredEvent | undefined}} props */
function Drawer({ id, known }) {
  const { data, error } = useLoaded((abort) => (known ? Promise.resolve(known) : api.event(id, abort)), id);
  const event = known ?? data;
  const close = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const body = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(
    () =>
      withKeys({
        escape: () => {
          closeEvent();
          return true;
        },
      }),
    [],
  );
  useEffect(() => {
    const before = document.activeElement;
    close.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    if (body.current) body.current.scrollTop = 0;
  }, [id]);
  return html`
    <aside class="drawer" role="dialog" aria-label="Event" data-keys>
      <header>
        <h2>${event ? event.name : "Event"}</h2>
        <button type="button" class="icon" aria-label="Close" ref=${close} onClick=${closeEvent}>✕</button>
      </header>
      <div class="drawer-body" ref=${body} tabindex="0" role="document">
        ${event ? html`<${EventBody} key=${event.id} event=${event} />` : error ? html`<${Failure} error=${error} />` : html`<p class="faint">Loading…</p>`}
      </div>
    </aside>
  `;
}
