import { describe, expect, it } from "vitest";

import { isCalledUrgent, withoutUrgency } from "./line-name";

describe("the name of a call", () => {
  it("is without the word that the page's sign says", () => {
    expect(withoutUrgency("ACİL: ne olduğunu sorun")).toBe("ne olduğunu sorun");
    expect(withoutUrgency("ACİL 2. kez: Cenaze")).toBe("2. kez: Cenaze");
    expect(withoutUrgency("SONUÇ: İstek, şikâyet")).toBe("SONUÇ: İstek, şikâyet");
    expect(withoutUrgency("Acil olmayan işler")).toBe("Acil olmayan işler");
  });

  it("says whether it is urgent", () => {
    expect(isCalledUrgent("ACİL: Cenaze")).toBe(true);
    expect(isCalledUrgent("ACİL 2. kez: Cenaze")).toBe(true);
    expect(isCalledUrgent("Acil olmayan işler")).toBe(false);
    expect(isCalledUrgent("")).toBe(false);
  });
});
