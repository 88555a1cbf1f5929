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
  #call = "";
  #service = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly api: Api) {}

  /** The caller of this call; empty: nobody. `service` is what they want, which may become known later. */
  of(call: string, service: string): void {
    if (call === this.#call && service === this.#service) return;
    if (call !== this.#call) {
      this.context = null;
      this.number = "";
    }
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

  /** Show the whole number. The audit has who asked for it. Raises `Refused`. */
  async unmask(): Promise<void> {
    const call = this.#call;
    if (!call || !this.context?.caller || this.number) return;
    const found = await this.api.get<Schemas["Caller"]>(`/calls/${encodeURIComponent(call)}/caller`);
    if (call === this.#call) this.number = found.caller;
  }

  async #look(call: string): Promise<void> {
    let again = AGAIN_MS;
    try {
      const found = await this.api.get<CallContext>(`/calls/${encodeURIComponent(call)}/context`);
      if (call === this.#call) this.context = found;
      if (found.tickets && found.untold === false) return;
      if (found.untold) again = UNTOLD_AGAIN_MS;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401 || error.status === 403) return;
    }
    if (call === this.#call) this.#timer = setTimeout(() => void this.#look(call), again);
  }
}
