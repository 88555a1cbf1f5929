// The calls of a day, newest first, by filters, page by page. The first page is read again and again, the others stay.
import { Refused, type Api } from "../api/api";
import { whyOf } from "../api/refusal";
import { page } from "../text/page.svelte";
import { anyCall, callsQuery, isNumber, joined, nextOf, type CallFilters, type ListedCall } from "./calls";
import { dayBefore } from "./curve";
import { Feed } from "./feed.svelte";

const PAGE = 50;

export interface CallPages {
  rows: readonly ListedCall[];
  /** The path of the page behind them; empty: there is none. */
  next: string;
  /** By what they were asked for. */
  asked: string;
}

export class CallList {
  filters = $state<CallFilters>(anyCall());
  readonly feed: Feed<CallPages>;
  /** Why there is no further page. */
  trouble = $state("");

  /** `now`: the backend's clock, ms. */
  constructor(
    private readonly api: Pick<Api, "page">,
    private readonly now: () => number,
    everyMs: number,
  ) {
    this.feed = new Feed(() => this.#first(), everyMs);
  }

  get today(): string {
    return dayBefore(this.now(), 0, page.zone);
  }

  get isFiltered(): boolean {
    return JSON.stringify(this.filters) !== JSON.stringify(anyCall());
  }

  /** Look by the filters as they are now. */
  look(): Promise<void> {
    this.trouble = "";
    return this.feed.refresh();
  }

  clear(): Promise<void> {
    this.filters = anyCall();
    return this.look();
  }

  async more(): Promise<void> {
    const known = this.feed.value;
    if (!known?.next) return;
    try {
      const { body, next } = await this.api.page<ListedCall>(known.next);
      if (this.feed.value?.next !== known.next) return; // other filters meanwhile, or pressed twice
      this.feed.value = { ...known, rows: [...this.feed.value.rows, ...body], next: nextOf(next) };
      this.trouble = "";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.trouble = whyOf(error) || page.t.common.away;
    }
  }

  /** By the filters; while what is typed as a number is none, by those of the rows that are shown: it may be a citizen's name. */
  #query(): string {
    const isAsked = isNumber(this.filters.caller);
    if (!isAsked && this.feed.value) return this.feed.value.asked;
    const filters = isAsked ? this.filters : { ...this.filters, caller: "" };
    return callsQuery(filters, this.today, page.zone).toString();
  }

  async #first(): Promise<CallPages> {
    const asked = this.#query();
    const found = await this.api.page<ListedCall>(`/calls?${asked}&limit=${PAGE}`);
    const known = this.feed.value?.asked === asked ? this.feed.value : null;
    const rows = joined(found.body, known?.rows ?? []);
    return { rows, next: known && rows.length > found.body.length ? known.next : nextOf(found.next), asked };
  }
}
