// Somebody's work on requests: the list, the one that is open, and the writes on their way. What the page shows is fetched
// anew every half minute while it is looked at, when it is looked at again, and after each write of its own: a request changes
// a few times a day, so a stream that pushes would carry next to nothing.
import { Refused, type Api, type Schemas } from "../api/api";
import type { Person } from "../session/person.svelte";
import { page } from "../text/page.svelte";
import { deliver } from "./deliver";
import { HalfWritten } from "./half-written.svelte";
import { matches } from "./filters";
import { fromList } from "./from-list";
import type { KeptWork, Recalled } from "./kept";
import { KEPT_MS } from "./kept-shelf";
import { Outbox, type Outcome, type Wish } from "./outbox.svelte";
import { openShelf, type Shelf } from "./shelf";
import { TicketList } from "./list.svelte";
import { Town } from "./town.svelte";
import { NotSignedIn, type Session } from "../session/session";
import type { State, Ticket, Whole } from "./types";

export type Citizen = Schemas["Citizen"];

const AGAIN_MS = 30_000;
/** A request that takes longer to come is shown as the list has it meanwhile. */
const SLOW_MS = 3_000;

/** Somebody who works on requests; on a page that keeps what it shows, a `Person`. */
type Author = Pick<Person, "session" | "user" | "role" | "unit" | "api"> & Partial<Pick<Person, "isSure" | "renew">>;

/** Why an open request is not shown. */
export type Missing = "" | "loading" | "away" | "none" | "elsewhere";

interface Options {
  more?: () => Promise<void>;
  listed?: boolean;
  town?: Town;
  shelf?: Shelf;
  /** Opens another request where the address does not. */
  go?: (number: string) => void;
  /** Keeps what is shown for the minutes without a network. */
  kept?: KeptWork;
  /** Says whether the page is of the desk's release; null: the desk could not be asked. */
  release?: { doubt(): void; isCurrent(): Promise<boolean | null> };
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
  /** Since when it does not answer, ms; 0: it does. */
  awaySince = $state(0);
  readonly kept: KeptWork | undefined;
  /** The requests that were opened here, so that they can be read without a network. */
  #read: Record<string, Whole | null> = {};
  readonly #more: () => Promise<void>;
  readonly #listed: boolean;
  readonly #shelf: Shelf | null;
  readonly #release: Options["release"];
  /** The requests that a list has named, as it named them. */
  #known: readonly Ticket[] = [];
  /** When all open requests were listed last, ms. */
  #listedAt = 0;
  /** What was kept before this page was opened. */
  #recalled: Recalled | null = null;
  /** Of what is kept, the session and the town for which it is. */
  #keptFor: Session | null = null;
  #keptTown: unknown = null;
  /** The requests that are shown as the list has them. */
  readonly #outlines = new WeakSet<Whole>();
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The outbox, once the browser has opened its store. */
  #opening: Promise<Outbox> | null = null;

  /** `more` fetches what the page shows beside the list, `listed` says whether it shows the list. `town` is the page's, if it
   * has one; writes lie on the `shelf`, or else in the browser's store; `go` leads to another request, or else the address. */
  constructor(
    readonly person: Author,
    { more = () => Promise.resolve(), listed = true, town, shelf, go, kept, release }: Options = {},
  ) {
    this.api = person.api;
    this.town = town ?? new Town(this.api);
    this.#shelf = shelf ?? null;
    this.go = go;
    this.kept = kept;
    this.#release = release;
    this.list = new TicketList(this.api);
    this.#more = more;
    this.#listed = listed;
  }

  /** The backend does not answer. */
  get away(): boolean {
    return this.awaySince > 0;
  }

  /** Whether the open request is shown as the list has it: what has happened about it is not known here. */
  get isOutline(): boolean {
    return this.whole !== null && this.#outlines.has(this.whole);
  }

