import { describe, expect, it } from "vitest";

import { follow, type Monitoring } from "./monitoring";

describe("the monitoring of a talk that a lead has asked for", () => {
  const all = (begun: Monitoring, ...words: [monitored: boolean, inTime: boolean][]) =>
    words.reduce((now, [monitored, inTime]) => follow(now, monitored, inTime), begun);

  it("is over when the telephone that dialled has hung up, though it might dial for some seconds still", () => {
    expect(all("dialled", [false, true])).toBe("dialled");
    expect(all("dialled", [false, true], [true, true])).toBe("heard");
    expect(all("dialled", [true, true], [false, true])).toBe("none");
  });

  it("lasts as long as the lead listens", () => {
    expect(all("granted", [false, true], [true, true], [true, false])).toBe("heard");
  });

  it("is over when nobody has dialled in time, or the line has refused", () => {
    expect(all("granted", [false, false])).toBe("none");
    expect(all("dialled", [false, true], [false, false])).toBe("none");
  });

  it("is nothing where another lead listens and this one has asked for nothing", () => {
    expect(all("none", [true, true])).toBe("none");
  });
});
