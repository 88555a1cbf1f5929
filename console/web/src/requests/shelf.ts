// Where writes lie until they are sent: IndexedDB, so that a reload or an empty battery in a cellar loses none. A photo
// lies there too. Where a browser gives no IndexedDB (a private window), they live as long as the page. A phone closes the
// database under a page that it puts in the background: what fails is asked once more of a database that is opened anew. One
// that never answers, as WebKit's does at times, holds nobody's write up for longer than some seconds.
import type { Write } from "./outbox.svelte";

export interface Shelf {
  /** Whether it outlives the page. */
  readonly lasts: boolean;
  all(): Promise<Write[]>;
  /** All of them, or none. */
  put(writes: readonly Write[]): Promise<void>;
  remove(key: string): Promise<void>;
}

const NAME = "cozum";
const STORE = "writes";
const ANSWER_MS = 5_000;

/** The database has not answered in time. */
class Silent extends Error {}

export class MemoryShelf implements Shelf {
  readonly lasts = false;
  readonly #kept = new Map<string, Write>();

  async all(): Promise<Write[]> {
    return [...this.#kept.values()];
  }

  async put(writes: readonly Write[]): Promise<void> {
    for (const write of writes) this.#kept.set(write.key, write);
  }

  async remove(key: string): Promise<void> {
    this.#kept.delete(key);
  }
}

class DatabaseShelf implements Shelf {
  readonly lasts = true;

  constructor(private database: IDBDatabase) {}

  async all(): Promise<Write[]> {
    let found: IDBRequest<Write[]> | undefined;
    await this.#do("readonly", (store) => (found = store.getAll() as IDBRequest<Write[]>));
    return found?.result ?? [];
  }

  async put(writes: readonly Write[]): Promise<void> {
    await this.#do("readwrite", (store) => writes.forEach((write) => store.put(write)));
  }

  async remove(key: string): Promise<void> {
    await this.#do("readwrite", (store) => store.delete(key));
  }

  async #do(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => unknown): Promise<void> {
    try {
      await this.#once(mode, ask);
    } catch (error) {
      if (error instanceof Silent) throw error; // another one would not answer either
      this.database.close();
      this.database = await open();
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

/** The browser's shelf, or one in memory. */
export async function openShelf(): Promise<Shelf> {
  try {
    return new DatabaseShelf(await open());
  } catch {
    return new MemoryShelf();
  }
}

async function open(): Promise<IDBDatabase> {
  const opening = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
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
