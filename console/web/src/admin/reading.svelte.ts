// Something that a part of the page reads once, and again when it was changed or could not be read.
import { Refused } from "../api/api";
import { page } from "../text/page.svelte";
import { answered } from "./refusals";

export class Reading<T> {
  /** null: not read yet. What was read stays if it cannot be read again. */
  value = $state.raw<T | null>(null);
  /** Why it could not be read: the server's words, or empty words; null: it could, or nobody has tried. */
  trouble = $state<string | null>(null);
  busy = $state(false);
  /** Questions so far: an answer that was overtaken by a later question is not shown. */
  #turn = 0;

  constructor(private readonly ask: () => Promise<T>) {}

  /** Read it, also once more. */
  async read(): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const value = await this.ask();
      if (turn === this.#turn) [this.value, this.trouble] = [value, null];
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (turn === this.#turn) this.trouble = answered(error, page.language);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}
