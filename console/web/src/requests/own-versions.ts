// The versions of requests that one person's own writes have made. A form may be begun while a write of its author is under way:
// what that write changes is known to its author.
export class OwnVersions {
  /** By request, the versions on top of which the writes were made. */
  readonly #made = new Map<string, Set<number>>();

  /** A write on top of `base` has arrived. */
  made(number: string, base: number): void {
    this.#made.set(number, (this.#made.get(number) ?? new Set()).add(base));
  }

  /** The version that is known to whoever has seen `base`. */
  known(number: string, base: number): number {
    const own = this.#made.get(number);
    let version = base;
    while (own?.has(version)) version += 1;
    return version;
  }
}
