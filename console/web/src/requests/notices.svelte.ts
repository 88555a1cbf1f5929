// What is new for the unit of whoever works here, or for the inbox. What one person of a unit has read is read for all of them.
import type { Api, Schemas } from "../api/api";

export type UnitNotice = Schemas["UnitNotice"];

const MOST = 100;

export class Notices {
  all = $state.raw<readonly UnitNotice[]>([]);
  loaded = $state(false);
  /** Questions so far: an answer that was overtaken by a later question is not shown. */
  #turn = 0;
  /** The question whose answer is shown. */
  #answered = 0;

  /** `unitOf` is whose: empty for one's own unit's, or the inbox's; null: nobody's, and there are none. */
  constructor(
    private readonly api: Api,
    private readonly unitOf: () => string | null,
  ) {}

  get unread(): UnitNotice[] {
    return this.all.filter((one) => !one.read_at);
  }

  async load(): Promise<void> {
    const unit = this.unitOf();
    const asked = `limit=${MOST}${unit ? `&unit=${encodeURIComponent(unit)}` : ""}`;
    const turn = ++this.#turn;
    const found = unit === null ? [] : await this.api.get<UnitNotice[]>(`/notices?${asked}`);
    if (turn !== this.#turn) return;
    this.#answered = turn;
    this.all = found;
    this.loaded = true;
  }

  /** Some were read. */
  async read(some: readonly UnitNotice[]): Promise<void> {
    if (!some.length) return;
    const ids = some.map((one) => one.id);
    const { body } = await this.api.send<UnitNotice[]>("POST", "/notices/read", { notices: ids });
    this.all = this.all.map((one) => body.find((read) => read.id === one.id) ?? one);
    // An answer that is on its way may tell of before.
    if (this.#answered !== this.#turn) await this.load().catch(() => undefined);
  }
}
