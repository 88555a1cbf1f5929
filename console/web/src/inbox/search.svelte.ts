// Requests that are looked for by number or words, whoever has them.
import { Refused, type Api } from "../api/api";
import { whyOf } from "../api/refusal";
import type { Ticket } from "../requests/types";
import { page } from "../text/page.svelte";

const MOST = 50;

export class Search {
  words = $state("");
  /** null: nothing is looked for, or there is no answer yet. */
  found = $state.raw<readonly Ticket[] | null>(null);
  /** Why there is no answer; empty: there is one, or it is on its way. */
  trouble = $state("");
  #asked = 0;

  constructor(private readonly api: Pick<Api, "get">) {}

  get isAsked(): boolean {
    return this.words.trim() !== "";
  }

  /** Look for what is written now. An answer that was overtaken is not shown. */
  async look(): Promise<void> {
    const mine = ++this.#asked;
    this.trouble = "";
    if (!this.isAsked) {
      this.found = null;
      return;
    }
    try {
      const found = await this.api.get<Ticket[]>(`/tickets?q=${encodeURIComponent(this.words.trim())}&limit=${MOST}`);
      if (mine === this.#asked) this.found = found;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (mine !== this.#asked) return;
      this.found = null;
      this.trouble = error.status ? whyOf(error) : page.t.desk.away;
    }
  }
}
