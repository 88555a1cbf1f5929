// Which row of a list is meant by what is typed on it. Pure.

/** What is known of a row: the words by which it may be typed, such as a name and an extension. */
export type Names = readonly string[];

/** What follows within so long, ms, belongs to what was typed before. */
export const TYPING_MS = 1000;

/** What is typed on a list. */
export class Typing {
  #typed = "";
  #at = -Infinity;

  /** All that belongs together, with this key of the time `at`, ms. */
  add(key: string, at: number): string {
    this.#typed = (at - this.#at < TYPING_MS ? this.#typed : "") + key;
    this.#at = at;
    return this.#typed;
  }
}

/** The place of the row of which some word begins with what was typed; -1: there is none. `from`: the row that has the focus. The first
 * letter goes on to the next such row, round and round; more of them stay where they are as long as they fit. */
export function rowFor(rows: readonly Names[], typed: string, from: number, locale: string): number {
  const wanted = typed.toLocaleLowerCase(locale);
  const fits = (names: Names) => names.some((one) => one.toLocaleLowerCase(locale).startsWith(wanted));
  const first = typed.length > 1 ? Math.max(from, 0) : from + 1;
  const order = rows.map((_, place) => (first + place) % rows.length);
  return order.find((place) => fits(rows[place] ?? [])) ?? -1;
}
