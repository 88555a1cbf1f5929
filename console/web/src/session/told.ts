// Why somebody could not sign in or out, in words.
import { page } from "../text/page.svelte";
import type { NotSignedIn } from "./session";

/** `away`: what is said where the desk does not answer. */
export function told(why: NotSignedIn, away = page.t.signIn.away): string {
  const t = page.t.signIn;
  if (why.status === 429) return t.wait(page.format.count(why.retryAfter));
  return why.status === 403 ? t.hereOnly : away;
}

/** They could not sign out. */
export function notLeft(why: NotSignedIn): string {
  return `${page.t.signIn.stillIn} ${told(why, page.t.common.away)}`;
}
