import { describe, expect, it } from "vitest";
import { refusals as en } from "../messages/refusals.en";
import { refusals as tr } from "../messages/refusals.tr";
import { Refused } from "./api";
import { refusalIn, whyOf } from "./refusal";

describe("a refusal", () => {
  const refused = new Refused(403, "to = accepted: is not for the role agent", "accepted", "to", "not_your_role");

  it("is said in the language of the page, with the desk's own words behind it", () => {
    expect(refusalIn(refused, tr)).toBe("Bunu yapmaya yetkiniz yok.\nto = accepted: is not for the role agent");
    expect(refusalIn(refused, en)).toBe("You may not do this.\nto = accepted: is not for the role agent");
    expect(whyOf(refused)).toBe(refusalIn(refused, tr));
  });

  it("is said by the status where the desk names no kind, or one of a newer desk", () => {
    expect(refusalIn(new Refused(429, "slower"), tr)).toBe(
      "Çok fazla deneme oldu. Biraz sonra yeniden deneyin.\nslower",
    );
    expect(refusalIn(new Refused(409, "no", null, "", "of_tomorrow"), en)).toContain(en.statuses[409]);
    expect(refusalIn(new Refused(418, ""), tr)).toBe(tr.other);
  });
});
