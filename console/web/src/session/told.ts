// Why somebody could not sign in or out, in words.
import { page } from "../text/page.svelte";
import type { NotSignedIn } from "./session";

export function told(why: NotSignedIn): string {
  const t = page.t.signIn;
  if (why.status === 429) return t.wait(page.format.count(why.retryAfter));
  return why.status === 403 ? t.hereOnly : t.away;
}
