// A list of requests by deadline, with its filters, page by page.
import { Refused, type Api, type Schemas } from "../api/api";
import { whyOf } from "../api/refusal";
import { allOpen, countQuery, query, type Filters } from "./filters";
import type { Ticket } from "./types";

export type DistrictCount = Schemas["DistrictCount"];

const PAGE = 50;

export class TicketList {
  filters = $state<Filters>(allOpen());
  tickets = $state.raw<readonly Ticket[]>([]);
  counts = $state.raw<readonly DistrictCount[]>([]);
  /** The next page there is; empty: none. */
  next = $state("");
  /** Whether anything has been fetched by these filters. */
  loaded = $state(false);
  /** Whether what was fetched is of all open requests. */
  isOfAll = false;
  /** Why the filters are refused. */
  wrong = $state("");
  #asked = "";
  /** Questions so far: an answer that was overtaken by a later question is not shown. */
  #turn = 0;
  #shown = PAGE;

  constructor(private readonly api: Api) {}

  /** Whether any filter is set. */
  get isFiltered(): boolean {
    return JSON.stringify(this.filters) !== JSON.stringify(allOpen());
  }

  /** Fetch what the filters ask for. A list that has grown by `more` stays as long as it was. */
  async load(): Promise<void> {
    const asked = query(this.filters).toString();
    const turn = ++this.#turn;
    if (asked !== this.#asked) {
      this.#asked = asked;
      this.#shown = PAGE;
      this.loaded = false;
    }
    const counted = countQuery(this.filters).toString();
    try {
      const [found, counts] = await Promise.all([
        this.api.page<Ticket>(`/tickets?${asked}&order=due&limit=${this.#shown}`),
        this.api.get<DistrictCount[]>(`/tickets/by-district?${counted}`),
      ]);
      if (turn !== this.#turn) return;
      [this.tickets, this.next, this.counts] = [found.body, found.next, counts];
      this.loaded = true;
      this.isOfAll = asked === query(allOpen()).toString();
      this.wrong = "";
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof Refused) || error.status !== 422) throw error;
      this.wrong = whyOf(error);
    }
  }

  /** Show these, which are known without a network. */
  show(tickets: readonly Ticket[]): void {
    [this.tickets, this.next, this.loaded, this.isOfAll, this.wrong] = [tickets, "", true, false, ""];
  }

  async more(): Promise<void> {
    this.#shown = Math.min(1000, this.#shown + PAGE);
    await this.load();
  }
}
