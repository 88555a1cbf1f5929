// Writes on their way to the backend. Each lies on the shelf before it is sent and is taken off when it has arrived, so none
// is lost without a network, and none is made twice: it is sent again with the same idempotency key. A write that the shelf
// does not take (it is full, or the browser has closed it) is sent all the same, and lives as long as the page.
//
// The writes of one request are sent in order, each on top of the one before. If somebody else has changed the request
// meanwhile, or the backend refuses a write, it stops there until its author has decided; other requests go on.
import { freshKey } from "../api/fresh-key";
import { OwnVersions } from "./own-versions";
import type { Shelf } from "./shelf";
import type { State, Whole } from "./types";

/** What somebody wants to change, as a form makes it. */
export interface Wish {
  /** The request's. */
  number: string;
  /** A move's name, or that of what is no move, such as `note`. */
  what: string;
  /** Behind `/tickets/{number}`. */
  path: string;
  /** `POST` where it is none. */
  method?: "PATCH";
  body?: Record<string, unknown>;
  file?: Blob;
  /** What its author has written, as their form takes it up again. It is not sent. */
  form?: unknown;
  /** Where the request is then, if it moves. */
  to?: State;
  /** The version of the request that its author has seen. */
  base: number;
}

export interface Write extends Wish {
  /** Of the idempotency. */
  key: string;
  user: string;
  /** When it was made, ms; two never have the same. */
  at: number;
  standing: "waiting" | "conflict" | "refused";
  /** Why it was refused. */
  why: string;
  /** What of it the backend names as wrong; empty: nothing. */
  wrong?: string;
}

export type Delivered =
  | { kind: "done"; ticket: Whole }
  | { kind: "away" }
  | { kind: "changed" }
  | { kind: "refused"; why: string; wrong?: string };

/** What became of some writes: all arrived, or wait for a network; or the request had changed, or one was refused, or there is no room
 * for more that wait. */
export interface Outcome {
  kind: "done" | "waiting" | "changed" | "refused" | "full";
  why: string;
  /** What the backend names as wrong, such as `fields.parca`; empty: nothing. */
  wrong: string;
  /** So many of them have arrived. */
  sent: number;
}

/** What somebody else left on this device and never sent is deleted after so long. */
const OTHERS_KEPT_MS = 3 * 86_400_000;
const AGAIN_MS = 5_000;
/** So many bytes of photos may wait: about a hundred, as they are sent. A browser that has less room takes fewer. */
export const MOST_WAITING = 50 * 1024 * 1024;

export class Outbox {
  /** In the order in which they are sent. */
  list = $state.raw<readonly Write[]>([]);
  /** The backend did not answer the last time. */
  away = $state(false);
  /** The keys of those that the shelf did not take. */
  #unkept = $state.raw<readonly string[]>([]);
  readonly #own = new OwnVersions();
  #sending: Promise<void> | null = null;
  #more = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What lies on the shelf is being taken up. */
  #taking: Promise<void> = Promise.resolve();

