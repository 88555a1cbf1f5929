// The town's topics and places, as the form needs them. Fetched once; what people type is understood by the backend.
import type { Api, Schemas } from "../api/api";
import { page } from "../text/page.svelte";

type View = Schemas["TownView"];
type Found = Schemas["Found"];
export type Topic = Schemas["TownTopic"];

export interface Place {
  district: string;
  street: string;
}

export class Town {
  view = $state.raw<View | null>(null);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    this.view ??= await this.api.get<View>("/town");
  }

  /** Ids of the urgent services. */
  get urgent(): string[] {
    return (this.view?.services ?? []).filter((one) => one.class === "urgent").map((one) => one.id);
  }

  topic(id: string): Topic | null {
    return this.view?.topics.find((one) => one.id === id) ?? null;
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

  async findTopics(text: string): Promise<{ value: string; label: string; detail: string }[]> {
    const found = await this.#find(text, "topics", "");
    return found.topics.flatMap((id) => {
      const topic = this.topic(id);
      const group = this.view?.groups.find((one) => one.id === topic?.group);
      return topic ? [{ value: id, label: this.name(topic), detail: group ? this.name(group) : "" }] : [];
    });
  }

  /** Mahalle, then streets; a value is `district` or `district/street`. */
  async findPlaces(text: string, district: string): Promise<{ value: string; label: string; detail: string }[]> {
    const found = await this.#find(text, "places", district);
    return [
      ...found.mahalle.map((id) => ({ value: id, label: this.mahalle(id), detail: "" })),
      ...found.streets.map((street) => ({
        value: `${street.district}/${street.name}`,
        label: street.name,
        detail: this.mahalle(street.district),
      })),
    ];
  }

  async #find(text: string, what: "topics" | "places", district: string): Promise<Found> {
    const within = district ? `&district=${encodeURIComponent(district)}` : "";
    try {
      return await this.api.get<Found>(`/town/found?q=${encodeURIComponent(text)}&what=${what}${within}`);
    } catch {
      return { topics: [], mahalle: [], streets: [] };
    }
  }
}

/** A place as `findPlaces` names it. */
export function placeOf(value: string): Place {
  const [district = "", ...street] = value.split("/");
  return { district, street: street.join("/") };
}
