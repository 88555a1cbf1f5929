import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";

import { Refused, type Api, type Schemas } from "../api/api";
import { placeOf, Town, type Topic } from "./town.svelte";

const view = {
  groups: [],
  topics: [],
  mahalle: [],
  services: [],
  units: [],
  bodies: [],
  moves: [],
  retired: [
    { kind: "topic", id: "at_arabasi", tr: "At arabası", en: "Horse cart" },
    { kind: "unit", id: "fayton", tr: "Fayton Birimi", en: "Carriages" },
    { kind: "mahalle", id: "eski", tr: "Eski Mahalle", en: "Eski Mahalle" },
  ],
} satisfies Schemas["TownView"];

test("what the town's files have no more keeps its name", async () => {
  const town = new Town({ get: async () => view } as unknown as Api);
  await town.load();
  expect(town.topicName("at_arabasi")).toBe("At arabası");
  expect(town.unitName("fayton")).toBe("Fayton Birimi");
  expect(town.mahalle("eski")).toBe("Eski Mahalle");
  expect(town.topicName("hic_olmadi")).toBe("hic olmadi");
  expect(town.topicName(null)).toBe("");
});

describe("the town through a day", () => {
  /** What the backend has; null: it is away. */
  let there: Schemas["TownView"] | null;
  let asked: number;
  let found: Schemas["Found"];
  let town: Town;

  beforeEach(() => {
    vi.useFakeTimers();
    there = view;
    asked = 0;
    found = { topics: ["moloz"], mahalle: ["yeni"], streets: [], streets_first: false };
    town = new Town({
      get: async (path: string) => {
        if (path.startsWith("/town/found")) {
          if (!there) throw new Refused(503, "away");
          return found;
        }
        asked += 1;
        if (!there) throw new Refused(503, "away");
        return structuredClone(there);
      },
    } as unknown as Api);
  });
  afterEach(() => vi.useRealTimers());

  const topic = (id: string) =>
    ({
      id,
      tr: id,
      en: id,
      group: "g",
      body: "",
      elsewhere: {},
      kind: "request",
      place: "none",
      hidden: false,
      photo: false,
      questions: [],
    }) as Topic;

  it("tells which outside body does something, and what is still to be asked", async () => {
    const named = (id: string) => ({ id, tr: id, en: id, reach_tr: "", reach_en: "" });
    const asks = [{ id: "yeri", tr: "Neresi?", en: "Where?" }] as unknown as Topic["questions"];
    const water = { ...topic("su"), body: "iski", elsewhere: { esenkent: "ibb", fatih: "zabita" }, questions: asks };
    there = {
      ...(there as NonNullable<typeof there>),
      topics: [water, topic("yol")],
      bodies: [named("iski"), named("ibb")],
    };
    await town.load();
    const who = (id: string, district: string | null) => town.bodyFor(id, district)?.id ?? "";
    expect([who("su", null), who("su", "zafer"), who("su", "esenkent"), who("su", "fatih")]).toEqual([
      "iski",
      "iski",
      "ibb",
      "",
    ]);
    expect([who("yol", null), who("gone", "zafer")]).toEqual(["", ""]);
    expect(town.questionsOf("su", ["yeri", "district", "gone"])).toEqual(["Neresi?", "Mahalle"]);
  });

  it("is asked for after growing pauses until it is there", async () => {
    there = null;
    const stop = town.keep();
    await vi.advanceTimersByTimeAsync(0);
    expect([town.view, town.missing]).toEqual([null, true]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBeGreaterThan(4);
    expect(asked).toBeLessThan(10);
    there = view;
    await vi.advanceTimersByTimeAsync(15_000);
    expect([town.view, town.missing]).toEqual([view, false]);
    stop();
    const before = asked;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toBe(before);
  });

  it("is as its files are: what is new is offered, what was removed is not", async () => {
    there = { ...view, topics: [topic("fayton")] };
    const stop = town.keep();
    await vi.advanceTimersByTimeAsync(0);
    const first = town.view;
    await vi.advanceTimersByTimeAsync(130_000);
    expect(town.view).toBe(first); // the same is not drawn anew
    there = { ...view, topics: [topic("moloz")] };
    await vi.advanceTimersByTimeAsync(130_000);
    expect(town.view?.topics.map((one) => one.id)).toEqual(["moloz"]);
    there = null;
    await vi.advanceTimersByTimeAsync(130_000);
    expect(town.view?.topics).toHaveLength(1); // what is old serves
    await town.load();
    stop();
  });

  it("is asked for at once when a search finds what is not known here", async () => {
    await town.load();
    await vi.advanceTimersByTimeAsync(15_000);
    there = { ...view, topics: [topic("moloz")], mahalle: [{ id: "yeni", name: "Yeni" }] };
    expect(await town.findTopics("moloz")).toEqual([{ value: "moloz", label: "moloz", detail: "" }]);
    expect(await town.findPlaces("yeni", "")).toEqual([{ value: "yeni", label: "Yeni", detail: "" }]);
    expect(asked).toBe(2);
    there = view; // and not at each letter, where the town never has it
    for (let letter = 0; letter < 20; letter += 1) await town.findTopics("moloz");
    expect(asked).toBe(2);
  });

  it("tells a search that has no answer from one that finds nothing", async () => {
    there = { ...view, topics: [topic("moloz")] };
    await town.load();
    found = { ...found, topics: [], mahalle: [] };
    expect([await town.findTopics("hiç"), await town.findPlaces("hiç", "")]).toEqual([[], []]);
    there = null;
    expect([await town.findTopics("moloz"), await town.findPlaces("yeni", "")]).toEqual([null, null]);
  });

  it("has the likelier meant places first, and a street with its mahalle", async () => {
    there = { ...view, mahalle: [{ id: "yeni", name: "Yeni" }] };
    await town.load();
    found = { ...found, streets: [{ name: "Yeni / Yol", district: "yeni" }] };
    const mahalle = { value: "yeni", label: "Yeni", detail: "" };
    const street = { value: "yeni/Yeni / Yol", label: "Yeni / Yol", detail: "Yeni" };
    expect(await town.findPlaces("yeni", "")).toEqual([mahalle, street]);
    found.streets_first = true;
    expect(await town.findPlaces("yeni yol", "yeni")).toEqual([street, mahalle]);
    expect(placeOf(street.value)).toEqual({ district: "yeni", street: "Yeni / Yol" });
    expect(placeOf("yeni")).toEqual({ district: "yeni", street: "" });
  });
});
