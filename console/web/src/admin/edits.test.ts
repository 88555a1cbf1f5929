import { describe, expect, it } from "vitest";

import {
  applied,
  fromLevels,
  levelsOf,
  valueAt,
  withEdit,
  type Edit,
  type Json,
  type Table,
  every,
  takesAll,
  withLevel,
} from "./edits";

const AGENTS: Table = {
  agent: [
    { extension: "1001", name: "Ayşe", services: ["funeral"] },
    { extension: "1002", name: "Mehmet" },
  ],
};
const SERVICES: Table = { hours: { office: { week: { "mon-fri": "08:30-17:30" } } }, service: { agent: {} } };

describe("edits of a file", () => {
  it("find a value by its path", () => {
    expect(valueAt(SERVICES, ["hours", "office", "week", "mon-fri"])).toBe("08:30-17:30");
    expect(valueAt(AGENTS, ["agent", "1002", "name"])).toBe("Mehmet");
    expect(valueAt(AGENTS, ["agent", "1009", "name"])).toBeUndefined();
    expect(valueAt(SERVICES, ["hours", "office", "week", "mon-fri", "x"])).toBeUndefined();
  });

  it("are what the file will be", () => {
    const edits: Edit[] = [
      { path: ["agent", "1001", "name"], value: "Ayşe Kaya" },
      { path: ["agent", "1002"], value: null },
      { path: ["agent", "1003"], value: { name: "Elif" } },
    ];
    expect(applied(AGENTS, edits)).toEqual({
      agent: [
        { extension: "1001", name: "Ayşe Kaya", services: ["funeral"] },
        { extension: "1003", name: "Elif" },
      ],
    });
    expect(AGENTS.agent).toHaveLength(2);
    const night: Edit = { path: ["hours", "night", "week"], value: { "mon-sun": "22:00-06:00" } };
    expect(valueAt(applied(SERVICES, [night]), ["hours", "night", "week", "mon-sun"])).toBe("22:00-06:00");
    expect(applied(SERVICES, [{ path: ["nothing", "there"], value: null }])).toEqual(SERVICES);
  });

  it("name topics and units by their ids", () => {
    const town: Table = { topic: [{ id: "delik", tr: "Delik" }], unit: [{ id: "fen", members: [{ user: "a" }] }] };
    expect(valueAt(town, ["topic", "delik", "tr"])).toBe("Delik");
    const edits: Edit[] = [
      { path: ["topic", "delik", "words"], value: ["çukur"] },
      { path: ["unit", "fen", "members"], value: [{ user: "b" }] },
      { path: ["unit", "park"], value: { tr: "Park" } },
    ];
    expect(applied(town, edits)).toEqual({
      topic: [{ id: "delik", tr: "Delik", words: ["çukur"] }],
      unit: [
        { id: "fen", members: [{ user: "b" }] },
        { id: "park", tr: "Park" },
      ],
    });
  });

  it("come to nothing where the file's own value is back", () => {
    const path = ["agent", "1001", "name"];
    const edits = withEdit([], AGENTS, path, "Ayşe K");
    expect(withEdit(edits, AGENTS, path, "Ayşe Ka")).toEqual([{ path, value: "Ayşe Ka" }]);
    expect(withEdit(edits, AGENTS, path, "Ayşe")).toEqual([]);
    expect(withEdit([], AGENTS, ["agent", "1001", "skills"], null)).toEqual([]);
  });

  it("come to nothing where what was added, and then changed, is taken away again", () => {
    const added = withEdit([], SERVICES, ["hours", "night", "week"], { "mon-fri": "20:00-24:00" });
    const changed = withEdit(added, SERVICES, ["hours", "night", "week", "mon-fri"], "21:00-24:00");
    const other: Edit = { path: ["hours", "nights", "week"], value: {} };
    expect(withEdit([...changed, other], SERVICES, ["hours", "night"], null)).toEqual([other]);
    expect(withEdit(changed, SERVICES, ["hours"], null)).toEqual([{ path: ["hours"], value: null }]);
  });

  /** The file after these changes, one after the other. */
  function after(...changes: [path: string[], value: Json][]): Table {
    const edits = changes.reduce<Edit[]>((kept, [path, value]) => withEdit(kept, SERVICES, path, value), []);
    return applied(SERVICES, edits);
  }

  it("take a row out of what was just added, though the file has no such row", () => {
    const night = ["hours", "night", "week"];
    const added = after([night, { "mon-fri": "20:00-24:00" }], [[...night, "mon-fri"], null]);
    expect(valueAt(added, night)).toEqual({});
    const days = ["hours", "office", "days"];
    expect(valueAt(after([days, { "2026-12-31": "" }], [[...days, "2026-12-31"], null]), days)).toEqual({});
  });

  it("bring back a service that was taken out and added again with what the file says of it", () => {
    const path = ["service", "funeral"];
    const file: Table = { service: { funeral: { class: "urgent", label: "Cenaze", min_level: 2 }, agent: {} } };
    const gone = withEdit([], file, path, null);
    const again = withEdit(withEdit(gone, file, [...path, "class"], "urgent"), file, [...path, "label"], "Cenaze");
    expect(valueAt(applied(file, again), path)).toEqual({ class: "urgent", label: "Cenaze" });
    expect(withEdit(again, file, path, null)).toEqual(gone);
  });

  it("take the file's own times in a plan that was taken out and added again", () => {
    const week = ["hours", "office", "week"];
    const again = after(
      [["hours", "office"], null],
      [week, { "mon-fri": "09:00-18:00" }],
      [[...week, "mon-fri"], "08:30-17:3"],
      [[...week, "mon-fri"], "08:30-17:30"],
    );
    expect(valueAt(again, week)).toEqual({ "mon-fri": "08:30-17:30" });
  });
});

describe("the levels of an agent", () => {
  it("are read from services and skills, and written back", () => {
    const agent = { services: ["funeral", "doctor"], skills: { doctor: 3, agent: 2 } };
    const levels = levelsOf(agent);
    expect(levels).toEqual({ funeral: 1, doctor: 3, agent: 2 });
    expect(fromLevels(levels)).toEqual({ services: ["funeral"], skills: { doctor: 3, agent: 2 } });
    expect(fromLevels(levelsOf({}))).toEqual({ services: null, skills: null });
  });
});

describe("an agent's services", () => {
  const services = ["funeral", "doctor", "request"];

  it("are all of them where none is named, and one that is taken away leaves the others", () => {
    expect(takesAll({ extension: "1001" })).toBe(true);
    expect(withLevel({ extension: "1001" }, services, "doctor", 0)).toEqual({ funeral: 1, request: 1 });
    expect(withLevel({ extension: "1001" }, services, "doctor", 3)).toEqual({ funeral: 1, doctor: 3, request: 1 });
    expect(every(services)).toEqual({ funeral: 1, doctor: 1, request: 1 });
  });

  it("are the named ones, each at its level, in the order of the town's", () => {
    const agent = { services: ["request"], skills: { funeral: 2 } };
    expect(takesAll(agent)).toBe(false);
    expect(Object.entries(withLevel(agent, services, "doctor", 1))).toEqual([
      ["funeral", 2],
      ["doctor", 1],
      ["request", 1],
    ]);
    expect(withLevel(agent, services, "funeral", 0)).toEqual({ request: 1 });
  });
});
