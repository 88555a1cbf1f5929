// Signing out: one way for all pages that keep something of whoever is signed in.
import { toasts } from "../components/toasts.svelte";
import { NotSignedIn, signOut, type Session } from "./session";
import { notLeft } from "./told";

/** End the session, and only then have the page destroy what it keeps. False: they are signed in still, which they are told, and all that
 * they have is there. `session`: null if it is over. */
export async function leave(session: Session | null, destroy?: () => Promise<void>): Promise<boolean> {
  try {
    if (session) await signOut(session);
  } catch (error) {
    if (!(error instanceof NotSignedIn)) throw error;
    toasts.say(notLeft(error), "wrong");
    return false;
  }
  await destroy?.();
  return true;
}
