// One call of the telephone, from its first ring to its end.
import JsSIP from "jssip";
import type { EndEvent, IncomingEvent, OutgoingEvent, RTCSession } from "jssip/lib/RTCSession";

import type { Audible } from "../components/audible.svelte";
import { Level } from "./level.svelte";
import type { Sound } from "./microphone.svelte";
import { between, counts, grade, type Counts, type Grade, type Quality } from "./quality";

export type CallState = "ringing" | "calling" | "talking" | "held" | "ended";

/** Why a call is over, as far as a person cares. */
export type CallEnd = "hungup" | "busy" | "no_answer" | "not_found" | "refused" | "no_microphone" | "failed";

/** What became of a caller who was to be sent on: they are there, or still here, or the call was over before that. */
export type Referral = "there" | "here" | "over";

/** Of JsSIP's session, which says nothing of it in its types. */
interface InDialog {
  sendRequest(method: string, options: { extraHeaders: string[]; eventHandlers: { onDialogError: () => void } }): void;
}

const LOOK_MS = 1000;
const TONES_AGAIN_MS = 50;
const HOLD_AGAIN_MS = 50;
const ENDS: Record<string, CallEnd> = {
  [JsSIP.C.causes.BYE]: "hungup",
  [JsSIP.C.causes.CANCELED]: "hungup",
  [JsSIP.C.causes.BUSY]: "busy",
  [JsSIP.C.causes.NO_ANSWER]: "no_answer",
  [JsSIP.C.causes.UNAVAILABLE]: "no_answer",
  [JsSIP.C.causes.NOT_FOUND]: "not_found",
  [JsSIP.C.causes.REJECTED]: "refused",
  [JsSIP.C.causes.USER_DENIED_MEDIA_ACCESS]: "no_microphone",
};

export class Call {
  state = $state<CallState>("calling");
  end = $state<CallEnd | null>(null);
  /** The side that hung up; null while the call goes on. */
  endedBy = $state<"us" | "them" | null>(null);
  muted = $state(false);
  /** Our clock, ms, from its first ring. */
  readonly begunAt = Date.now();
  /** Our clock, ms, from when there is somebody at the other end. */
  answeredAt = $state<number | null>(null);
  incoming = $state<Level | null>(null);
  outgoing = $state<Level | null>(null);
  quality = $state<Quality | null>(null);
  grade = $state<Grade>("good");
  /** The keys that were pressed in it. */
  keys = $state("");

  readonly #session: RTCSession;
  readonly #sound: Sound;
  readonly #context: AudioContext;
  readonly #audible: Audible;
  readonly #audio = new Audio();
  #counts: Counts = counts([]);
  #timer: ReturnType<typeof setInterval> | undefined;
  #unfollow: () => void;
  /** The sound that we send: this call's own, since JsSIP disables its tracks to hold and to mute. */
  #sent: MediaStream | null = null;
  #heldWanted = false;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;
  /** Keys that were pressed and not sent yet. */
  readonly #waiting: string[] = [];

