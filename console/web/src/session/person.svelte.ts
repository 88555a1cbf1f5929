// Somebody who is signed in, for as long as their page is open. When the session is over the page stays as it is and asks again.
import { untrack } from "svelte";

import { Api } from "../api/api";
import { sessionOf, type Role, type Session } from "./session";

export class Person {
  /** null: the session is over. One whose `csrf` is empty is what this browser remembers of it without a network: the desk
   * has yet to say that it is still theirs, and is asked before anything else. */
  session = $state.raw<Session | null>(null);
  readonly user: string;
  readonly role: Role;
  /** The person's unit; empty: none. */
  readonly unit: string;
  /** This browser has remembered them without a network. */
  readonly isRemembered: boolean;
  readonly api: Api;

  constructor(session: Session) {
    this.session = session;
    this.user = session.user;
    this.role = session.role;
    this.unit = session.unit ?? "";
    this.isRemembered = session.csrf === "";
    this.api = new Api({
      isSure: () => untrack(() => this.isSure),
      csrf: () => untrack(() => this.session?.csrf ?? ""), // whoever asks something in an effect does not wait for a session
      renew: () => this.renew(),
      over: () => {
        this.session = null;
      },
    });
  }

  /** Whether the desk has said so, or said that it is over. */
  get isSure(): boolean {
    return this.session?.csrf !== "";
  }

  /** Whether a session is theirs, who have the role and the unit still for which the page is. */
  has({ user, role, unit }: Session): boolean {
    return user === this.user && role === this.role && (unit ?? "") === this.unit;
  }

  /** Take the session that the browser has now. False: it is not this person's. Throws `NotSignedIn` where the desk does not say. */
  async renew(): Promise<boolean> {
    // The same session is no new one: what depends on it must not begin anew because one request is another unit's.
    const found = await sessionOf(this.user);
    const session = found && this.has(found) ? found : null;
    if (session?.csrf !== this.session?.csrf) this.session = session;
    return session !== null;
  }
}
