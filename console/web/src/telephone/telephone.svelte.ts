// The telephone in the page: one account, its registration, its calls. Loaded when a page first needs it.
import JsSIP from "jssip";
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent } from "jssip/lib/UA";

import { NoAccount, type Account } from "./account";
import { isAskedToAnswer } from "./auto-answer";
import { Call, PEER } from "./call.svelte";
import { Sound } from "./microphone.svelte";
import { Ringer } from "./ringer";
import { TicketSocket } from "./socket";

/** `ready`: calls can be made and, where it registers, come in. `replaced`: another page has the phone. */
export type TelephoneState = "off" | "connecting" | "ready" | "lost" | "replaced" | "refused";

export interface TelephoneOptions {
  /** Gives a new account; asked for at the start and whenever the old one is good no longer. */
  account: () => Promise<Account>;
  /** Whether calls come in: an agent's phone registers, a caller's only dials. */
  registers: boolean;
}

const REGISTER_S = 120;
const CONNECT_MS = 10_000;
const LOOK_AGAIN_MS = 50;
/** A connection that lasts so long is one. A desk without its relay opens it and closes it at once ("come again"), and
 * what is sent into that ends the talk. */
const KEPT_MS = 500;

export class Telephone {
  state = $state<TelephoneState>("off");
  /** The number that callers dial. */
  line = $state("");
  calls = $state.raw<readonly Call[]>([]);
  readonly sound = new Sound();

  readonly #options: TelephoneOptions;
  readonly #context = new AudioContext();
  readonly #ringer = new Ringer(this.#context);
  #agent: JsSIP.UA | null = null;
  #starting: Promise<void> | null = null;
  #host = "";
  #wasLost = false;
  #keeping: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TelephoneOptions) {
    this.#options = options;
  }

  /** Connect, and stay connected. Comes back once it is known whether there is an account; asked again before that, it
   * is the same start. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => (this.#starting = null));
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#agent?.stop();
    this.#agent = null;
    this.state = "connecting";
    let account: Account;
    try {
      account = await this.#options.account();
    } catch (error) {
      this.state = error instanceof NoAccount && error.status >= 400 && error.status < 500 ? "refused" : "lost";
      return;
    }
    this.line = account.line;
    this.#host = account.realm;
    const socket = new TicketSocket(account, {
      renew: async () => {
        const renewed = await this.#options.account();
        this.#agent?.set("password", renewed.secret);
        return renewed;
      },
      replaced: () => {
        this.stop();
        this.state = "replaced";
      },
    });
    this.#agent = new JsSIP.UA({
      sockets: socket,
      uri: `sip:${account.user}@${account.realm}`,
      authorization_user: account.user,
      password: account.secret,
      realm: account.realm,
      register: this.#options.registers,
      register_expires: REGISTER_S,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
      user_agent: "Cozum desk",
    });
    this.#listen(this.#agent);
    this.#agent.start();
  }

  /** End all calls and disconnect. */
  stop(): void {
    clearTimeout(this.#keeping);
    this.#ringer.stop();
    this.#agent?.stop();
    this.#agent = null;
    this.sound.close();
    this.state = "off";
  }

  /** Call a number, once we are connected: a call in the first moment waits for that. `headers` go with the INVITE. Null
   * where there is no microphone, as `sound` tells, or no connection, as `state` tells. */
  async dial(number: string, headers: string[] = []): Promise<Call | null> {
    void this.#context.resume();
    const stream = await this.sound.open();
    if (!stream) return null;
    await this.#connected();
    const agent = this.#agent;
    if (this.state !== "ready" || !agent) {
      this.#closeUnused();
      return null;
    }
    agent.call(`sip:${number}@${this.#host}`, {
      mediaStream: stream,
      pcConfig: PEER,
      extraHeaders: headers,
      rtcOfferConstraints: { offerToReceiveAudio: true, offerToReceiveVideo: false },
    });
    return this.calls[0] ?? null;
  }

  /** Play at another loudspeaker. */
  useOutput(id: string): void {
    this.sound.useOutput(id);
    for (const call of this.calls) call.playAt(id);
  }

  /** Wait until calls can be made, or it is known that they cannot be now. */
  async #connected(): Promise<void> {
    await this.#starting;
    const end = Date.now() + CONNECT_MS;
    while ((this.state === "connecting" || this.state === "lost") && this.#agent && Date.now() < end)
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  }

  #listen(agent: JsSIP.UA): void {
    agent.on("connected", () => {
      if (!this.#options.registers) this.#ready(KEPT_MS);
    });
    agent.on("registered", () => this.#ready());
    agent.on("disconnected", () => {
      clearTimeout(this.#keeping);
      if (this.state === "off" || this.state === "replaced") return;
      this.#wasLost = true;
      this.state = "lost";
    });
    agent.on("registrationFailed", () => {
      if (this.state !== "lost") this.state = "refused";
    });
    agent.on("newRTCSession", (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
      const connected = () => this.state === "ready";
      const call: Call = new Call(event.session, this.sound, this.#context, connected, () => this.#ended(call));
      this.calls = [call, ...this.calls];
      const asked = call.isIncoming && isAskedToAnswer(event.request.getHeader("Call-Info"));
      if (asked && this.#options.registers) void this.#answerFor(call);
      else if (call.isIncoming) this.#ringer.start();
      event.session.on("accepted", () => this.#ringIfAny());
    });
  }

  /** The line has the telephone answer by itself. Without a microphone it rings as ever, and shows why. */
  async #answerFor(call: Call): Promise<void> {
    if (!(await call.answer())) this.#ringIfAny();
  }

  /** Calls can be made. Those there are learn where we are now, once the connection has lasted so long. */
  #ready(keptMs = 0): void {
    this.state = "ready";
    clearTimeout(this.#keeping);
    if (this.#wasLost) this.#keeping = setTimeout(() => this.#refresh(), keptMs);
  }

  #refresh(): void {
    this.#wasLost = false;
    for (const call of this.calls) call.refresh();
  }

  #ended(call: Call): void {
    this.calls = this.calls.filter((one) => one !== call);
    this.#ringIfAny();
    this.#closeUnused();
  }

  /** An agent's microphone stays open for the next call, a caller's does not. */
  #closeUnused(): void {
    if (this.calls.length === 0 && !this.#options.registers) this.sound.close();
  }

  #ringIfAny(): void {
    if (this.calls.some((call) => call.state === "ringing")) this.#ringer.start();
    else this.#ringer.stop();
  }
}
