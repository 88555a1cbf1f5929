// The records of what was destroyed, page by page, newest first.
import { Refused, type Api, type Schemas } from "../api/api";

export type Destruction = Schemas["Destruction"];

const PAGE = 100;

export class Destructions {
  /** null: not read yet. */
  list = $state.raw<readonly Destruction[] | null>(null);
  /** Whether there are older ones. */
  hasMore = $state(false);
  /** Why the last page did not come: the server's words, or empty words; null: it came. */
  trouble = $state<string | null>(null);
  busy = $state(false);
  #next = "";

  constructor(private readonly api: Api) {}

  /** Read the next page: the first, or the one behind what is shown. After a failure it is asked for again. */
  async more(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const found = await this.api.page<Destruction>(`/destructions?limit=${PAGE}${this.#next}`);
      const cursor = cursorOf(found.next);
      this.list = [...(this.list ?? []), ...found.body];
      this.#next = cursor && `&cursor=${cursor}`;
      this.hasMore = cursor !== "";
      this.trouble = null;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.trouble = error.detail;
    } finally {
      this.busy = false;
    }
  }
}

/** The cursor that a `Link` names; empty: there is no page behind this one. */
function cursorOf(link: string): string {
  return /[?&]cursor=([\w-]+)/.exec(link)?.[1] ?? "";
}
