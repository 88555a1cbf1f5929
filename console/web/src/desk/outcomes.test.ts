import { describe, expect, it } from "vitest";

import { Once } from "./outcomes";

describe("The key of a report", () => {
  const told = { result: "told", score: 5, remark: "", number: "26-000001-9" };

  it("is the same when the same report is sent again, since the answer may be lost", () => {
    const once = new Once();
    const first = once.keyOf("/calls/a/outcome", told);
    expect(once.keyOf("/calls/a/outcome", { ...told })).toBe(first);
  });

  it("is another one for another call, request or score", () => {
    const once = new Once();
    const keys = [
      once.keyOf("/calls/a/outcome", told),
      once.keyOf("/calls/b/outcome", told),
      once.keyOf("/calls/b/outcome", { ...told, number: "26-000002-7" }),
      once.keyOf("/calls/b/outcome", { ...told, number: "26-000002-7", score: 1 }),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});
