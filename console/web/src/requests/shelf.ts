// Where writes lie until they are sent: IndexedDB, so that a reload or an empty battery in a cellar loses none. A photo
// lies there too. Where a browser gives no IndexedDB (a private window), they live as long as the page.
import type { Write } from "./outbox.svelte";

export interface Shelf {
  /** Whether it outlives the page. */
  readonly lasts: boolean;
  all(): Promise<Write[]>;
  put(write: Write): Promise<void>;
  remove(key: string): Promise<void>;
}

const NAME = "cozum";
const STORE = "writes";

export class MemoryShelf implements Shelf {
  readonly lasts = false;
  readonly #kept = new Map<string, Write>();

  async all(): Promise<Write[]> {
    return [...this.#kept.values()];
  }

  async put(write: Write): Promise<void> {
    this.#kept.set(write.key, write);
  }

  async remove(key: string): Promise<void> {
    this.#kept.delete(key);
  }
}

class DatabaseShelf implements Shelf {
  readonly lasts = true;

  constructor(private readonly database: IDBDatabase) {}

  all(): Promise<Write[]> {
    return this.#asked<Write[]>("readonly", (store) => store.getAll() as IDBRequest<Write[]>);
  }

  async put(write: Write): Promise<void> {
    await this.#asked("readwrite", (store) => store.put(write));
  }

  async remove(key: string): Promise<void> {
    await this.#asked("readwrite", (store) => store.delete(key));
  }

  /** Done when the transaction is: what was put is then on the disk. */
  #asked<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB"));
    });
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

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error ?? new Error("IndexedDB"));
  });
}
