// Who looks at the page: what the server says of the caller, so that nothing is offered that would be refused.

import { effect, signal } from "./ui.js";
import { loginNeeded, whoAmI } from "./api.js";

/** @import { Me } from "./model.js" */

/** Null until the server has told. */
export const me = signal(/** @type {Me | null} */ (null));

/** @param {"ingest" | "read" | "admin"} scope */
export const may = (scope) => me.value?.scopes.includes(scope) ?? false;
/** Whether the caller answers for the server as a whole. */
export const isOperator = () => me.value?.operator ?? false;

/** Asks again: after signing in, and after the first key was made. */
export async function askWho() {
  try {
    me.value = await whoAmI();
  } catch {
    // The view in front shows the failure; what was known stays.
  }
}

effect(() => {
  if (!loginNeeded.value) void askWho();
});
