// What somebody has begun to write about a request or a task and has not sent. It stays in the memory of the page while they look at
// something else, and is there again when they come back to it. The page is asked about before it is closed.

export class HalfWritten {
  /** By what it is about, then by what it is for. */
  #kept = $state.raw<Readonly<Record<string, Readonly<Record<string, unknown>>>>>({});

  /** What was written; null: nothing. */
  of<T>(about: string, what: string): T | null {
    return (this.#kept[about]?.[what] as T | undefined) ?? null;
  }

  /** Keep it as it is now; null: there is nothing to be kept any more. */
  keep(about: string, what: string, words: unknown): void {
    const after = without(this.#kept[about] ?? {}, what);
    if (words !== null) after[what] = words;
    const others = without(this.#kept, about);
    this.#kept = Object.keys(after).length ? { ...others, [about]: after } : others;
  }

  /** Whether something was written about this. */
  has(about: string, what = ""): boolean {
    const kept = this.#kept[about];
    return kept !== undefined && (what === "" || what in kept);
  }

  /** Its author does not want it any more. */
  forget(): void {
    this.#kept = {};
  }

  /** About what something was written, the last one last. */
  get all(): readonly string[] {
    return Object.keys(this.#kept);
  }
}

function without<T>(of: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(of).filter(([one]) => one !== name));
}
