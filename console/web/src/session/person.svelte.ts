// Somebody who is signed in, for as long as their page is open. When the session is over the page stays as it is and asks again.
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
      csrf: () => this.session?.csrf ?? "",
      renew: async () => (this.session = await sessionOf(this.user)) !== null,
      over: () => {
        this.session = null;
      },
    });
  }
}
