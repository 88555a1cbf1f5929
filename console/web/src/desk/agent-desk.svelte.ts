// An agent at work: what the line says of them, their telephone, and what they do. Components read it and keep no copy.
import { untrack } from "svelte";

import { toasts } from "../components/toasts.svelte";
import { Api, Refused, type Schemas } from "../api/api";
import { whyOf } from "../api/refusal";
import { Live } from "../live/live.svelte";
import type { Agent } from "../live/view";
import { leave } from "../session/leave";
import { sessionOf, type Session } from "../session/session";
import { openAgentAccount } from "../telephone/agent-account";
import type { Call } from "../telephone/call.svelte";
import type { Telephone } from "../telephone/telephone.svelte";
import { page } from "../text/page.svelte";
import { Caller } from "./caller.svelte";
import { Drafts } from "./drafts.svelte";
import { isForTheCallBefore } from "./hang-up";
import { isCalledUrgent, nameIn } from "./line-name";
import { Outside } from "./outside.svelte";
import { Transfer } from "./transfer.svelte";
import { Town } from "../requests/town.svelte";
import type { Work } from "../requests/work.svelte";

export type Wish = "ready" | "paused" | "offline";
/** A state that the agent wants. */
interface Wished {
  state: Wish;
  reason: PauseReason | "";
}
export type SilentCall = Schemas["SilentCall"];
export type PauseReason = "break" | "meal" | "prayer" | "training" | "other";

/** For so long, ms, the line's word of a call may be on its way. */
const UNTOLD_MS = 2000;
const OWN_PHONE_KEY = "cozum.desk-telephone";

export class AgentDesk {
  session = $state.raw<Session | null>(null);
  /** They are signing out: what is asked meanwhile has no session any more, and nobody is asked to begin another one. */
  isLeaving = $state(false);
  telephone = $state.raw<Telephone | null>(null);
  /** The telephone on their desk is used, not the page's. */
  ownPhone = $state(localStorage.getItem(OWN_PHONE_KEY) === "yes");
  /** The telephone's part of the page could not be had. */
  partMissing = $state(false);
  /** The call without whose request or result the desk refuses ready; the page asks for it. */
  lacking = $state("");
  /** The recording is to be paused or to go on, and is not yet. */
  pausing = $state(false);
  /** The request that is opened, and the call in which it was; null: none. */
  opened = $state.raw<{ number: string; call: string } | null>(null);
  /** The request that a call is about, as the agent has opened it. */
  about = $state.raw<{ call: string; number: string; topic: string } | null>(null);
  /** Calls of this agent of which nobody has said what came of them, the newest first. */
  silent = $state.raw<readonly SilentCall[]>([]);
  /** Opened requests and what is on its way to them; null until the first is opened. */
  work = $state.raw<Work | null>(null);
  readonly live = new Live();
  readonly extension: string;
  readonly drafts: Drafts;
  readonly api: Api;
  readonly caller: Caller;
  readonly town: Town;
  readonly outside: Outside;
  readonly transfer: Transfer;

  readonly me: Agent | null = $derived(
    this.live.state?.agents.find((agent) => agent.extension === this.extension) ?? null,
  );
  /** The call that the line has given us. */
  readonly line: Call | null = $derived(this.telephone?.calls.find((call) => call.isIncoming) ?? null);
  /** What the line calls it, in the page's language; empty: there is none. A town's own name of a service is told in Turkish. */
  readonly lineName: string = $derived(
    nameIn(
      page.t.desk.lineName,
      this.line?.name ?? "",
      page.language !== "tr" && this.me?.call ? page.service(this.me.service) : "",
    ),
  );
  /** Whether it is urgent: as the line says, or by its name while the line's word has not come (the desk may be away). */
  readonly urgent: boolean = $derived(
    this.me?.call ? this.me.class === "urgent" : isCalledUrgent(this.line?.name ?? ""),
  );
  /** A call rings here of which the line's word has not come: the desk is away, and the telephone is all there is. */
  readonly ringsUntold: boolean = $derived(
    this.line?.state === "ringing" && !this.me?.call && page.now - this.line.begunAt > UNTOLD_MS,
  );
  /** Whom we have called: a colleague, or the line, to listen to a talk. */
  readonly consult: Call | null = $derived(this.telephone?.calls.find((call) => !call.isIncoming) ?? null);
  /** We listen to a talk: the line's codes begin with a star, and no colleague's number does. */
  readonly listens: boolean = $derived(this.consult?.number.startsWith("*") ?? false);
  /** Our clock as the backend's, ms. */
  readonly now: number = $derived(page.now + this.live.offset);

  /** The session for which the desk was opened. */
  readonly #first: Session;
  #loading: Promise<Telephone | null> | null = null;
  /** Questions for calls without a result so far: the last one counts. */
  #looks = 0;
  /** What was asked for last, and not begun yet. */
  #wished: Wished | null = null;
  #fulfilling: Promise<void> | null = null;

