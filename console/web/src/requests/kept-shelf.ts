// Where a browser keeps what a desk of requests shows, for the minutes without a network. It is one person's, and it is kept for hours.
import { openShelf, type Shelf } from "./shelf";

const NAME = "cozum-kept";

/** What lies on the shelf. */
export interface Kept {
  key: string;
  /** Whose it is. */
  user: string;
  /** When the server said it, ms. */
  at: number;
  value: unknown;
}

/** A shift, and the longest that a session lasts by itself (`session_s`). After that it is destroyed. */
export const KEPT_MS = 12 * 3_600_000;

let opening: Promise<Shelf<Kept>> | null = null;

/** The page's one connection to it: who is signed in is asked again and again. Where the browser gives none, the next one tries anew. */
export function openKept(): Promise<Shelf<Kept>> {
  opening ??= openShelf<Kept>(NAME).then((shelf) => {
    if (!shelf.lasts) opening = null;
    return shelf;
  });
  return opening;
}

/** Destroy what is not `user`'s, or too old. Empty: nobody is signed in, and all of it goes. */
export async function leaveKept(user: string, shelf?: Promise<Shelf<Kept>>): Promise<void> {
  if (!shelf && !(await isThere())) return;
  await dropKept(await (shelf ?? openKept()), (one) => one.user !== user || Date.now() - one.at >= KEPT_MS);
}

/** Whether this browser has one: a page that keeps nothing makes none. One that cannot say may have it. */
async function isThere(): Promise<boolean> {
  try {
    return (await indexedDB.databases()).some(({ name }) => name === NAME);
  } catch {
    return true;
  }
}

export async function dropKept(shelf: Shelf<Kept>, isDropped: (one: Kept) => boolean): Promise<void> {
  await shelf.drop(isDropped).catch(() => undefined);
}
