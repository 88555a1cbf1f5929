// The telephone in the page: one account, its registration, its calls. Loaded when a page first needs it.
import JsSIP from "jssip";
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent, UnRegisteredEvent } from "jssip/lib/UA";

import { Audible } from "../components/audible.svelte";
import { isElsewhere, isForGood, isSignedOut, type Account } from "./account";
import { isAskedToAnswer } from "./auto-answer";
import { Call, PEER } from "./call.svelte";
import { Level } from "./level.svelte";
import { Sound } from "./microphone.svelte";
import { Ringer } from "./ringer";
import { TicketSocket } from "./socket";

/** `ready`: calls can be made and, where it registers, come in. `no_microphone`: none come in, since nobody could answer them.
 * `replaced`: another page has the phone. `signed_out`: nobody is signed in who may have it; `start` tries again. */
export type TelephoneState =
  "off" | "connecting" | "ready" | "no_microphone" | "lost" | "replaced" | "refused" | "signed_out";

export interface TelephoneOptions {
  /** Gives a new account: when somebody asks for one, which takes the telephone over from any other page, and whenever the one with
   * the socket `renews` is good no longer, which takes it over from none. */
  account: (renews?: string) => Promise<Account>;
  /** Whether calls come in: an agent's phone registers, a caller's only dials. */
  registers: boolean;
  /** There is no account, since nobody is signed in. */
  signedOut?: () => void;
}

const REGISTER_S = 120;
const CONNECT_MS = 10_000;
const LOOK_AGAIN_MS = 50;
/** After a start that found no desk. */
const START_AGAIN_MS = 3000;
/** For so long a start is what somebody wants here. After that another page may be where they are: this one may have slept. */
const WISH_MS = 30_000;
/** Names the socket of no account. */
const NONE = "none";
/** A connection that lasts so long is one. A desk without its relay opens it and closes it at once ("come again"), and
 * what is sent into that ends the talk. */
const KEPT_MS = 500;
/** For so long a microphone may be away before callers are given to somebody else: one that is plugged in anew is back sooner. */
const WITHOUT_MS = 4000;
/** Pauses after a failed registration: growing, so that Asterisk has time when it lacks it. */
const REGISTER_AGAIN_MS = [2000, 4000, 8000, 10_000];
/** Why Asterisk refuses a registration for good: the secret is another page's now, or the account's telephone may not
 * register. To ask again by the same secret changes nothing. */
const FOR_GOOD: readonly string[] = [JsSIP.C.causes.AUTHENTICATION_ERROR, JsSIP.C.causes.REJECTED];

export class Telephone {
  state = $state<TelephoneState>("off");
  /** The number that callers dial. */
  line = $state("");
  calls = $state.raw<readonly Call[]>([]);
  /** Our clock, ms, when the other side last ended a call; 0: never. */
  leftAt = 0;
  readonly sound = new Sound();

