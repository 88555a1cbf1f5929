// Whether somebody whose password another person has chosen is asked for one of their own without having asked for it. That is decided
// once, as they sign in or open the page: later they may be writing, and nothing takes the focus from what they write.
import type { Session } from "./session";

export class Asking {
  /** The question opens by itself. */
  asks = $state(false);
  #isDecided = false;

  /** Told of each change. `session`: null if nobody is signed in, or no longer. `quiet`: somebody talks, or goes on with what they had
   * begun without a network; null: it is not known yet. */
  follow(session: Pick<Session, "password_due"> | null, quiet: boolean | null): void {
    if (!session) [this.asks, this.#isDecided] = [false, false];
    else if (quiet) [this.asks, this.#isDecided] = [false, true];
    else if (quiet === false && !this.#isDecided) [this.asks, this.#isDecided] = [session.password_due, true];
  }
}
