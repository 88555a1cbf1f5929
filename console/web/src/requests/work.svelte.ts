// Somebody's work on requests: the list, the one that is open, and the writes on their way. What the page shows is fetched
// anew every half minute while it is looked at, when it is looked at again, and after each write of its own: a request changes
// a few times a day, so a stream that pushes would carry next to nothing.
import { Refused, type Api, type Schemas } from "../api/api";
import type { Person } from "../session/person.svelte";
import { page } from "../text/page.svelte";
import { deliver } from "./deliver";
import { HalfWritten } from "./half-written.svelte";
import { Outbox, type Outcome, type Wish } from "./outbox.svelte";
import { openShelf, type Shelf } from "./shelf";
import { TicketList } from "./list.svelte";
import { Town } from "./town.svelte";
import type { State, Whole } from "./types";

export type Citizen = Schemas["Citizen"];

const AGAIN_MS = 30_000;

/** Why an open request is not shown. */
export type Missing = "" | "loading" | "away" | "none" | "elsewhere";

interface Options {
  more?: () => Promise<void>;
  listed?: boolean;
  town?: Town;
  shelf?: Shelf;
  /** Opens another request where the address does not. */
  go?: (number: string) => void;
}

export class Work {
  readonly api: Api;
  readonly town: Town;
  readonly list: TicketList;
  readonly halfWritten = new HalfWritten();
  readonly go: ((number: string) => void) | undefined;
  outbox = $state.raw<Outbox | null>(null);
  /** Of the open request; empty: none is. */
  number = $state("");
  whole = $state.raw<Whole | null>(null);
  missing = $state<Missing>("");
  /** When the backend has answered the last time, ms. */
  seen = $state(0);
  away = $state(false);
  /** The requests that were opened here, so that they can be read without a network. */
  readonly #read: Record<string, Whole | null> = {};
  readonly #more: () => Promise<void>;
  readonly #listed: boolean;
  readonly #shelf: Shelf | null;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The outbox, once the browser has opened its store. */
  #opening: Promise<Outbox> | null = null;

  /** `more` fetches what the page shows beside the list, `listed` says whether it shows the list. `town` is the page's, if it
   * has one; writes lie on the `shelf`, or else in the browser's store; `go` leads to another request, or else the address. */
  constructor(
    readonly person: Person,
    { more = () => Promise.resolve(), listed = true, town, shelf, go }: Options = {},
  ) {
    this.api = person.api;
    this.town = town ?? new Town(this.api);
    this.#shelf = shelf ?? null;
    this.go = go;
    this.list = new TicketList(this.api);
    this.#more = more;
    this.#listed = listed;
  }

  /** From now on the page is kept fresh; the returned function ends that. */
  begin(): () => void {
    const look = (): void => {
      if (document.visibilityState === "visible") {
        void this.halfWritten.look();
        void this.refresh();
      } else void this.halfWritten.save(); // a phone may close the page now
    };
    this.#timer = setInterval(look, AGAIN_MS);
    document.addEventListener("visibilitychange", look);
    addEventListener("online", look);
    void this.#opened();
    return () => {
      clearInterval(this.#timer);
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
    };
  }

  #opened(): Promise<Outbox> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<Outbox> {
    const shelf = this.#shelf ?? (await openShelf());
    const outbox = new Outbox(
      this.person.user,
      shelf,
      (write) => deliver(this.api, write),
      (whole) => void this.#arrived(whole),
    );
    this.outbox = outbox;
    void outbox.begin();
    return outbox;
  }

  /** Fetch all that is shown. The open request is read again if the list says that it has changed, or somebody `asked`:
   * the audit names each reading. */
  async refresh(asked = false): Promise<void> {
    try {
      await this.town.load();
      await this.#lists();
      this.seen = Date.now();
      this.away = false;
    } catch (error) {
      this.#failed(error);
      return;
    }
    const listed = this.list.tickets.find((one) => one.number === this.number);
    const isOld = !this.whole || (listed && listed.version > this.whole.version);
    if (this.number && (asked || isOld)) await this.#look();
    if (this.outbox?.list.some((one) => one.standing === "waiting")) await this.outbox.flush();
  }

  async #lists(): Promise<void> {
    await Promise.all([this.#listed ? this.list.load() : undefined, this.#more()]);
  }

  /** Open a request. `asked`: somebody has asked for it, so one that is open already is read anew. */
  async open(number: string, asked = false): Promise<void> {
    if (number === this.number && !asked) return;
    if (number !== this.number) {
      this.number = number;
      this.whole = this.#read[number] ?? null;
      this.missing = "";
    }
    if (number) await this.#look();
  }

  /** Read the open request anew. */
  async #look(): Promise<void> {
    const asked = this.number;
    if (!this.whole) this.missing = "loading";
    try {
      const found = await this.api.get<Whole>(`/tickets/${encodeURIComponent(asked)}?language=${page.language}`);
      this.away = false;
      const newest = this.#newest(found); // a write may have arrived since this was asked for
      if (asked !== this.number && found.number !== this.number) return;
      this.number = found.number; // as it is written, however it was typed: lists and writes go by that
      this.whole = newest;
      this.missing = "";
    } catch (error) {
      this.#failed(error);
      if (asked !== this.number || !(error instanceof Refused)) return;
      if (error.status === 404 || error.status === 422) this.#gone(asked, "none");
      else if (error.status === 403) this.#gone(asked, "elsewhere");
      else if (!this.whole) this.missing = "away";
    }
  }

  /** Of what was read of a request, the newest: answers may overtake one another. */
  #newest(found: Whole): Whole {
    const known = this.#read[found.number];
    return (this.#read[found.number] = known && known.version > found.version ? known : found);
  }

  #gone(number: string, why: Missing): void {
    this.#read[number] = null;
    this.whole = null;
    this.missing = why;
  }

  async again(): Promise<void> {
    await this.refresh(true);
  }

  /** Send writes, or keep them until there is a network. Those of a quick person wait until the browser has opened its store. */
  async write(wishes: readonly Wish[]): Promise<Outcome> {
    const outbox = this.outbox ?? (await this.#opened());
    const came = await outbox.add(wishes);
    if (came.kind === "changed") await this.refresh(true);
    return came;
  }

  /** Give up a write that was stopped; what waited behind it goes on. */
  async drop(key: string): Promise<void> {
    await this.outbox?.discard(key);
    await this.outbox?.flush();
  }

  /** The state that the open request will have when all that waits has arrived. */
  stateOf(whole: Whole): State {
    return this.outbox?.stateAfter(whole.number, whole.state) ?? whole.state;
  }

  async citizen(number: string): Promise<Citizen> {
    return this.api.get<Citizen>(`/tickets/${encodeURIComponent(number)}/caller`);
  }

  async #arrived(whole: Whole): Promise<void> {
    this.away = false;
    const own = this.person.role !== "unit" || whole.unit === this.person.unit;
    const newest = own ? this.#newest(whole) : (this.#read[whole.number] = null);
    if (whole.number === this.number) {
      if (!newest) this.#gone(whole.number, "elsewhere");
      else if (page.language === "tr") this.whole = newest;
      else await this.#look(); // an answer tells of its clock in Turkish
    }
    await this.#lists().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    this.away = error.status === 0 || error.status >= 500;
  }
}