  readonly #options: TelephoneOptions;
  readonly #context = new AudioContext();
  readonly audible = new Audible(this.#context);
  readonly #ringer = new Ringer(this.#context);
  #agent: JsSIP.UA | null = null;
  #socket: TicketSocket | null = null;
  #starting: Promise<void> | null = null;
  /** Our clock, ms, when somebody asked for the telephone. */
  #wishedAt = 0;
  /** How often it was stopped: a start that waits for its account meanwhile comes to nothing. */
  #stops = 0;
  #host = "";
  #wasLost = false;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #registering: ReturnType<typeof setTimeout> | undefined;
  /** Registrations that have failed one after the other. */
  #failed = 0;
  /** A new account is wanted, once the calls are over. */
  #anew = false;
  #withdrawing: ReturnType<typeof setTimeout> | undefined;
  /** It has no registration, since there is no microphone. */
  #isWithdrawn = false;
  /** Asterisk has been told that nobody is here, and has not answered. */
  #isLeaving = false;

  constructor(options: TelephoneOptions) {
    this.#options = options;
    if (!options.registers) return; // whoever dials has pressed something
    this.sound.changed = () => {
      this.audible.ask(); // many browsers let a page sound that has the microphone
      this.#heed();
    };
    this.audible.ask();
  }

  /** Connect, and stay connected. Comes back once it is known whether there is an account; asked again before that, it
   * is the same start. In a talk it tries what does not end the talk: an account of its own would (the desk gives the
   * telephone to it), so that one waits until the calls are over. */
  start(): Promise<void> {
    this.#wishedAt = Date.now();
    if (this.#agent && this.calls.length) {
      this.#anew = true;
      if (this.state === "signed_out") this.state = "lost";
      this.#socket?.resume();
      this.#registerAgain(this.#agent);
      return Promise.resolve();
    }
    return this.#starting ?? this.#startAgain();
  }

  #startAgain(): Promise<void> {
    const starting: Promise<void> = this.#start().finally(() => {
      if (this.#starting === starting) this.#starting = null;
    });
    this.#starting = starting;
    return starting;
  }

  async #start(): Promise<void> {
    this.#forget();
    const before = this.#agent;
    this.#agent = null; // what becomes of it is of no interest any more
    before?.stop();
    this.state = "connecting";
    const stops = this.#stops;
    let account: Account;
    try {
      const isWished = Date.now() - this.#wishedAt < WISH_MS;
      account = await this.#options.account(isWished ? undefined : NONE);
    } catch (error) {
      if (stops !== this.#stops) return;
      if (isForGood(error)) return this.#refused(error);
      this.state = "lost";
      this.#registering = setTimeout(() => void this.#startAgain(), START_AGAIN_MS);
      return;
    }
    if (stops !== this.#stops) return; // the telephone on the desk was chosen meanwhile: the page's must not ring
    this.line = account.line;
    this.#host = account.realm;
    const socket = new TicketSocket(account, {
      renew: async (before) => {
        const renewed = await this.#options.account(before);
        agent.set("password", renewed.secret);
        return renewed;
      },
      replaced: () => {
        if (agent !== this.#agent) return;
        this.stop();
        this.state = "replaced";
      },
      refused: (error) => {
        if (agent === this.#agent) this.#refused(error);
      },
    });
    this.#socket = socket;
    const agent: JsSIP.UA = new JsSIP.UA({
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
    this.#agent = agent;
    this.#listen(agent);
    agent.start();
    this.#isWithdrawn = this.#isLeaving = false;
    this.#stay();
    this.#heed();
  }

  /** There is no account for us. A talk goes on without one. */
  #refused(error: unknown): void {
    this.state = isSignedOut(error) ? "signed_out" : isElsewhere(error) ? "replaced" : "refused";
    if (this.state === "signed_out") this.#options.signedOut?.();
  }

  /** End all calls and disconnect. */
  stop(): void {
    clearTimeout(this.#keeping);
    this.#stay();
    this.#forget();
    this.#stops += 1;
    this.#starting = null;
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
    const microphone = await this.sound.open();
    if (!microphone) return null;
    await this.#connected();
    const agent = this.#agent;
    if (this.state !== "ready" || !agent) {
      this.#closeUnused();
      return null;
    }
    const stream = microphone.clone();
    agent.call(`sip:${number}@${this.#host}`, {
      mediaStream: stream,
      pcConfig: PEER,
      extraHeaders: headers,
      rtcOfferConstraints: { offerToReceiveAudio: true, offerToReceiveVideo: false },
    });
    const call = this.calls[0] ?? null;
    call?.sends(stream);
    return call;
  }

  /** Play at another loudspeaker. */
  useOutput(id: string): void {
    this.sound.useOutput(id);
    this.#ringer.playAt(id);
    for (const call of this.calls) call.playAt(id);
  }

  /** Ring once at the loudspeaker that is used. */
  tryLoudspeaker(): void {
    void this.#ringer.once(this.sound.output);
  }

  /** How loud a microphone is; whoever asks ends it. */
  levelOf(microphone: MediaStream): Level {
    return new Level(this.#context, microphone);
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
      if (agent !== this.#agent) return;
      if (!this.#options.registers) this.#ready(KEPT_MS);
      else if (this.#isWithdrawn) this.state = "no_microphone";
    });
    agent.on("registered", () => {
      if (agent !== this.#agent) return;
      if (this.#isWithdrawn) return this.#leave(agent); // it was on its way
      this.#forget();
      this.#socket?.watch();
      this.#ready();
    });
    agent.on("disconnected", () => {
      if (agent !== this.#agent) return;
      clearTimeout(this.#keeping);
      clearTimeout(this.#registering); // JsSIP registers when it is connected
      if (this.state === "off" || this.state === "replaced") return;
      this.#wasLost = true;
      if (this.state !== "signed_out") this.state = "lost";
    });
    agent.on("unregistered", () => {
      if (agent !== this.#agent || !this.#isLeaving) return;
      this.#isLeaving = false;
      if (!this.#isWithdrawn) agent.register(); // the microphone is back
    });
    agent.on("registrationFailed", ({ cause }: UnRegisteredEvent) => this.#unregistered(agent, cause));
    agent.on("newRTCSession", (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
      const connected = () => this.state === "ready";
      const call: Call = new Call(event.session, this.sound, this.#context, this.audible, connected, () =>
        this.#ended(call),
      );
      this.calls = [call, ...this.calls];
      this.#heed();
      const asked = call.isIncoming && isAskedToAnswer(event.request.getHeader("Call-Info"));
      if (asked && this.#options.registers) void this.#answerFor(call);
      else if (call.isIncoming) this.#ringer.start(this.sound.output);
      event.session.on("accepted", () => this.#ringIfAny());
    });
  }

  /** Asterisk has not taken the registration. While it is connected nobody else tries again: JsSIP does not. */
  #unregistered(agent: JsSIP.UA, cause: string | undefined): void {
    if (agent !== this.#agent) return;
    clearTimeout(this.#registering);
    this.#socket?.unwatch();
    if (cause !== undefined && FOR_GOOD.includes(cause)) {
      this.state = "refused";
      return;
    }
    if (this.#isWithdrawn) return;
    this.state = "lost";
    const pause = REGISTER_AGAIN_MS[Math.min(this.#failed, REGISTER_AGAIN_MS.length - 1)];
    this.#failed += 1;
    this.#registering = setTimeout(() => this.#registerAgain(agent), pause);
  }

  /** By another WebSocket if this one brings nothing, not even a refusal: JsSIP registers when it is connected. */
  #registerAgain(agent: JsSIP.UA): void {
    clearTimeout(this.#registering);
    if (this.#isWithdrawn || this.#socket?.dropIfSilent()) return;
    if (agent.isConnected() && !this.#isLeaving) agent.register();
  }

  /** Take calls while somebody can answer them: without a microphone Asterisk is told that nobody is here, and the line gives callers to
   * others. A talk goes on meanwhile. */
  #heed(): void {
    const agent = this.#agent;
    if (!agent || !this.#options.registers) return;
    if (this.sound.isBroken && this.calls.length === 0) {
      if (!this.#isWithdrawn) this.#withdrawing ??= setTimeout(() => this.#withdraw(agent), WITHOUT_MS);
      return;
    }
    this.#stay();
    if (!this.#isWithdrawn || this.sound.microphone !== "open") return;
    this.#isWithdrawn = false;
    if (this.state === "no_microphone") this.state = "connecting";
    // Also where it is not connected: JsSIP registers then when it is.
    if (!this.#isLeaving) agent.register();
  }

  #withdraw(agent: JsSIP.UA): void {
    this.#stay();
    if (agent !== this.#agent) return;
    this.#isWithdrawn = true;
    clearTimeout(this.#registering);
    this.#socket?.unwatch(); // Asterisk asks no more whether we are there
    if (agent.isConnected() && ["ready", "lost", "connecting"].includes(this.state)) this.state = "no_microphone";
    this.#leave(agent);
  }

  /** Tell Asterisk that nobody is here. Until it has answered we do not register: JsSIP counts both requests by one number, and would
   * not know the answer to the second. */
  #leave(agent: JsSIP.UA): void {
    if (agent.isRegistered()) this.#isLeaving = true; // otherwise JsSIP tells nothing
    agent.unregister();
  }

  #stay(): void {
    clearTimeout(this.#withdrawing);
    this.#withdrawing = undefined;
  }

  /** Begin to count failures anew. */
  #forget(): void {
    clearTimeout(this.#registering);
    this.#failed = 0;
    this.#anew = false;
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
    if (call.endedBy === "them") this.leftAt = Date.now();
    this.#ringIfAny();
    this.#closeUnused();
    this.#heed();
    if (this.#anew && this.calls.length === 0) void this.start();
  }

  /** An agent's microphone stays open for the next call, a caller's does not. */
  #closeUnused(): void {
    if (this.calls.length === 0 && !this.#options.registers) this.sound.close();
  }

  #ringIfAny(): void {
    if (this.calls.some((call) => call.state === "ringing")) this.#ringer.start(this.sound.output);
    else this.#ringer.stop();
  }
}
