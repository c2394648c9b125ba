// How many sessions wait for the person: on the tab of the browser and in the bar, whatever view is open.

import { effect, signal } from "./ui.js";
import { loginNeeded, sessions } from "./api.js";

export const waitingCount = signal(0);

/** How often it is asked for, in milliseconds; a hidden page too, so that its tab tells. */
const EVERY_MS = 15_000;
/** The most that are counted. */
const MOST = 100;

async function look() {
  try {
    const page = await sessions({ state: "waiting", limit: MOST });
    waitingCount.value = page.items.length;
  } catch {
    // The view in front shows the failure; the count stays as it was.
  }
}

effect(() => {
  if (loginNeeded.value) return undefined;
  void look();
  const timer = setInterval(look, EVERY_MS);
  return () => clearInterval(timer);
});
