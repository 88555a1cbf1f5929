// Where all pages of a browser keep what is half-written, so that it outlives a page. Nothing of somebody stays there when they leave.
import { openShelf, type Shelf } from "./shelf";

/** What lies on the shelf. */
export interface Half {
  key: string;
  /** Whose it is: nobody else sees it. */
  author: string;
  about: string;
  what: string;
  words: unknown;
  /** When it was written, ms. */
  at: number;
}

/** What was left for longer is destroyed: it may name somebody. */
export const KEPT_MS = 3 * 86_400_000;

/** Where every page of a browser keeps what is half-written. */
export function openHalf(): Promise<Shelf<Half>> {
  return openShelf<Half>("cozum-begun");
}

/** Nothing of theirs stays in the browser: they leave. */
export async function destroyHalf(author: string, opening: Promise<Shelf<Half>> = openHalf()): Promise<void> {
  const shelf = await opening;
  for (const one of await shelf.all().catch((): Half[] => [])) {
    if (one.author === author) await shelf.remove(one.key).catch(() => undefined);
  }
}
