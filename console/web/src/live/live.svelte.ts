// The one place in a page that holds the live view. Components read it and keep no copy.
import { follow } from "./stream";
import type { Caller, LiveState } from "./view";

export type Connection = "connecting" | "live" | "lost" | "refused";

/** The states of so long say what the backend's clock is, ms. A state is late by its way, which is long at times, and none
    is early. */
const CLOCK_MS = 30_000;
/** A clock that differs by so much is another one: it was set, or the backend is another machine. */
const SET_MS = 10_000;

export class Live {
  /** The newest state; null until the first has come. It stays, and grows old, while the connection is lost. */
  state = $state.raw<LiveState | null>(null);
  connection = $state<Connection>("connecting");
  /** The backend's clock minus ours, ms, by the state of the last while that was quickest here. */
  offset = $state(0);

  /** Callers who hold the line; those to be called back do not. */
  readonly holding: Caller[] = $derived(this.state?.queue.filter((caller) => !caller.callback) ?? []);
  readonly urgent: number = $derived(this.state?.queue.filter((caller) => caller.class === "urgent").length ?? 0);

  #offsets: { ms: number; at: number }[] = [];
  #ended = new AbortController();

  /** Follow the line with this token, or as whoever is signed in. `state` is told of each state, `refused` that nobody is
      known. */
  start(token: string | null, on: { state?: () => void; refused: () => void }): void {
    this.stop();
    this.#ended = new AbortController();
    this.connection = "connecting";
    this.#offsets = [];
    const listener = {
      state: (state: LiveState) => {
        this.state = state;
        this.#setClock(Date.parse(state.at) - Date.now());
        this.connection = "live";
        on.state?.();
      },
      lost: () => {
        this.connection = this.state ? "lost" : "connecting";
      },
      refused: () => {
        this.connection = "refused";
        on.refused();
      },
    };
    void follow(token, listener, this.#ended.signal);
  }

  #setClock(ms: number): void {
    const at = performance.now();
    const kept = this.#offsets.filter((one) => at - one.at < CLOCK_MS && Math.abs(one.ms - ms) < SET_MS);
    this.#offsets = [...kept, { ms, at }];
    this.offset = Math.max(...this.#offsets.map((one) => one.ms));
  }

  /** Follow no longer. */
  stop(): void {
    this.#ended.abort();
  }

  /** An agent's name, or the extension where it is not known. */
  nameOf(extension: string): string {
    return this.state?.agents.find((agent) => agent.extension === extension)?.name || extension;
  }
}
