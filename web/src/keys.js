// The keyboard. One listener; the view in front says what its list does with j, k and Enter.

import { go } from "./router.js";
import { helpOpen, toggleTheme } from "./state.js";

/** @typedef {{move?: (by: number) => void, open?: () => void, fold?: (unfold: boolean) => void, escape?: () => boolean}} Handlers `escape` says whether it did something */

/** @type {Handlers[]} The handlers in force, the front one last. */
const stack = [];

/** How long a `g` waits for its second key, in milliseconds. */
const CHORD_MS = 1200;
let chordSince = -Infinity;

/**
 * Puts handlers in front of those in force; the returned function takes them away.
 * @param {Handlers} handlers
 */
export function withKeys(handlers) {
  stack.push(handlers);
  return () => {
    stack.splice(stack.indexOf(handlers), 1);
  };
}

/** The front view that has a list to move in, or a row to open. @param {"move" | "open" | "fold"} name */
const front = (name) => stack.findLast((handlers) => handlers[name]);

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** Escape closes what is in front: help, drawer, … */
function escape() {
  if (helpOpen.value) {
    helpOpen.value = false;
    return true;
  }
  return stack.toReversed().some((handlers) => handlers.escape?.() ?? false);
}

/** @type {Record<string, () => void>} */
const CHORDS = {
  o: () => go(["overview"]),
  l: () => go(["live"]),
  s: () => go(["sessions"]),
  g: () => go(["guard"]),
  c: () => go(["cost"]),
  p: () => go(["places"]),
  e: () => go(["settings"]),
};

/** @type {Record<string, () => void>} */
const KEYS = {
  j: () => front("move")?.move?.(1),
  k: () => front("move")?.move?.(-1),
  ArrowDown: () => front("move")?.move?.(1),
  ArrowUp: () => front("move")?.move?.(-1),
  ArrowRight: () => front("fold")?.fold?.(true),
  ArrowLeft: () => front("fold")?.fold?.(false),
  "/": () => document.querySelector(/** @type {"input"} */ ("input[type=search]"))?.focus(),
  "?": () => {
    helpOpen.value = !helpOpen.value;
  },
  t: toggleTheme,
  g: () => {
    chordSince = performance.now();
  },
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape") {
    if (document.querySelector(".dialog[open]")) return;
    if (isTyping(event.target)) /** @type {HTMLElement} */ (event.target).blur();
    else if (escape()) event.preventDefault();
    return;
  }
  if (isTyping(event.target) || document.querySelector(".dialog[open]")) return;
  if (event.key === "Enter") {
    const open = front("open")?.open;
    const onControl = event.target instanceof HTMLElement && event.target.closest("a, button, summary");
    if (open && !onControl) {
      event.preventDefault();
      open();
    }
    return;
  }
  const chord = performance.now() - chordSince < CHORD_MS ? CHORDS[event.key] : undefined;
  chordSince = -Infinity;
  const run = chord ?? KEYS[event.key];
  if (!run) return;
  const arrow = event.key.startsWith("Arrow");
  if (arrow && !(front(/Right|Left/.test(event.key) ? "fold" : "move") && event.target instanceof HTMLElement && event.target.closest("[data-keys]"))) return;
  event.preventDefault();
  run();
});

/** What the help shows. */
export const HELP = [
  ["j  k", "next, previous row"],
  ["Enter", "open the row"],
  ["→ ←", "unfold, fold a row of the waterfall"],
  ["Esc", "close, leave a field"],
  ["/", "search"],
  ["g o", "overview"],
  ["g l", "live feed"],
  ["g s", "sessions"],
  ["g g", "guard"],
  ["g c", "cost"],
  ["g p", "people"],
  ["g e", "settings"],
  ["Space", "pause or resume the live feed"],
  ["t", "light or dark"],
  ["?", "this help"],
];