  /** From now on the page is kept fresh; the returned function ends that. */
  begin(): () => void {
    const look = (): void => {
      if (document.visibilityState === "visible") {
        void this.halfWritten.look();
        this.#forgetOld();
        void this.refresh();
      } else void this.halfWritten.save(); // a phone may close the page now
    };
    this.#timer = setInterval(look, AGAIN_MS);
    document.addEventListener("visibilitychange", look);
    addEventListener("online", look);
    void this.#opened();
    void this.#recall();
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
      async (write) => ((await this.#maySend()) ? deliver(this.api, write) : { kind: "away" }),
      (whole) => void this.#arrived(whole),
    );
    this.outbox = outbox;
    void outbox.begin();
    return outbox;
  }

  /** Fetch all that is shown. The open request is read again if the list says that it has changed, the page has another language, or
   * somebody `asked`: the audit names each reading. */
  async refresh(asked = false): Promise<void> {
    if (this.away) this.#showKept();
    try {
      if ((await this.#isCurrent()) === false) return;
      await this.town.load();
      await this.#lists();
      this.seen = Date.now();
      this.#reached();
    } catch (error) {
      this.#failed(error);
      return;
    }
    const listed = this.list.tickets.find((one) => one.number === this.number);
    const { whole } = this;
    const isOld = !whole || (listed && listed.version > whole.version);
    if (this.number && (asked || isOld)) await this.#look();
    if (this.outbox?.list.some((one) => one.standing === "waiting")) await this.outbox.flush();
  }

  async #lists(): Promise<void> {
    await Promise.all([this.#listed ? this.list.load() : undefined, this.#more()]);
    if (this.#listed && this.list.loaded) this.#know(this.list.tickets);
  }

  /** What a list has named can be read without a network from now on. */
  #know(listed: readonly Ticket[]): void {
    if (!this.kept) return;
    const others = this.#known.filter((one) => !listed.some((other) => other.number === one.number));
    this.#known = this.list.isOfAll ? listed : [...listed, ...others];
    if (this.list.isOfAll) this.#listedAt = Date.now();
    void this.#keepAll();
  }

  async #keepAll(): Promise<void> {
    const { kept } = this;
    const session = this.person.session;
    if (!kept || !session?.csrf || !this.#listedAt) return;
    if (this.#keptFor !== session) [this.#keptFor, this.#keptTown] = [session, null];
    const town = this.town.view;
    const isNew = town !== this.#keptTown;
    this.#keptTown = town;
    if (isNew && !(await this.#keep(session, { town }))) return;
    if (!(await this.#keep(session, { list: this.#known }, this.#listedAt))) return;
    await kept.keepOnlyRead([...this.#known.map((one) => one.number), this.number]);
  }

  /** False: another person has signed in here, or nobody is signed in any more. */
  async #keep(session: Session, parts: Record<string, unknown>, at = Date.now()): Promise<boolean> {
    if (!this.kept || (await this.kept.keep(session, parts, at))) return true;
    this.#keptTown = null;
    await this.person.renew?.().catch((error: unknown) => {
      if (!(error instanceof NotSignedIn)) throw error;
    });
    return false;
  }

  /** Have what an earlier page has kept, in case there is no network. */
  async #recall(): Promise<void> {
    const found = await this.kept?.recall(this.person.user);
    if (!found || this.list.loaded) return;
    this.#recalled = found;
    if (this.person.isSure === false) this.#lost(found.away);
    if (this.away) this.#showKept();
  }

  /** Show what is known without a network. */
  #showKept(): void {
    const found = this.#recalled;
    if (found && !this.seen) {
      this.#known = found.tickets;
      [this.#listedAt, this.seen] = [found.at, found.at];
      this.town.view ??= found.town;
      for (const one of found.read) this.#read[one.number] ??= one;
    }
    if (this.#listedAt && this.#listed) this.list.show(this.#known.filter((one) => this.#isWanted(one)));
    if (this.number && !this.whole) this.#outline(this.number);
  }

  #isWanted(ticket: Ticket): boolean {
    const words = [this.town.topicName(ticket.topic), this.town.mahalle(ticket.district ?? "")];
    return matches(ticket, this.list.filters, words, page.format.locale);
  }

  /** Show a request as it was read last, or as the list has it if that is newer. False: neither is known. */
  #outline(number: string): boolean {
    const read = this.#read[number];
    if (read === null) return false; // it is somebody else's by now
    const ticket = this.#known.find((one) => one.number === number);
    if (!ticket && !read) return false;
    if (ticket && !(read && read.version >= ticket.version)) {
      this.whole = fromList(ticket, this.town.topic(ticket.topic ?? ""), read);
      this.#outlines.add(this.whole);
    } else this.whole = read ?? null;
    this.missing = "";
    return true;
  }

  /** What was kept for too long is gone, also from the page. */
  #forgetOld(): void {
    if (!this.kept || !this.away || !this.seen || Date.now() - this.seen < KEPT_MS) return;
    [this.#known, this.#listedAt, this.#recalled, this.seen] = [[], 0, null, 0];
    this.#read = {};
    this.list.show([]);
    this.list.loaded = false;
    [this.whole, this.missing] = [null, this.number ? "away" : ""];
    void this.kept.forget();
  }

  async #isCurrent(): Promise<boolean | null> {
    return this.#release ? this.#release.isCurrent() : true;
  }

  /** A page of an older release leaves what waits to the new one, which finds it in the browser's store. What no store has
   * would be lost with the page: the page sends it itself, and what was written before it. While the desk cannot be asked the
   * page may be older without knowing it: the desk can be back a moment later, and the write would arrive by the old page. */
  async #maySend(): Promise<boolean> {
    return this.outbox?.lasts === false || (await this.#isCurrent()) === true;
  }

  /** Whether something that waits to be sent would be gone with the page. */
  get holdsUnkept(): boolean {
    return this.outbox !== null && this.outbox.list.length > 0 && !this.outbox.lasts;
  }

  /** Open a request. `asked`: somebody has asked for it, so one that is open already is read anew. */
  async open(number: string, asked = false): Promise<void> {
    if (number === this.number && !asked) return;
    if (number !== this.number) {
      this.number = number;
      this.whole = this.#read[number] ?? null;
      this.missing = "";
      if (this.away) this.#outline(number);
    }
    if (number) await this.#look();
  }

  /** Read the open request anew. */
  async #look(): Promise<void> {
    const asked = this.number;
    if (!this.whole) this.missing = "loading";
    const slow = setTimeout(() => {
      if (asked === this.number && !this.whole) this.#outline(asked);
    }, SLOW_MS);
    try {
      const found = await this.api.get<Whole>(`/tickets/${encodeURIComponent(asked)}`);
      this.#reached();
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
      else if (!this.whole && !this.#outline(asked)) this.missing = "away";
    } finally {
      clearTimeout(slow);
    }
  }

  /** Of what was read of a request, the newest: answers may overtake one another. */
  #newest(found: Whole): Whole {
    const known = this.#read[found.number];
    const newest = known && known.version > found.version ? known : found;
    const session = this.person.session;
    if (this.kept && session?.csrf) void this.#keep(session, { [`read ${newest.number}`]: newest });
    return (this.#read[found.number] = newest);
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
    this.#reached();
    const own = this.person.role !== "unit" || whole.unit === this.person.unit;
    const newest = own ? this.#newest(whole) : (this.#read[whole.number] = null);
    if (whole.number === this.number) {
      if (!newest) this.#gone(whole.number, "elsewhere");
      else this.whole = newest;
    }
    if ((await this.#isCurrent()) === false) return;
    await this.#lists().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 0 || error.status >= 500) {
      this.#lost();
      this.#showKept();
    } else this.#reached();
  }

  #reached(): void {
    if (!this.awaySince) return;
    this.awaySince = 0;
    void this.kept?.away(this.person.user, 0);
  }

  /** `since` is when an earlier page has found it so. */
  #lost(since = 0): void {
    this.#release?.doubt();
    if (this.awaySince) return;
    this.awaySince = since || Date.now();
    void this.kept?.away(this.person.user, this.awaySince);
  }
}
