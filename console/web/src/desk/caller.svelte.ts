// All that is known of the present caller. The page asks anew when the line gives the agent another caller.
import { Refused, type Api, type Schemas } from "../api/api";

export type CallContext = Schemas["CallContext"];

const AGAIN_MS = 2000;
/** The caller may say by a key what they want, or the agent may. */
const UNTOLD_AGAIN_MS = 5000;

export class Caller {
  context = $state.raw<CallContext | null>(null);
  /** The whole number, once the agent has asked for it; empty: they have not. */
  number = $state("");
  /** When their talk began, as the line has told it: the context is asked for while they ring, and does not say it. */
  #answeredAt = $state<string | null>(null);
  /** When their wait is, or was, over the target: a call that is over has it no more. */
  #targetAt = $state<string | null>(null);
  #call = "";
  #service = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Questions so far: the last one counts, and an answer to an earlier one is late. */
  #asked = 0;

  constructor(private readonly api: Api) {}

  /** The caller of this call; empty: nobody. `service` is what they want, which may become known later. `talksSince`:
   * when their talk began, while it goes on. */
  of(call: string, service: string, talksSince: string | null = null): void {
    if (call !== this.#call) {
      this.context = null;
      this.number = "";
      this.#answeredAt = null;
      this.#targetAt = null;
    }
    this.#answeredAt ??= talksSince;
    if (call === this.#call && service === this.#service) return;
    this.#call = call;
    this.#service = service;
    clearTimeout(this.#timer);
    if (call) void this.#look(call);
  }

  /** Ask anew: something of the call was changed here. */
  again(): void {
    clearTimeout(this.#timer);
    if (this.#call) void this.#look(this.#call);
  }

  /** Seconds for which they waited until they were answered, or have waited until `now` (ms), by the clock of the target
   * of `target_s`; null: not known. `rings`: they have not been answered. */
  waited(now: number, rings: boolean, target_s: number): number | null {
    const { queued_at, answered_at } = this.context ?? {};
    const until = answered_at ?? this.#answeredAt;
    const from = this.#targetAt ? Date.parse(this.#targetAt) - target_s * 1000 : queued_at && Date.parse(queued_at);
    if (!from || (!until && !rings)) return null;
    return Math.max(0, ((until ? Date.parse(until) : now) - from) / 1000);
  }

  /** Show the whole number. The audit has who asked for it. Raises `Refused`. */
  async unmask(): Promise<void> {
    const call = this.#call;
    if (!call || !this.context?.caller || this.number) return;
    const found = await this.api.get<Schemas["Caller"]>(`/calls/${encodeURIComponent(call)}/caller`);
    if (call === this.#call) this.number = found.caller;
  }

  async #look(call: string): Promise<void> {
    let again = AGAIN_MS;
    const asked = (this.#asked += 1);
    const counts = () => call === this.#call && asked === this.#asked;
    try {
      const found = await this.api.get<CallContext>(`/calls/${encodeURIComponent(call)}/context`);
      if (!counts()) return;
      this.context = found;
      this.#targetAt = found.target_at ?? this.#targetAt;
      if (found.tickets && found.untold === false) return;
      if (found.untold) again = UNTOLD_AGAIN_MS;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401 || error.status === 403) return;
    }
    if (counts()) this.#timer = setTimeout(() => void this.#look(call), again);
  }
}