  constructor(session: Session) {
    this.session = session;
    this.#first = session;
    this.extension = session.extension ?? "";
    this.api = new Api({
      csrf: () => untrack(() => this.session?.csrf ?? ""), // whoever asks something in an effect does not wait for a session
      renew: () => this.#renew(session.user),
      over: () => this.#signedOut(),
    });
    this.drafts = new Drafts(session.user, sessionStorage, this.api, (what) =>
      toasts.say(what === "gone" ? page.t.desk.draftGone : page.t.desk.draftsJoined, "info"),
    );
    this.caller = new Caller(this.api);
    this.town = new Town(this.api);
    this.outside = new Outside(this);
    this.transfer = new Transfer(this);
  }

  /** Whether a session is this agent's, who may have been given another extension or role meanwhile. */
  has({ user, role, extension }: Session): boolean {
    const first = this.#first;
    return user === first.user && role === first.role && (extension ?? "") === this.extension;
  }

  /** Follow the line and have the telephone. Also after the session has been begun anew. */
  begin(session: Session): void {
    const stays = this.session ? "" : this.me?.call;
    this.session = session;
    this.live.start(null, {
      state: () => (page.zone = this.live.state?.timezone),
      refused: () => this.#signedOut(),
    });
    void this.drafts.load(stays ?? "");
    this.caller.again(); // what was asked for without a session has no answer
    if (this.telephone?.state === "signed_out") void this.telephone.start();
    if (!this.ownPhone) void this.load();
  }

