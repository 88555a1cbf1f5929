// Giving a caller to somebody on the line: at once, or after a word with a colleague, while the caller waits.
import { Refused, type Schemas } from "../api/api";
import { toasts } from "../components/toasts.svelte";
import type { Call, CallEnd, Referral } from "../telephone/call.svelte";
import { page } from "../text/page.svelte";
import type { AgentDesk } from "./agent-desk.svelte";
import { askedFor } from "./asked-for";

export class Transfer {
  /** The colleague who was asked last about a caller, and that caller; null: none, or the two are being joined. */
  consultation = $state.raw<{ colleague: Call; caller: Call } | null>(null);
  /** An agent of a service is being chosen. */
  choosing = $state(false);
  /** Whom we have asked about a call at services. */
  #asked: { call: string; extensions: string[] } = { call: "", extensions: [] };

  constructor(
    private readonly desk: Pick<AgentDesk, "api" | "consult" | "line" | "live" | "me" | "telephone" | "tell">,
  ) {}

  /** The caller has hung up while a colleague was asked. */
  get callerLeft(): boolean {
    return !this.desk.line && this.consultation?.caller.endedBy === "them";
  }

  /** Send the caller on to a colleague without a word. */
  async sendTo(extension: string): Promise<void> {
    await this.#send(extension, this.desk.live.nameOf(extension));
  }

  /** Have the caller wait for another service, at the place that they have. */
  async sendToService(id: string, target: string): Promise<void> {
    await this.#send(target, page.service(id));
  }

  async #send(target: string, name: string): Promise<void> {
    const sent = await this.desk.line?.sendTo(target);
    if (sent) this.#toldTransfer(sent, page.t.desk.transferred(name));
  }

  #toldTransfer(became: Referral, done: string): void {
    if (became === "there") toasts.say(done, "good");
    else if (became === "here") toasts.say(page.t.desk.notTransferred, "wrong");
    else toasts.say(page.t.desk.leftInTransfer);
  }

  /** Ask a colleague first; the caller hears music. `service`: as one of the service with this transfer code. */
  async consultWith(extension: string, service = ""): Promise<void> {
    const { line: caller, telephone } = this.desk;
    if (this.desk.consult || !caller || !telephone) return;
    if (caller.state === "talking") caller.hold();
    const colleague = await telephone.dial(extension, askedFor(service));
    if (colleague) this.consultation = { colleague, caller };
    else this.#toldConsultation(extension, telephone.sound.microphone === "open" ? "failed" : "no_microphone");
  }

  /** The call to the colleague is over. Unless we ended it, the caller waits for us, and the agent must be told. */
  endConsultation(): void {
    const { colleague, caller } = this.consultation ?? {};
    if (!colleague?.end) return;
    if ((colleague.endedBy === "them" || colleague.end === "failed") && caller?.state !== "ended")
      this.#toldConsultation(colleague.number, colleague.end);
    this.consultation = null;
  }

  #toldConsultation(extension: string, end: CallEnd): void {
    const said = page.t.desk.consultationOver(this.desk.live.nameOf(extension), page.t.telephone.ends[end]);
    toasts.say(said, end === "hungup" ? "info" : "wrong");
  }

  /** Ask an agent of a service first: one whom the line names, and at the next try another one. */
  async consultService(service: string, target: string): Promise<void> {
    const { call } = this.desk.me ?? {};
    if (!call || this.desk.consult || this.choosing) return;
    const caller = this.desk.line;
    this.choosing = true;
    try {
      if (this.#asked.call !== call) this.#asked = { call, extensions: [] };
      const query = `service=${service}&without=${this.#asked.extensions.join(",")}`;
      const found = await this.desk.api.get<Schemas["Consultant"]>(
        `/calls/${encodeURIComponent(call)}/consultant?${query}`,
      );
      this.#asked.extensions.push(found.extension);
      if (this.desk.line === caller) await this.consultWith(found.extension, target); // the next caller is not put on hold
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 409) return this.desk.tell(error);
      const again = this.#asked.extensions.length > 0;
      this.#asked.extensions = []; // all were asked: round again
      toasts.say(
        again ? page.t.desk.nobodyElseReady(page.service(service)) : page.t.desk.nobodyOf(page.service(service)),
        "wrong",
      );
    } finally {
      this.choosing = false;
    }
  }

  /** Give the caller to the colleague. Both calls end by that, which is no end of a consultation. */
  async join(): Promise<void> {
    const { consult } = this.desk;
    const { consultation } = this;
    if (consult?.state !== "talking" || !this.desk.line) return;
    this.consultation = null;
    const became = await this.desk.line.joinWith(consult);
    if (became === "here") this.consultation = consultation;
    this.#toldTransfer(became, page.t.desk.joined);
  }

  /** Back to the caller, without the colleague, who may be gone. */
  backToCaller(): void {
    if (!this.desk.line) return;
    this.desk.consult?.hangUp();
    this.desk.line.unhold();
  }
}
