// What a tab keeps of citizens while somebody is signed in, and lets go of when they sign out.

/** Requests that are being taken down: with the person's name behind it. */
export const DRAFTS_KEY = "cozum.drafts.";

/** Who wants to be asked for a new password another time. */
export const LATER_KEY = "cozum.password-later";

/** Remove it, whichever page of the tab has kept it. */
export function forgetLeftBehind(store: Pick<Storage, "key" | "length" | "removeItem">): void {
  const names = Array.from({ length: store.length }, (_, place) => store.key(place) ?? "");
  for (const name of names) if (name.startsWith(DRAFTS_KEY) || name === LATER_KEY) store.removeItem(name);
}
