// Something that is asked for again and again while the page is seen: what was answered last, and whether it is still to be had.
import { Refused } from "../api/api";
import { whyOf } from "../api/refusal";

export class Feed<T> {
  value = $state.raw<T | null>(null);
  /** Why the last answer did not come; empty: it came. */
  trouble = $state("");
  /** When the value was answered, ms. */
  at = $state(0);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly everyMs: number,
  ) {}

  /** Ask now and then again, until `stop`. */
  start(): void {
    clearTimeout(this.#timer);
    void this.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  /** Ask now. An answer that was overtaken by a later question is not shown. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const mine = ++this.#asked;
    try {
      const value = await this.ask();
      if (mine !== this.#asked) return;
      this.value = value;
      this.trouble = "";
      this.at = Date.now();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (mine !== this.#asked) return;
      this.trouble = whyOf(error);
      if (error.status === 401) return; // nobody is signed in: the page asks for that, and starts us anew
    }
    this.#timer = setTimeout(() => void this.refresh(), this.everyMs);
  }
}
