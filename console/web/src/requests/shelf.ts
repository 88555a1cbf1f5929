// Where writes lie until they are sent: IndexedDB, so that a reload or an empty battery in a cellar loses none. A photo
// lies there too. Where a browser gives no IndexedDB (a private window), they live as long as the page. A phone closes the
// database under a page that it puts in the background: what fails is asked once more of a database that is opened anew. One
// that never answers, as WebKit's does at times, holds nobody's write up for longer than some seconds.
import type { Write } from "./outbox.svelte";

/** For writes, or for another kind of thing that has a key. */
export interface Shelf<Kind extends { key: string } = Write> {
  /** Whether it outlives the page. */
  readonly lasts: boolean;
  all(): Promise<Kind[]>;
  /** All of them, or none. */
  put(writes: readonly Kind[]): Promise<void>;
  /** The same, if `may` says so of what lies under `key` now: no other tab changes that in between. Whether it was done. */
  putIf(writes: readonly Kind[], key: string, may: (found: Kind | undefined) => boolean): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** Remove those of which it is true; no other tab adds one in between. */
  drop(isDropped: (one: Kind) => boolean): Promise<void>;
}

const STORE = "writes";
const ANSWER_MS = 5_000;

/** The database has not answered in time. */
class Silent extends Error {}

export class MemoryShelf<Kind extends { key: string } = Write> implements Shelf<Kind> {
  readonly lasts = false;
  readonly #kept = new Map<string, Kind>();

  async all(): Promise<Kind[]> {
    return [...this.#kept.values()];
  }

  async put(writes: readonly Kind[]): Promise<void> {
    for (const write of writes) this.#kept.set(write.key, write);
  }

  async putIf(writes: readonly Kind[], key: string, may: (found: Kind | undefined) => boolean): Promise<boolean> {
    if (!may(this.#kept.get(key))) return false;
    await this.put(writes);
    return true;
  }

  async remove(key: string): Promise<void> {
    this.#kept.delete(key);
  }

  async drop(isDropped: (one: Kind) => boolean): Promise<void> {
    for (const one of [...this.#kept.values()].filter(isDropped)) this.#kept.delete(one.key);
  }
}

class DatabaseShelf<Kind extends { key: string }> implements Shelf<Kind> {
  readonly lasts = true;

  constructor(
    private readonly name: string,
    private database: IDBDatabase,
  ) {}

  async all(): Promise<Kind[]> {
    let found: IDBRequest<Kind[]> | undefined;
    await this.#do("readonly", (store) => (found = store.getAll() as IDBRequest<Kind[]>));
    return found?.result ?? [];
  }

  async put(writes: readonly Kind[]): Promise<void> {
    await this.#do("readwrite", (store) => writes.forEach((write) => store.put(write)));
  }

  async putIf(writes: readonly Kind[], key: string, may: (found: Kind | undefined) => boolean): Promise<boolean> {
    let isDone = false;
    await this.#do("readwrite", (store) => {
      const found = store.get(key) as IDBRequest<Kind | undefined>;
      found.onsuccess = () => {
        isDone = may(found.result);
        if (isDone) writes.forEach((write) => store.put(write));
      };
    });
    return isDone;
  }

  async remove(key: string): Promise<void> {
    await this.#do("readwrite", (store) => store.delete(key));
  }

  async drop(isDropped: (one: Kind) => boolean): Promise<void> {
    await this.#do("readwrite", (store) => {
      const found = store.getAll() as IDBRequest<Kind[]>;
      found.onsuccess = () => found.result.filter(isDropped).forEach((one) => store.delete(one.key));
    });
  }

  async #do(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => unknown): Promise<void> {
    try {
      await this.#once(mode, ask);
    } catch (error) {
      if (error instanceof Silent) throw error; // another one would not answer either
      this.database.close();
      this.database = await open(this.name);
      await this.#once(mode, ask);
    }
  }

  /** Done when the transaction is: what was put is then on the disk. */
  #once(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => unknown): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      const transaction = this.database.transaction(STORE, mode, { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB"));
      ask(transaction.objectStore(STORE));
    });
    return inTime(done);
  }
}

/** The browser's shelf of this name, or one in memory. */
export async function openShelf<Kind extends { key: string } = Write>(name = "cozum"): Promise<Shelf<Kind>> {
  try {
    return new DatabaseShelf<Kind>(name, await open(name));
  } catch {
    return new MemoryShelf<Kind>();
  }
}

async function open(name: string): Promise<IDBDatabase> {
  const opening = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error ?? new Error("IndexedDB"));
  });
  try {
    return await inTime(opening);
  } catch (error) {
    if (error instanceof Silent) void opening.then((database) => database.close()).catch(() => undefined); // should it come yet
    throw error;
  }
}

/** What the database answers. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silent()), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
