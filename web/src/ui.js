// The one door to the vendored libraries: everything else imports from here.

import { h, render } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { batch, computed, effect, signal } from "../vendor/signals.js";
export { render };

/** Markup as a tagged template. Values become text nodes and properties, never markup. */
export const html = htm.bind(h);