  /** `arrived` is told of each request that a write has changed. */
  constructor(
    private readonly user: string,
    private readonly shelf: Shelf,
    private readonly deliver: (write: Write) => Promise<Delivered>,
    private readonly arrived: (ticket: Whole) => void,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Whether what waits outlives the page. */
  get lasts(): boolean {
    return this.shelf.lasts && !this.list.some((one) => this.#unkept.includes(one.key));
  }

  /** Take up what lies on the shelf, and send it. */
  async begin(): Promise<void> {
    this.#taking = this.#takeUp();
    await this.#taking;
    await this.flush();
  }

  async #takeUp(): Promise<void> {
    const all = await this.shelf.all().catch((): Write[] => []);
    for (const one of all) {
      if (one.user !== this.user && this.clock() - one.at > OTHERS_KEPT_MS) await this.#remove(one.key);
    }
    this.#take(all.filter((one) => one.user === this.user));
  }

  /** The requests of which a write was stopped. */
  get stopped(): string[] {
    const numbers = this.list.filter((one) => one.standing !== "waiting").map((one) => one.number);
    return numbers.filter((one, place) => numbers.indexOf(one) === place);
  }

  of(number: string): Write[] {
    return this.list.filter((one) => one.number === number);
  }

  /** Where a request will be when all that waits for it has arrived. */
  stateAfter(number: string, state: State): State {
    return this.of(number).findLast((one) => one.to && one.standing === "waiting")?.to ?? state;
  }

  /** Send these, one after the other. If one cannot be made, none of those that are left lies here any more: the form that
   * made them has the words. */
  async add(wishes: readonly Wish[]): Promise<Outcome> {
    await this.#taking; // what lay there was made before these
    if (this.#isFull(wishes)) return { kind: "full", why: "", wrong: "", sent: 0 };
    const made: Write[] = [];
    for (const wish of wishes) {
      const last = made.at(-1) ?? this.list.at(-1);
      const at = Math.max(this.clock(), (last?.at ?? 0) + 1);
      const base = this.#own.known(wish.number, wish.base);
      made.push({ ...wish, base, key: freshKey(), user: this.user, at, standing: "waiting", why: "" });
    }
    await this.#put(made);
    // A write of its author may have arrived meanwhile: it is in no list yet, so nobody has said so to these.
    for (let late = this.#late(made); late; late = this.#late(made)) await this.#put(made);
    this.#take([...this.list, ...made]);
    await this.flush();
    const left = this.list.filter((one) => made.some((other) => other.key === one.key));
    const stopped = left.find((one) => one.standing !== "waiting");
    const sent = made.length - left.length;
    if (!stopped) return { kind: left.length ? "waiting" : "done", why: "", wrong: "", sent };
    for (const one of left) await this.discard(one.key);
    const kind = stopped.standing === "conflict" ? "changed" : "refused";
    return { kind, why: stopped.why, wrong: stopped.wrong ?? "", sent };
  }

  /** Whether there is no room for these beside the photos that wait. What waits for nothing is sent, however large. */
  #isFull(wishes: readonly Wish[]): boolean {
    const sizeOf = (some: readonly Wish[]): number => some.reduce((sum, one) => sum + (one.file?.size ?? 0), 0);
    const [waiting, more] = [sizeOf(this.list), sizeOf(wishes)];
    return more > 0 && (waiting > 0 || this.away) && waiting + more > MOST_WAITING;
  }

  /** The first of these writes whose author knows a newer version now; it is put right. */
  #late(writes: Write[]): Write | undefined {
    for (const [at, write] of writes.entries()) {
      const base = this.#own.known(write.number, write.base);
      if (base !== write.base) return (writes[at] = { ...write, base });
    }
    return undefined;
  }

  /** Send a write that was stopped once more, on top of the version that its author has seen now. */
  async again(key: string, base: number): Promise<void> {
    await this.#change(key, { standing: "waiting", why: "", base });
    await this.flush();
  }

  async discard(key: string): Promise<void> {
    await this.#remove(key);
    this.#take(this.list.filter((one) => one.key !== key));
  }

  /** Forget all of this person's, sent or not. */
  async forget(): Promise<void> {
    clearTimeout(this.#timer);
    for (const one of this.list) await this.#remove(one.key);
    this.#take([]);
  }

  /** Send what waits. Several who ask at once wait for the same. */
  flush(): Promise<void> {
    this.#more = true;
    this.#sending ??= this.#alone();
    return this.#sending;
  }

  async #alone(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      while (this.#more) {
        this.#more = false;
        await oneTab(() => this.#send());
      }
    } finally {
      this.#sending = null; // at once: what is asked for a moment later is a round of its own
    }
    if (this.list.some((one) => one.standing === "waiting") && this.away) {
      this.#timer = setTimeout(() => void this.flush(), AGAIN_MS);
    }
  }

  async #send(): Promise<void> {
    for (;;) {
      const stopped = this.list.filter((one) => one.standing !== "waiting").map((one) => one.number);
      const next = this.list.find((one) => !stopped.includes(one.number));
      if (!next) return;
      const came = await this.deliver(next);
      this.away = came.kind === "away";
      if (came.kind === "away") return;
      if (came.kind === "done") await this.#arrived(next, came.ticket);
      else if (came.kind === "changed") await this.#change(next.key, { standing: "conflict" });
      else await this.#change(next.key, { standing: "refused", why: came.why, wrong: came.wrong ?? "" });
    }
  }

  async #arrived(write: Write, ticket: Whole): Promise<void> {
    this.#own.made(write.number, write.base);
    // Our own change is one version. What comes after it in the same request was written on top of it; if the request has
    // gone on further, somebody else has changed it and the backend will say so.
    for (const one of this.of(write.number)) {
      if (one.key !== write.key && one.base === write.base) await this.#change(one.key, { base: write.base + 1 });
    }
    await this.discard(write.key);
    this.arrived(ticket);
  }

  async #change(key: string, values: Partial<Write>): Promise<void> {
    const found = this.list.find((one) => one.key === key);
    if (!found) return;
    const changed = { ...found, ...values };
    if (!this.#unkept.includes(key)) await this.#put([changed]); // else it would lie there without those it belongs to
    this.#take(this.list.map((one) => (one.key === key ? changed : one)));
  }

  /** All of them, or none: a photo whose move is not kept with it would be sent alone by the next page. */
  async #put(writes: readonly Write[]): Promise<void> {
    const keys = writes.map((one) => one.key);
    const isKept = await this.shelf.put(writes).then(
      () => true,
      () => false,
    );
    this.#unkept = [...this.#unkept.filter((one) => !keys.includes(one)), ...(isKept ? [] : keys)];
  }

  /** What the shelf does not give up is sent again by the next page, which the idempotency key makes nothing of. */
  async #remove(key: string): Promise<void> {
    await this.shelf.remove(key).catch(() => undefined);
    this.#unkept = this.#unkept.filter((one) => one !== key);
  }

  #take(list: readonly Write[]): void {
    this.list = [...list].sort((one, other) => one.at - other.at);
  }
}

/** Do something while no other tab does it. Without locks (no https) the idempotency keys alone keep it from being done twice. */
async function oneTab(work: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks;
  if (locks) await locks.request("cozum.outbox", work);
  else await work();
}
