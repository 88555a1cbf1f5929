import { describe, expect, it } from "vitest";

import { desk } from "../messages/desk.tr";
import { Format } from "../text/format";
import { isWithAnother, KEEPS, keyOf, makesReady, resultsOf, whenOf } from "./results";

describe("the results of a call", () => {
  it("have a key each, and none is missing", () => {
    const results = resultsOf({ waits: false });
    expect([...results].sort()).toEqual(Object.keys(desk.dispositions).sort());
    expect(keyOf("1", results)).toBe("answered");
    expect(keyOf("7", results)).toBe("test");
    expect(keyOf("8", results)).toBeNull();
    expect(keyOf("0", results)).toBeNull();
    expect(keyOf("Enter", results)).toBeNull();
  });

  it("begin with the form that stays, where something is written in it", () => {
    const results = resultsOf({ waits: true });
    expect(results[0]).toBe(KEEPS); // has the focus
    expect(keyOf("1", results)).toBe(KEEPS);
    expect(keyOf("2", results)).toBe("answered");
    expect(keyOf("8", results)).toBe("test");
  });

  it("make ready only whoever is still in after-call work of the call", () => {
    const asked = { call: "a", topic: "", district: "", of: "", written: false, waits: false };
    expect(makesReady(asked, { state: "wrapup", call: "a" })).toBe(true);
    expect(makesReady(asked, { state: "wrapup", call: "b" })).toBe(false);
    expect(makesReady(asked, { state: "offline", call: null })).toBe(false);
    expect(makesReady(asked, { state: "paused", call: "a" })).toBe(false);
    expect(makesReady({ ...asked, of: "09:12" }, { state: "wrapup", call: "a" })).toBe(false);
    expect(makesReady(asked, null)).toBe(false);
  });

  it("are not asked of who has handed the caller on", () => {
    const mine = { extension: "1001", call: "c1" };
    expect(isWithAnother("c1", "1001", [mine, { extension: "1002", call: "c1" }])).toBe(true);
    expect(isWithAnother("c1", "1001", [mine, { extension: "1002", call: "c2" }])).toBe(false);
  });

  it("are asked of a call of before with its time, and of another day's with the day", () => {
    const format = new Format("tr", "Europe/Istanbul");
    const now = Date.parse("2025-11-24T20:30:00Z");
    const when = (ended: string | null) => whenOf(ended, now, format, "Europe/Istanbul");
    expect(when("2025-11-24T20:05:09.120Z")).toBe("23:05");
    expect(when("2025-11-23T20:30:00Z")).toBe("23 Kas 2025 23:30");
    expect(when(null)).toBe("");
  });
});
