// The town's topics and places, as the form needs them. Asked for until they are there, and renewed through the day: a topic may be
// added or removed in the middle of a shift. What people type is understood by the backend.
import { Refused, type Api, type Schemas } from "../api/api";
import { page } from "../text/page.svelte";

type View = Schemas["TownView"];
type Found = Schemas["Found"];
export type Topic = Schemas["TownTopic"];
export type Body = Schemas["TownBody"];

export interface Place {
  district: string;
  street: string;
}

/** It is renewed when it is so old, ms. */
const RENEW_MS = 120_000;
/** While there is none it is asked for after such pauses, ms: the first, and the longest to which they grow. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
/** A search that finds what is not known here asks for it, though not more often than this, ms. */
const UNKNOWN_MS = 10_000;

export class Town {
  view = $state.raw<View | null>(null);
  /** There is none, and the last question for it had no answer. */
  missing = $state(false);
  /** When it was asked for last, ms. */
  #asked = 0;
  #asking: Promise<void> | null = null;

  constructor(private readonly api: Api) {}

  /** Have it, and as it is now. Raises `Refused` only where there is none: one that is old serves too. */
  async load(): Promise<void> {
    if (this.view && Date.now() - this.#asked < RENEW_MS) return;
    try {
      await this.#renew();
    } catch (error) {
      if (!(error instanceof Refused) || !this.view) throw error;
    }
  }

  /** Have it from now on, for a page that is open all day; the returned function ends that. */
  keep(): () => void {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = FIRST_PAUSE_MS;
    const look = async (): Promise<void> => {
      try {
        await this.#renew();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
      if (over) return;
      timer = setTimeout(() => void look(), this.view ? RENEW_MS : pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    };
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }

  /** Ask for it now; whoever asks meanwhile waits for the same answer. */
  #renew(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask(): Promise<void> {
    this.#asked = Date.now();
    try {
      const found = await this.api.get<View>("/town");
      // What is as it was stays the same object: nothing that shows it is drawn anew.
      if (JSON.stringify(found) !== JSON.stringify(this.view)) this.view = found;
      this.missing = false;
    } catch (error) {
      this.missing = this.view === null;
      throw error;
    }
  }

  /** The backend has found something that is not known here: the town has changed. */
  async #renewFor(isKnown: boolean): Promise<void> {
    if (isKnown || Date.now() - this.#asked < UNKNOWN_MS) return;
    await this.#renew().catch(() => undefined); // what is known is shown
  }

  /** Ids of the urgent services. */
  get urgent(): string[] {
    return (this.view?.services ?? []).filter((one) => one.class === "urgent").map((one) => one.id);
  }

  topic(id: string): Topic | null {
    return this.view?.topics.find((one) => one.id === id) ?? null;
  }

  /** The outside body that does what is asked for in a mahalle, as tickets/routing.py finds it; null: a unit does, or no rule says. */
  bodyFor(topicId: string | null | undefined, district: string | null | undefined): Body | null {
    const topic = this.topic(topicId ?? "");
    const who = topic?.elsewhere[district ?? ""] ?? topic?.body;
    return this.view?.bodies.find((one) => one.id === who) ?? null;
  }

  /** What still has to be asked, in words: by the names that a request gives it. */
  questionsOf(topicId: string | null | undefined, missing: readonly string[]): string[] {
    const questions = this.topic(topicId ?? "")?.questions ?? [];
    return missing.flatMap((id) => {
      if (id === "district") return [page.t.unit.district];
      const question = questions.find((one) => one.id === id);
      return question ? [this.name(question)] : [];
    });
  }

  mahalle(id: string): string {
    return this.view?.mahalle.find((one) => one.id === id)?.name ?? this.#retired("mahalle", id) ?? id;
  }

  unitName(id: string): string {
    const found = this.view?.units.find((one) => one.id === id);
    return found ? this.name(found) : (this.#retired("unit", id) ?? id.replaceAll("_", " "));
  }

  /** Of an outside body; other words than an id are its name. */
  bodyName(id: string): string {
    const found = this.view?.bodies.find((one) => one.id === id);
    return found ? this.name(found) : (this.#retired("body", id) ?? id);
  }

  /** The name of something in the page's language. */
  name(item: { tr: string; en: string }): string {
    return item[page.language];
  }

  topicName(id: string | null | undefined): string {
    if (!id) return "";
    const topic = this.topic(id);
    return topic ? this.name(topic) : (this.#retired("topic", id) ?? id.replaceAll("_", " "));
  }

  /** The name of what the town's files have no more: old requests still name it. */
  #retired(kind: string, id: string): string | null {
    const found = this.view?.retired?.find((one) => one.kind === kind && one.id === id);
    return found ? this.name(found) : null;
  }

  /** Topics that a text may mean; null: the backend has not answered. */
  async findTopics(text: string): Promise<{ value: string; label: string; detail: string }[] | null> {
    const found = await this.#find(text, "topics", "");
    if (!found) return null;
    await this.#renewFor(found.topics.every((id) => this.topic(id)));
    return found.topics.flatMap((id) => {
      const topic = this.topic(id);
      const group = this.view?.groups.find((one) => one.id === topic?.group);
      return topic ? [{ value: id, label: this.name(topic), detail: group ? this.name(group) : "" }] : [];
    });
  }

  /** Mahalle and streets, the likelier ones first; a value is `district` or `district/street`. null: no answer. */
  async findPlaces(text: string, district: string): Promise<{ value: string; label: string; detail: string }[] | null> {
    const found = await this.#find(text, "places", district);
    if (!found) return null;
    const known = (this.view?.mahalle ?? []).map((one) => one.id);
    await this.#renewFor(found.mahalle.every((id) => known.includes(id)));
    const mahalle = found.mahalle.map((id) => ({ value: id, label: this.mahalle(id), detail: "" }));
    const streets = found.streets.map((street) => ({
      value: `${street.district}/${street.name}`,
      label: street.name,
      detail: this.mahalle(street.district),
    }));
    return found.streets_first ? [...streets, ...mahalle] : [...mahalle, ...streets];
  }

  async #find(text: string, what: "topics" | "places", district: string): Promise<Found | null> {
    const within = district ? `&district=${encodeURIComponent(district)}` : "";
    try {
      return await this.api.get<Found>(`/town/found?q=${encodeURIComponent(text)}&what=${what}${within}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return null; // not "nothing found": the citizen would be told that there is no such street
    }
  }
}

/** A place as `findPlaces` names it. */
export function placeOf(value: string): Place {
  const [district = "", ...street] = value.split("/");
  return { district, street: street.join("/") };
}
