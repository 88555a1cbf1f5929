// What a desk of requests shows, kept for the minutes without a network: the list, the requests that were opened, the town, and who
// saw them. It is what the desk's server gave that person, masked as they see it. It lies in the browser for hours only, and for one
// person: it goes when they sign out, when another person signs in, and when the desk says that nobody is signed in.
import type { Schemas } from "../api/api";
import type { Session } from "../session/session";
import { dropKept, KEPT_MS, openKept, type Kept } from "./kept-shelf";
import type { Shelf } from "./shelf";
import type { Ticket, Whole } from "./types";

const PERSON = "person";
const READ = "read ";

/** Who saw it: enough to show it to them again, and nothing by which a server would let them in. */
export type Reader = Pick<Session, "user" | "role" | "name" | "unit" | "pages">;

/** All that is kept for somebody. */
export interface Recalled {
  reader: Reader;
  town: Schemas["TownView"] | null;
  tickets: readonly Ticket[];
  /** The requests that were opened. */
  read: readonly Whole[];
  /** When the list was fetched, ms. */
  at: number;
  /** When the network was found to be gone, ms; 0: it was there. */
  away: number;
}

export class KeptWork {
  #shelf: Promise<Shelf<Kept>> | null = null;
  /** The session for which the reader was put down. */
  #begun: Session | null = null;

  constructor(
    private readonly open: () => Promise<Shelf<Kept>> = openKept,
    private readonly clock: () => number = Date.now,
  ) {}

  #opened(): Promise<Shelf<Kept>> {
    this.#shelf ??= this.open();
    return this.#shelf;
  }

  /** What is kept for `user`, or for whoever was here last; null: nothing that is young enough. */
  async recall(user = ""): Promise<Recalled | null> {
    const shelf = await this.#opened();
    const all = (await shelf.all().catch((): Kept[] => [])).filter((one) => this.clock() - one.at < KEPT_MS);
    const reader = all.find((one) => one.key === PERSON);
    const list = all.find((one) => one.key === "list");
    if (!reader || !list || list.user !== reader.user || (user && reader.user !== user)) {
      await dropKept(shelf, (one) => this.clock() - one.at >= KEPT_MS);
      return null;
    }
    const own = all.filter((one) => one.user === reader.user);
    const away = (own.find((one) => one.key === "away")?.value as number | undefined) ?? 0;
    const named = (key: string): Kept | undefined => own.find((one) => one.key === key);
    return {
      reader: reader.value as Reader,
      town: (named("town")?.value as Schemas["TownView"] | undefined) ?? null,
      tickets: list.value as Ticket[],
      read: own.filter((one) => one.key.startsWith(READ)).map((one) => one.value as Whole),
      at: list.at,
      away: away > list.at ? away : 0, // the list was fetched since: that was another time
    };
  }

  /** Keep what somebody has been shown; `at` is when. False: it is not kept, since another person has signed in meanwhile, or nobody is. */
  async keep(session: Session, parts: Readonly<Record<string, unknown>>, at = this.clock()): Promise<boolean> {
    const shelf = await this.#opened();
    const { user, role, name, pages } = session;
    const reader: Reader = { user, role, name, unit: session.unit ?? null, pages };
    try {
      const made: Kept[] = Object.entries(parts).map(([key, value]) => ({ key, user, at, value }));
      made.push({ key: PERSON, user, at: this.clock(), value: reader });
      const isTheirs = (found: Kept | undefined): boolean => this.#begun !== session || found?.user === user;
      if (!(await shelf.putIf(made, PERSON, isTheirs))) {
        this.#begun = null;
        return false;
      }
      this.#begun = session;
    } catch {
      // The browser's store is full or closed: what is shown stays as long as the page.
    }
    return true;
  }

  /** Keep a request that was opened. */
  keepRead(session: Session, whole: Whole): Promise<boolean> {
    return this.keep(session, { [READ + whole.number]: whole });
  }

  /** Of the requests that were opened, keep these alone. */
  async keepOnlyRead(numbers: readonly string[]): Promise<void> {
    await dropKept(await this.#opened(), (one) => {
      return one.key.startsWith(READ) && !numbers.includes(one.key.slice(READ.length));
    });
  }

  /** Since when the network is gone; 0: it is there. */
  async away(user: string, since: number): Promise<void> {
    const shelf = await this.#opened();
    if (since) await shelf.put([{ key: "away", user, at: this.clock(), value: since }]).catch(() => undefined);
    else await shelf.remove("away").catch(() => undefined);
  }

  /** Destroy all of it. What a question that is under way finds after it is not kept either. */
  async forget(): Promise<void> {
    await dropKept(await this.#opened(), () => true);
  }
}
