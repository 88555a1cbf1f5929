// The records of what was destroyed, page by page, newest first.
import { Refused, type Api, type Schemas } from "../api/api";
import { page } from "../text/page.svelte";
import { beginOf } from "../text/days";
import { answered } from "./refusals";

export type Destruction = Schemas["Destruction"];

const PAGE = 100;

export class Destructions {
  /** null: not read yet. */
  list = $state.raw<readonly Destruction[] | null>(null);
  /** Whether there are older ones. */
  hasMore = $state(false);
  /** Why the last page did not come: the server's words, or empty words; null: it came. */
  trouble = $state<string | null>(null);
  busy = $state(false);
  /** The days between which records are shown, as 2026-11-27, in the town's zone; empty: without that end. */
  from = $state("");
  until = $state("");
  #next = "";
  #asked = 0;

  constructor(private readonly api: Api) {}

  /** Read the next page: the first, or the one behind what is shown. After a failure it is asked for again. */
  async more(): Promise<void> {
    if (!this.busy) await this.#read();
  }

  /** An answer that was overtaken by another question, of other days, is not shown. */
  async #read(): Promise<void> {
    const mine = ++this.#asked;
    this.busy = true;
    try {
      const found = await this.api.page<Destruction>(`/destructions?limit=${PAGE}${this.#span()}${this.#next}`);
      if (mine !== this.#asked) return;
      const cursor = cursorOf(found.next);
      this.list = [...(this.list ?? []), ...found.body];
      this.#next = cursor && `&cursor=${cursor}`;
      this.hasMore = cursor !== "";
      this.trouble = null;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (mine === this.#asked) this.trouble = answered(error, page.language);
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }

  /** Show what was destroyed between these days: from the first page on. */
  async show(from: string, until: string): Promise<void> {
    [this.from, this.until] = [from, until];
    [this.list, this.#next, this.hasMore, this.trouble] = [null, "", false, null];
    await this.#read();
  }

  #span(): string {
    const since = this.from && `&since=${encodeURIComponent(beginOf(this.from, page.zone))}`;
    return since + (this.until && `&until=${encodeURIComponent(beginOf(this.until, page.zone, 1))}`);
  }
}

/** The cursor that a `Link` names; empty: there is no page behind this one. */
function cursorOf(link: string): string {
  return /[?&]cursor=([\w-]+)/.exec(link)?.[1] ?? "";
}
