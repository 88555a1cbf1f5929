import { describe, expect, it } from "vitest";

import { lead as en } from "../messages/lead.en";
import { lead as tr } from "../messages/lead.tr";
import { Format } from "../text/format";
import { lasting } from "./lasting";

describe("a sum of waits", () => {
  it.each([
    [0, "0,0 sn", "0.0 s"],
    [9.24, "9,2 sn", "9.2 s"],
    [59.6, "1 dk 00 sn", "1 min 00 s"],
    [245, "4 dk 05 sn", "4 min 05 s"],
    [11_520, "3 sa 12 dk", "3 h 12 min"],
  ])("of %d s is told in words", (seconds, turkish, english) => {
    expect(lasting(seconds, tr, new Format("tr"))).toBe(turkish);
    expect(lasting(seconds, en, new Format("en"))).toBe(english);
  });
});
