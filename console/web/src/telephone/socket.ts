// The WebSocket under the telephone, as JsSIP wants one. A ticket opens it. One that is refused (the desk was started
// anew, or the session is over) is followed by a new account; one that another page has taken over ends the telephone, also where
// that happened while this page slept or had no network, and nobody could tell it.
// While the desk refuses an account for good, nothing is tried: each try would be a refusal more.
import type { Socket } from "jssip/lib/Socket";

import { isElsewhere, isForGood, type Account } from "./account";

// acd/lib/telephone_socket.py
const REPLACED = 4001;
const SIGNED_OUT = 4002;

/** Asterisk asks a registered page every two seconds whether it is there, and what it answers comes within seconds. After a longer
 * silence the WebSocket is dead: the machine slept, or its network changed, and nobody has told the browser. */
const SILENCE_MS = 12_000;
const LOOK_MS = 1000;
/** A look that is later than that tells nothing: the page did not run, and what came meanwhile is read after it. */
const LATE_MS = 3000;

interface Hooks {
  /** A new account, where the ticket of the one with this `socket` opens nothing. Throws where there is none to be had now. */
  renew(socket: string): Promise<Account>;
  /** Another page has the phone now. */
  replaced(): void;
  /** There is no account for us, as `error` says: we wait for `resume`. */
  refused(error: unknown): void;
}

export class TicketSocket implements Socket {
  /** Of Asterisk's own WebSocket, whatever lies between. */
  via_transport = "WS";
  readonly sip_uri: string;
  #account: Account;
  #socket: WebSocket | null = null;
  #stopped = false;
  /** The ticket opens nothing any more. */
  #spent = false;
  /** No account is to be had until somebody says so. */
  #waits = false;
  #renewing = false;
  /** Our clock, ms: since when nothing has come while the page ran. */
  #silentSince = 0;
  #lookedAt = 0;
  #watching: ReturnType<typeof setInterval> | undefined;

  constructor(
    account: Account,
    private readonly hooks: Hooks,
  ) {
    this.#account = account;
    this.sip_uri = `sip:${location.host};transport=ws`;
  }

  get url(): string {
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.#account.socket}`;
  }

  // JsSIP puts its own in their place.
  onconnect(): void {}
  ondisconnect(_error?: boolean, _code?: number, _reason?: string): void {}
  ondata<T>(_data: T): void {}

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }

  connect(): void {
    if (this.isConnected() || this.isConnecting() || this.#stopped || this.#waits) return;
    if (this.#spent) void this.#renew();
    else this.#open();
  }

  /** Somebody is signed in again: try once more, if we wait for that. */
  resume(): void {
    if (!this.#waits) return;
    this.#waits = false;
    void this.#renew();
  }

  disconnect(): void {
    this.#stopped = true;
    this.#leave();
  }

  /** Asterisk asks from now on whether we are there: drop the WebSocket once it does not. */
  watch(): void {
    clearInterval(this.#watching);
    this.#silentSince = this.#lookedAt = Date.now();
    this.#watching = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Asterisk does not ask any more. */
  unwatch(): void {
    clearInterval(this.#watching);
  }

  /** Drop the WebSocket if nothing has come by it for long; whether it was. JsSIP makes another one. */
  dropIfSilent(): boolean {
    if (!this.#socket || Date.now() - this.#silentSince <= SILENCE_MS) return false;
    this.#leave();
    this.ondisconnect(true, 1006, "nothing has come for long");
    return true;
  }

  #look(): void {
    const now = Date.now();
    if (now - this.#lookedAt > LATE_MS) this.#silentSince = now;
    this.#lookedAt = now;
    this.dropIfSilent();
  }

  #leave(): void {
    this.unwatch();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.#socket || !this.isConnected()) return false;
    this.#socket.send(message as string);
    return true;
  }

  #open(renewed = false): void {
    const socket = new WebSocket(this.url, "sip");
    let opened = false;
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#silentSince = Date.now();
    socket.onopen = () => {
      opened = true;
      this.onconnect();
    };
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => {
      if (this.#socket !== socket) return;
      this.#silentSince = Date.now();
      this.ondata(message.data);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.unwatch();
      this.#socket = null;
      if (event.code === REPLACED) {
        this.#replaced();
      } else if (event.code === SIGNED_OUT) {
        this.#spent = true; // the page may hold another session: the next account tells
        this.ondisconnect(true, event.code, event.reason);
      } else if (!opened && !renewed) {
        void this.#renew();
      } else {
        this.ondisconnect(!event.wasClean, event.code, event.reason);
      }
    };
  }

  #replaced(): void {
    this.#stopped = true;
    this.hooks.replaced();
  }

  /** The ticket opened nothing: have another one, and try again at once. */
  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      this.#account = await this.hooks.renew(this.#account.socket);
      this.#spent = false;
    } catch (error) {
      if (isElsewhere(error)) return this.#replaced();
      this.#waits = isForGood(error);
      this.ondisconnect(true, 1006, "no account to be had");
      if (this.#waits) this.hooks.refused(error);
      return;
    } finally {
      this.#renewing = false;
    }
    if (!this.#stopped) this.#open(true);
  }
}
