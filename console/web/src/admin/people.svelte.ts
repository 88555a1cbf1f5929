// The people who sign in, as an administrator sees and changes them.
import { Refused, type Api, type Schemas } from "../api/api";
import { toasts } from "../components/toasts.svelte";
import { page } from "../text/page.svelte";
import { Reading } from "./reading.svelte";
import { answered } from "./refusals";
import { texts } from "./texts";

export type Account = Schemas["Account"];
export type NewPassword = Schemas["NewPassword"];

export class Accounts {
  readonly people: Reading<Account[]>;
  /** The town's units; each has a name in both languages. */
  #town = $state.raw<Schemas["Named"][]>([]);
  /** A change is on its way. Reading is no reason to take none. */
  busy = $state(false);

  constructor(private readonly api: Api) {
    this.people = new Reading(() => api.get<Account[]>("/people"));
    void this.read();
  }

  /** Read the people, and the units once. */
  async read(): Promise<void> {
    await Promise.all([this.people.read(), this.#town.length ? null : this.#readUnits()]);
  }

  async #readUnits(): Promise<void> {
    await this.#tried(async () => {
      this.#town = (await this.api.get<Schemas["TownView"]>("/town")).units;
    });
  }

  /** The units to choose from, by their names in the page's language. */
  get units(): { value: string; label: string }[] {
    return this.#town.map((one) => ({ value: one.id, label: one[page.language] }));
  }

  add(wish: Schemas["AccountBody"]): Promise<NewPassword | null> {
    return this.#written(async () => (await this.api.send<NewPassword>("POST", "/people", wish)).body);
  }

  change(user: string, wish: Schemas["AccountChange"]): Promise<Account | null> {
    return this.#written(async () => (await this.api.send<Account>("PATCH", this.#path(user), wish)).body);
  }

  newPassword(user: string): Promise<NewPassword | null> {
    return this.#written(
      async () => (await this.api.send<NewPassword>("POST", `${this.#path(user)}/password`, {})).body,
    );
  }

  endSessions(user: string): Promise<Schemas["SessionsEnded"] | null> {
    return this.#written(
      async () => (await this.api.send<Schemas["SessionsEnded"]>("DELETE", `${this.#path(user)}/sessions`)).body,
    );
  }

  #path(user: string): string {
    return `/people/${encodeURIComponent(user)}`;
  }

  async #written<T>(work: () => Promise<T>): Promise<T | null> {
    this.busy = true;
    try {
      const done = await this.#tried(work);
      if (done !== null) await this.read();
      return done;
    } finally {
      this.busy = false;
    }
  }

  async #tried<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status !== 401) toasts.say(answered(error, page.language) || texts().away, "wrong", error.action);
      return null;
    }
  }
}
