// What somebody has begun to write about a request or a task and has not sent. It stays in the memory of the page while they look at
// something else, and is there again when they come back to it. The page is asked about before it is closed. A phone closes it without
// asking, such as when its camera opens: where a page has a shelf, what was written is there again in the next one.
import { destroyHalf, KEPT_MS, type Half } from "./half-shelf";
import type { Shelf } from "./shelf";

const SOON_MS = 300;
type Place = Pick<Half, "about" | "what">;

export class HalfWritten {
  /** By what it is about, then by what it is for. */
  #kept = $state.raw<Readonly<Record<string, Readonly<Record<string, unknown>>>>>({});
  #author = "";
  #shelf: Shelf<Half> | null = null;
  /** What the shelf does not have yet, by its key. */
  #changed: Record<string, Place> = {};
  /** When what lies on the shelf was written, by its key. */
  #laid: Record<string, number> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Take up what this person has left on the shelf; what they write from now on lies there too. What is on the page already is newer. */
  async last(author: string, shelf: Shelf<Half>): Promise<void> {
    const all = await shelf.all().catch((): Half[] => []);
    for (const one of all) {
      if (one.at < Date.now() - KEPT_MS) await shelf.remove(one.key).catch(() => undefined);
    }
    [this.#author, this.#shelf] = [author, shelf];
    for (const [about, kept] of Object.entries(this.#kept))
      for (const what of Object.keys(kept)) this.#note(about, what);
    this.#take(all);
    await this.save();
  }

  /** Another tab may have sent or gone on with what this one shows: have it as it lies on the shelf. */
  async look(): Promise<void> {
    const shelf = this.#shelf;
    if (!shelf?.lasts) return;
    const all = await shelf.all().catch(() => null);
    if (!all) return;
    for (const key of Object.keys(this.#laid)) {
      if (all.some((one) => one.key === key) || key in this.#changed) continue;
      const [, about, what] = JSON.parse(key) as [string, string, string];
      this.#laid = without(this.#laid, key);
      this.#set(about, what, null);
    }
    this.#take(all);
  }

  #take(all: readonly Half[]): void {
    for (const one of [...all].sort((one, other) => one.at - other.at)) {
      if (one.author !== this.#author || one.at < Date.now() - KEPT_MS || one.key in this.#changed) continue;
      if (one.at <= (this.#laid[one.key] ?? 0)) continue;
      this.#laid[one.key] = one.at;
      this.#set(one.about, one.what, one.words);
    }
  }

  /** Lay on the shelf what is not there yet. What it does not take stays in the page. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const shelf = this.#shelf;
    if (!shelf) return;
    const changed = Object.entries(this.#changed);
    this.#changed = {};
    const at = Date.now();
    for (const [key, { about, what }] of changed) {
      const words = $state.snapshot(this.of(about, what));
      this.#laid = words === null ? without(this.#laid, key) : { ...this.#laid, [key]: at };
      const done =
        words === null ? shelf.remove(key) : shelf.put([{ key, author: this.#author, about, what, words, at }]);
      await done.catch(() => undefined);
    }
  }

  #note(about: string, what: string): void {
    if (!this.#shelf) return;
    this.#changed[JSON.stringify([this.#author, about, what])] = { about, what };
    this.#timer ??= setTimeout(() => void this.save(), SOON_MS);
  }

  /** What was written; null: nothing. */
  of<T>(about: string, what: string): T | null {
    return (this.#kept[about]?.[what] as T | undefined) ?? null;
  }

  /** Keep it as it is now; null: there is nothing to be kept any more. */
  keep(about: string, what: string, words: unknown): void {
    if (words === null && !this.has(about, what)) return;
    this.#set(about, what, words);
    this.#note(about, what);
  }

  /** These words were sent by a form that is gone: they are kept no more. False: something else is kept by now, and stays. */
  sent(about: string, what: string, words: unknown): boolean {
    if (JSON.stringify(this.of(about, what)) !== JSON.stringify(words)) return false;
    this.keep(about, what, null);
    return true;
  }

  #set(about: string, what: string, words: unknown): void {
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

  /** Its author does not want it any more, nor what lies on the shelf of it. */
  async forget(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    [this.#kept, this.#changed, this.#laid] = [{}, {}, {}];
    if (this.#shelf) await destroyHalf(this.#author, Promise.resolve(this.#shelf));
  }

  /** About what something was written, the last one last. */
  get all(): readonly string[] {
    return Object.keys(this.#kept);
  }
}

function without<T>(of: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(of).filter(([one]) => one !== name));
}
