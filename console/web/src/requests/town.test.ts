import { expect, test } from "vitest";
import type { Api, Schemas } from "../api/api";
import { Town } from "./town.svelte";

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
