import { describe, expect, it } from "vitest";

import { en } from "../messages/en";
import { tr } from "../messages/tr";
import { isCalledUrgent, nameIn } from "./line-name";

/** As a Turkish page says it, whose words for services are the line's own. */
function turkish(name: string): string {
  return nameIn(tr.desk.lineName, name, "");
}

/** As an English page says it of a call at this service. */
function english(name: string, service = "Funeral"): string {
  return nameIn(en.desk.lineName, name, service);
}

describe("the name of a call", () => {
  it("is without the word that the page's sign says", () => {
    expect(turkish("ACİL: Cenaze")).toBe("Cenaze");
    expect(turkish("ACİL 2. kez: Cenaze")).toBe("2. kez: Cenaze");
    expect(turkish("Geri arama: ACİL: Cenaze")).toBe("Geri arama: Cenaze");
    expect(turkish("ACİL: ne olduğunu sorun")).toContain("ne olduğunu sorun");
  });

  it("is the line's where the page has no word of its own", () => {
    for (const name of ["SONUÇ: İstek, şikâyet", "Geri arama: SONUÇ: Bilgi", "Görev araması: Bilgi", "Bilgi: genel"])
      expect(turkish(name)).toBe(name);
    expect(turkish("Acil olmayan işler")).toBe("Acil olmayan işler");
    expect(turkish("")).toBe("");
    expect(english("ACİL: Su kesintisi", "")).toBe("Su kesintisi");
  });

  it("is in the page's language", () => {
    expect(english("ACİL: Cenaze")).toBe("Funeral");
    expect(english("ACİL: ne olduğunu sorun", "Ambulance")).toContain("ask what it is");
    for (const name of ["ACİL 2. kez: Cenaze", "Geri arama: ACİL: Cenaze", "SONUÇ: Cenaze", "Görev araması: Cenaze"]) {
      expect(english(name)).toMatch(/: Funeral$/u);
      expect(english(name)).not.toMatch(/kez|arama|SONUÇ|Görev|Cenaze/u);
    }
    expect(english("")).toBe("");
  });

  it("says whether it is urgent", () => {
    expect(isCalledUrgent("ACİL: Cenaze")).toBe(true);
    expect(isCalledUrgent("ACİL 2. kez: Cenaze")).toBe(true);
    expect(isCalledUrgent("Geri arama: ACİL: Cenaze")).toBe(true);
    expect(isCalledUrgent("Acil olmayan işler")).toBe(false);
    expect(isCalledUrgent("")).toBe(false);
  });
});