  /** `connected`: the other side can be told something now. */
  constructor(
    session: RTCSession,
    sound: Sound,
    context: AudioContext,
    audible: Audible,
    private readonly connected: () => boolean,
    onEnd: () => void,
  ) {
    this.#session = session;
    this.#sound = sound;
    this.#context = context;
    this.#audible = audible;
    this.state = this.isIncoming ? "ringing" : "calling";
    this.#audio.autoplay = true;
    this.#unfollow = sound.onStream((microphone) => this.#use(microphone));
    session.on("peerconnection", ({ peerconnection }) => this.#follow(peerconnection));
    if (session.connection) this.#follow(session.connection);
    // The other side finds its way to us by whatever address the first one leads to: to wait for all costs seconds.
    session.on("icecandidate", ({ ready }) => ready());
    session.on("accepted", (_: IncomingEvent | OutgoingEvent) => {
      this.answeredAt = Date.now();
      this.state = "talking";
    });
    session.on("hold", () => (this.state = "held"));
    session.on("unhold", () => (this.state = "talking"));
    session.on("muted", () => (this.muted = true));
    session.on("unmuted", () => (this.muted = false));
    const over = (event: EndEvent) => {
      this.#finish(event);
      onEnd();
    };
    session.on("ended", over);
    session.on("failed", over);
  }

  get isIncoming(): boolean {
    return this.#session.direction === "incoming";
  }

  /** The number at the other end. */
  get number(): string {
    return this.#session.remote_identity.uri.user;
  }

  /** The name of the other end: on an agent's phone, the service. */
  get name(): string {
    return this.#session.remote_identity.display_name;
  }

  /** Take the call. Without a microphone it goes on ringing. */
  async answer(): Promise<boolean> {
    const microphone = await this.#sound.open();
    if (!microphone || this.state !== "ringing") return false;
    if (this.#sent) return true; // it is being answered
    const stream = microphone.clone();
    this.sends(stream);
    this.#session.answer({ mediaStream: stream, pcConfig: PEER });
    return true;
  }

  /** This is the sound that the call sends. It owns it: nobody else may use its tracks. */
  sends(stream: MediaStream): void {
    this.#silence();
    this.#sent = stream;
    this.outgoing = new Level(this.#context, stream);
  }

  /** End it; a ringing one is refused. */
  hangUp(): void {
    if (this.state === "ended") return;
    this.#session.terminate(this.state === "ringing" ? { status_code: DECLINED } : {});
  }

  hold(): void {
    this.#hold(true);
  }

  unhold(): void {
    this.#hold(false);
  }

  mute(): void {
    this.#session.mute({ audio: true });
  }

  unmute(): void {
    this.#session.unmute({ audio: true });
  }

  /** Press a key: it is heard by who or what is at the other end. */
  press(key: string): void {
    this.keys += key;
    this.#waiting.push(key);
    if (this.#waiting.length === 1) void this.#send();
  }

  /** Send the caller on without a word (blind transfer). */
  sendTo(target: string): Promise<Referral> {
    return this.#refer(target);
  }

  /** Join the other ends of this call and of `other`, and leave (attended transfer). */
  joinWith(other: Call): Promise<Referral> {
    return this.#refer(other.#session.remote_identity.uri.toString(), other.#session);
  }

  /** The WebSocket is another one: tell the other side where we are now, or it could not reach us to say goodbye. Not
   * by an offer: it would name more ways for the sound than the first one did, and Asterisk would look for a way anew,
   * hold on to the one that speaks first, and hear nothing more if the browser changes to another one. */
  refresh(): void {
    if (!this.#session.isEstablished()) return;
    (this.#session as RTCSession & InDialog).sendRequest(JsSIP.C.UPDATE, {
      extraHeaders: [`Contact: ${this.#session.contact}`],
      // Asterisk knows the call no more. To an UPDATE that is lost nothing happens: the next WebSocket brings another one.
      eventHandlers: { onDialogError: () => this.hangUp() },
    });
  }

  /** Play at another loudspeaker. */
  playAt(output: string): void {
    if (this.#sound.choosesOutput)
      void this.#audio.setSinkId(output === "default" ? "" : output).catch(() => undefined);
  }

  /** Hold or not: the last wish counts, also one that comes while the other side is still told of the one before. */
  #hold(wanted: boolean): void {
    this.#heldWanted = wanted;
    this.#settleHold();
  }

  #settleHold(): void {
    const established = this.state === "talking" || this.state === "held";
    if (!established || this.#session.isOnHold().local === this.#heldWanted) return;
    clearTimeout(this.#holdTimer);
    const again = () => this.#settleHold();
    // A message that is sent into a lost connection ends the talk, which would go on without it.
    if (!this.connected()) {
      this.#holdTimer = setTimeout(again, HOLD_AGAIN_MS);
      return;
    }
    const begun = this.#heldWanted ? this.#session.hold({}, again) : this.#session.unhold({}, again);
    if (!begun) this.#holdTimer = setTimeout(again, HOLD_AGAIN_MS);
  }

  /** Send the sound of another microphone from now on; null: the microphone is closed. */
  #use(microphone: MediaStream | null): void {
    if (!microphone) return this.#silence();
    const sender = this.#session.connection?.getSenders().find((one) => one.track?.kind === "audio");
    if (!sender) return;
    const stream = microphone.clone();
    const track = stream.getAudioTracks()[0];
    if (!track) return;
    track.enabled = !this.muted && !this.#session.isOnHold().local;
    void sender.replaceTrack(track);
    this.sends(stream);
  }

  #silence(): void {
    for (const track of this.#sent?.getTracks() ?? []) track.stop();
    this.#sent = null;
    this.outgoing?.end();
  }

  #follow(connection: RTCPeerConnection): void {
    connection.addEventListener("track", (event) => {
      const stream = event.streams[0] ?? new MediaStream([event.track]);
      this.#audio.srcObject = stream;
      this.playAt(this.#sound.output);
      void this.#audible.play(this.#audio);
      this.incoming?.end();
      this.incoming = new Level(this.#context, stream);
    });
    this.#timer ??= setInterval(() => void this.#look(connection), LOOK_MS);
  }

  async #look(connection: RTCPeerConnection): Promise<void> {
    if (this.state === "ended") return;
    const stats = await connection.getStats();
    const reports: object[] = [];
    stats.forEach((report: object) => reports.push(report));
    const before = this.#counts;
    this.#counts = counts(reports as Parameters<typeof counts>[0]);
    this.quality = between(before, this.#counts);
    this.grade = this.state === "talking" ? grade(this.quality, this.#counts.received > before.received) : "good";
  }

  /** Send the keys that wait. Between the answer and the first sound a connection takes none. */
  async #send(): Promise<void> {
    while (this.#waiting.length && this.state !== "ended") {
      const tones = this.#session.connection.getSenders().find((sender) => sender.dtmf)?.dtmf;
      if (tones?.canInsertDTMF) {
        const keys = this.#waiting.splice(0).join("");
        const options = { transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833, duration: 120, interToneGap: 70 };
        this.#session.sendDTMF(keys, options);
      } else {
        await new Promise((done) => setTimeout(done, TONES_AGAIN_MS));
      }
    }
  }

  #refer(target: string, replaces?: RTCSession): Promise<Referral> {
    if (!this.connected()) return Promise.resolve("here"); // or it would end the talk
    return new Promise((done) => {
      const eventHandlers = {
        accepted: () => {
          done("there"); // before the end of the call, which says less
          this.hangUp(); // Asterisk leaves that to the telephone
        },
        failed: () => done("here"),
        requestFailed: () => done("here"),
      };
      this.#session.on("ended", () => done("over"));
      this.#session.refer(target, replaces ? { replaces, eventHandlers } : { eventHandlers });
    });
  }

  #finish(event: EndEvent): void {
    clearInterval(this.#timer);
    this.#unfollow();
    this.incoming?.end();
    this.#silence();
    this.#audible.end(this.#audio);
    this.endedBy = (event.originator as string) === "remote" ? "them" : "us";
    this.end = ENDS[event.cause] ?? (this.answeredAt ? "hungup" : "failed");
    this.state = "ended";
  }
}

/** SIP's word for "I do not take this call". JsSIP's own, 480, says that nobody is there, as after a long ring. */
const DECLINED = 603;
/** No server is asked where we are: Asterisk is on our network, and finds out by itself. */
export const PEER: RTCConfiguration = { iceServers: [], rtcpMuxPolicy: "require", bundlePolicy: "max-bundle" };