  /** The telephone, once it is there; whoever asks before that waits for it. null: its part of the page cannot be had. */
  load(): Promise<Telephone | null> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Telephone | null> {
    // After an upgrade of the desk the files of an older page are gone.
    const part = await import("../telephone/telephone.svelte").catch(() => null);
    this.partMissing = part === null;
    if (!part) {
      this.#loading = null; // the next who asks tries again
      return null;
    }
    const account = (renews?: string) =>
      openAgentAccount(this.api, this.extension, untrack(() => this.session) !== null, renews);
    const telephone = new part.Telephone({ account, registers: true, signedOut: () => this.#signedOut() });
    this.telephone = telephone;
    try {
      await this.#connect(telephone);
    } catch (error) {
      this.#loading = null; // the desk is away: the next who asks tries again
      throw error;
    }
    return telephone;
  }

  /** Take the telephone back from another page, or try again. */
  async reconnect(): Promise<void> {
    const telephone = await this.load();
    if (telephone) await this.#connect(telephone);
  }

  /** Have the page's telephone ready. If the one on the desk has been chosen meanwhile, the page's must not ring. */
  async #connect(telephone: Telephone): Promise<void> {
    const stopUnlessWanted = () => {
      if (this.ownPhone) telephone.stop();
    };
    await Promise.all([telephone.start().then(stopUnlessWanted), telephone.sound.open().then(stopUnlessWanted)]);
  }

  async useOwnPhone(own: boolean): Promise<void> {
    this.ownPhone = own;
    localStorage.setItem(OWN_PHONE_KEY, own ? "yes" : "no");
    if (own) this.telephone?.stop();
    else await this.reconnect();
  }

  // --- states

  /** Sign in to the line, pause, sign out of it. Without a microphone nobody can be ready at this page. */
  wish(state: Wish, reason: PauseReason | "" = ""): Promise<void> {
    this.#wished = { state, reason };
    this.#fulfilling ??= this.#fulfil().finally(() => (this.#fulfilling = null));
    return this.#fulfilling;
  }

  /** One after the other, so that the last is what counts. A key that is pressed twice asks once. */
  async #fulfil(): Promise<void> {
    let done: Wished | null = null;
    for (let next = this.#wished; next; next = this.#wished) {
      this.#wished = null;
      if (next.state === done?.state && next.reason === done.reason) continue;
      done = next;
      try {
        if (next.state === "ready" && !this.ownPhone && !(await this.#canTalk())) continue;
        await this.api.send("POST", `/agents/${this.extension}/state`, next);
      } catch (error) {
        if (error instanceof Refused && error.key === "disposition") {
          toasts.say(page.t.desk.resultRequired, "wrong");
          this.lacking = String(error.value);
        } else this.tell(error);
      }
    }
  }

  async #canTalk(): Promise<boolean> {
    const telephone = await this.load();
    if (!telephone) {
      toasts.say(page.t.desk.partMissing, "wrong");
      return false;
    }
    if (["replaced", "refused", "off", "signed_out"].includes(telephone.state)) await telephone.start();
    const stream = await telephone.sound.open();
    const { microphone } = telephone.sound;
    const words: Partial<Record<typeof microphone, string>> = page.t.telephone.microphones;
    if (!stream) toasts.say(words[microphone] ?? page.t.desk.noMicrophone, "wrong");
    return stream !== null;
  }

  // --- the call

  async answer(): Promise<void> {
    const call = this.line;
    if (call?.state !== "ringing") return;
    const answered = await call.answer();
    if (!answered && call.state === "ringing") toasts.say(page.t.desk.cannotAnswer, "wrong");
  }

  /** End the call, or refuse the one that rings. What was meant for the call before ends no other one. */
  hangUp(): void {
    const call = this.consult ?? this.line;
    if (!call) return;
    if (isForTheCallBefore(call, this.telephone?.leftAt ?? 0, Date.now())) {
      return toasts.say(call.state === "ringing" ? page.t.desk.notRefused : page.t.desk.notHungUp);
    }
    call.hangUp();
  }

  hold(): void {
    if (this.line?.state === "talking") this.line.hold();
    else if (this.line?.state === "held" && !this.consult) this.line.unhold();
  }

  /** Try the microphone again, where it could not be used. */
  async retryMicrophone(): Promise<void> {
    if (!this.ownPhone && this.telephone?.sound.microphone !== "open") await this.telephone?.sound.open();
  }

  mute(): void {
    const call = this.consult ?? this.line;
    if (call?.muted) call.unmute();
    else call?.mute();
  }

  /** Have the recording of the talk paused, or go on. The page shows it when Asterisk has done it. */
  async pauseRecording(): Promise<void> {
    const { call, recording } = this.me ?? {};
    if (!call || !recording || this.pausing) return;
    this.pausing = true;
    try {
      const paused = recording === "on";
      await this.api.send("POST", `/calls/${encodeURIComponent(call)}/recording`, { paused });
    } catch (error) {
      this.tell(error);
    } finally {
      this.pausing = false;
    }
  }

  /** Dial a code of the line, if the page's telephone is free; whether it does. */
  dialCode(code: string): boolean {
    const free = this.telephone?.state === "ready" && this.telephone.calls.length === 0 && !this.ownPhone;
    if (!free || !/^\*\d+$/.test(code)) return false;
    void this.telephone?.dial(code);
    return true;
  }

  /** Ask which calls are without a result. The desk serves without them, so nobody is told if it cannot. */
  async lookSilent(): Promise<void> {
    const look = ++this.#looks;
    try {
      const silent = await this.api.get<SilentCall[]>(`/agents/${this.extension}/silent-calls`);
      if (look === this.#looks) this.silent = silent;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  // --- the rest

  /** Say why something could not be done. */
  tell(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    if (error.status !== 401) toasts.say(error.status ? whyOf(error) : page.t.desk.away, "wrong", error.action);
  }

  async unmask(): Promise<void> {
    try {
      await this.caller.unmask();
    } catch (error) {
      this.tell(error);
    }
  }

  async kind(call: string, service: string): Promise<void> {
    try {
      await this.api.send<Schemas["CallKind"]>("POST", `/calls/${encodeURIComponent(call)}/kind`, { service });
      const draft = this.drafts.of(call);
      if (draft) draft.service = service;
      this.drafts.keep();
      this.caller.again();
      toasts.say(page.t.desk.kindSet(page.service(service)), "good");
    } catch (error) {
      this.tell(error);
    }
  }

  /** Open a request, also one that is open already: it takes the focus. */
  open(number: string): void {
    this.opened = { number, call: this.me?.call ?? "" };
  }

  /** The day is over: off the line, signed out, and then nothing of citizens in the browser. False: they are signed in still. */
  async leave(session: Session): Promise<boolean> {
    this.isLeaving = true;
    await this.api.send("POST", `/agents/${this.extension}/state`, { state: "offline" }).catch(() => undefined);
    await this.drafts.rest();
    this.isLeaving = await leave(session, async () => {
      this.live.stop();
      this.telephone?.stop();
      this.drafts.forget();
      await this.work?.halfWritten.forget();
    });
    if (!this.isLeaving) this.drafts.wake();
    return this.isLeaving;
  }

  /** The session goes on with another word: the password has changed. Nothing begins anew by that. */
  renewed(session: Session): void {
    if (this.session) this.session = session;
    else this.begin(session); // somebody was told meanwhile that it is over
  }

  /** Somebody has signed in in another tab of this browser: whether it was this agent. */
  async #renew(user: string): Promise<boolean> {
    const found = await sessionOf(user);
    const session = found && this.has(found) ? found : null;
    if (session && !this.session) this.begin(session);
    else if (session && session.csrf !== this.session?.csrf) this.session = session;
    return session !== null;
  }

  #signedOut(): void {
    this.session = null; // what goes on goes on: a talk needs no session
  }
}
