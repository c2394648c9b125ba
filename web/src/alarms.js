// How many findings of high severity nobody has looked at: in the bar and on the overview, whatever view is open.

import { effect, signal } from "./ui.js";
import { findings, loginNeeded } from "./api.js";

export const alarms = signal(0);

/** How often it is asked for, in milliseconds. */
const EVERY_MS = 30_000;
/** The most that are counted. */
export const ALARMS_MOST = 100;

export async function lookForAlarms() {
  try {
    alarms.value = (await findings({ state: "open", severity: "high", limit: ALARMS_MOST })).items.length;
  } catch {
    // The view in front shows the failure; the count stays as it was.
  }
}

effect(() => {
  if (loginNeeded.value) return undefined;
  void lookForAlarms();
  const timer = setInterval(lookForAlarms, EVERY_MS);
  return () => clearInterval(timer);
});
