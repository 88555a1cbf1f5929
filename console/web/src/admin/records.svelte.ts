// Records of a route that gives them page by page, newest first: of what was destroyed, and of what people did.
import { Refused, type Api } from "../api/api";
import { page } from "../text/page.svelte";
import { beginOf } from "../text/days";
import { answered } from "./refusals";

const PAGE = 100;

export class Records<T> {
  /** null: not read yet. */
  list = $state.raw<readonly T[] | null>(null);
  /** Whether there are older ones. */
  hasMore = $state(false);
  /** Why the last page did not come: the server's words, or empty words; null: it came. */
  trouble = $state<string | null>(null);
  busy = $state(false);
  /** The days between which records are shown, as 2026-11-27, in the town's zone; empty: without that end. */
  from = $state("");
  until = $state("");
  /** What else they must be, by the parameters of the route; empty: anything. */
  filters = $state.raw<Readonly<Record<string, string>>>({});
  #next = "";
  #asked = 0;

  constructor(
    private readonly api: Api,
    private readonly path: string,
  ) {}

  /** Whether some of them are left out. */
  get narrowed(): boolean {
    return [this.from, this.until, ...Object.values(this.filters)].some((one) => one !== "");
  }

  /** Read the next page: the first, or the one behind what is shown. After a failure it is asked for again. */
  async more(): Promise<void> {
    if (!this.busy) await this.#read();
  }

  /** An answer that was overtaken by another question is not shown. */
  async #read(): Promise<void> {
    const mine = ++this.#asked;
    this.busy = true;
    try {
      const found = await this.api.page<T>(`${this.path}?limit=${PAGE}${this.#parameters()}${this.#next}`);
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

  /** Show those between these days, and of these filters: from the first page on. */
  async show(from: string, until: string, filters: Readonly<Record<string, string>> = {}): Promise<void> {
    [this.from, this.until, this.filters] = [from, until, filters];
    [this.list, this.#next, this.hasMore, this.trouble] = [null, "", false, null];
    await this.#read();
  }

  #parameters(): string {
    const since = this.from && beginOf(this.from, page.zone);
    const until = this.until && beginOf(this.until, page.zone, 1);
    return Object.entries({ since, until, ...this.filters })
      .map(([name, value]) => value && `&${name}=${encodeURIComponent(value)}`)
      .join("");
  }
}

/** The cursor that a `Link` names; empty: there is no page behind this one. */
function cursorOf(link: string): string {
  return /[?&]cursor=([\w-]+)/.exec(link)?.[1] ?? "";
}
