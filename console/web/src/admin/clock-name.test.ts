import { describe, expect, it } from "vitest";

import { clockLabel } from "./clock-name";

describe("a clock in a list", () => {
  it("says how long it is, once", () => {
    expect(clockLabel("Tehlike", 180, "dakika")).toBe("Tehlike (180 dakika)");
    expect(clockLabel("Yedi iş günü", 7, "iş günü")).toBe("Yedi iş günü");
    expect(clockLabel("Seven working days", 7, "working days")).toBe("Seven working days");
    expect(clockLabel("Yeni", undefined, "saat")).toBe("Yeni");
    expect(clockLabel("Yeni", 3, "")).toBe("Yeni");
  });
});
