// What the whole page shares: the clock, the theme, how the live connection does, whether the screen is narrow.

import { signal } from "./ui.js";

/** The time now in milliseconds, for "5 s ago"; ticks once a second while the page is visible. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);

/** The state of the live connection: `off` where the view needs none. */
export const connection = signal(/** @type {"off" | "connecting" | "live" | "lost"} */ ("off"));

/** True on screens too narrow for columns side by side. */
const narrowQuery = matchMedia("(max-width: 720px)");
export const narrow = signal(narrowQuery.matches);
narrowQuery.addEventListener("change", (change) => {
  narrow.value = change.matches;
});

const THEME_KEY = "hookrail.theme";
const darkQuery = matchMedia("(prefers-color-scheme: dark)");

/** The theme in force. */
export const theme = signal(inForce());
darkQuery.addEventListener("change", () => {
  theme.value = inForce();
});

/** @returns {"light" | "dark"} */
function inForce() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return darkQuery.matches ? "dark" : "light";
}

export function toggleTheme() {
  const next = inForce() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(THEME_KEY, next);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  theme.value = next;
}

/** Whether the help on keys is open. */
export const helpOpen = signal(false);

/** A short word to the person that goes away by itself ("Copied"). */
export const toast = signal("");
/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer;
/** @param {string} text */
export function say(text) {
  toast.value = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    toast.value = "";
  }, 1800);
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    say("The browser does not allow copying here");
  }
}
