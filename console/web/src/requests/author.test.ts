import { describe, expect, it } from "vitest";

import { requests } from "../messages/requests.tr";
import { authorOf } from "./author";

describe("the author of a step", () => {
  it("is a person with their role, a role, or a program", () => {
    expect(authorOf({ who: "ayse", role: "unit" }, requests)).toBe("ayse (birim)");
    expect(authorOf({ who: "", role: "system" }, requests)).toBe("sistem");
    expect(authorOf({ who: "token", role: "admin" }, requests)).toBe("yazılım");
    expect(authorOf({ who: "token:e-belediye", role: "inbox" }, requests)).toBe("yazılım “e-belediye”");
    expect(authorOf({ who: "tokenova", role: "agent" }, requests)).toBe("tokenova (görevli)");
  });
});
