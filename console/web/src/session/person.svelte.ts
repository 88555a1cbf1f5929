// Somebody who is signed in, for as long as their page is open. When the session is over the page stays as it is and asks again.
import { untrack } from "svelte";

import { Api } from "../api/api";
import { sessionOf, type Role, type Session } from "./session";

export class Person {
  /** null: the session is over. */
  session = $state.raw<Session | null>(null);
  readonly user: string;
  readonly role: Role;
  /** The person's unit; empty: none. */
  readonly unit: string;
  readonly api: Api;

  constructor(session: Session) {
    this.session = session;
    this.user = session.user;
    this.role = session.role;
    this.unit = session.unit ?? "";
    this.api = new Api({
      csrf: () => untrack(() => this.session?.csrf ?? ""), // whoever asks something in an effect does not wait for a session
      renew: async () => {
        // The same session is no new one: what depends on it must not begin anew because one request is another unit's.
        const session = await sessionOf(this.user);
        if (session?.csrf !== this.session?.csrf) this.session = session;
        return session !== null;
      },
      over: () => {
        this.session = null;
      },
    });
  }
}
