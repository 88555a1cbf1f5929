import { describe, expect, it } from "vitest";

import { callerHeaders, cleaned, invented } from "./number";

describe("a caller's number", () => {
  it.each([
    ["0532 555 01 07", "05325550107"],
    ["+90 (532) 555-01-07", "+905325550107"],
    ["", ""],
    ["12", null],
    ["1234567890123456", null],
    ["0532x", null],
    ["5321\r\nX-Evil: 1", null],
    ["<sip:1@x>", null],
  ])("%j is %j", (text, number) => {
    expect(cleaned(text)).toBe(number);
  });

  it("is told in a header of its own, and withheld where there is none", () => {
    expect(callerHeaders("05325550107")).toEqual(["X-Caller: <sip:05325550107@demo>"]);
    expect(callerHeaders("")).toEqual(["X-Caller: <sip:anonymous@demo>"]);
  });

  it("that is invented is a number", () => {
    for (const part of [0, 0.071, 0.999]) expect(cleaned(invented(() => part))).toMatch(/^053255501\d\d$/);
  });
});
