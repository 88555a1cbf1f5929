import { describe, expect, it } from "vitest";

import { answered, faultIn, told, withoutPaths, type Fault } from "./refusals";

function fault(key: string, value: string, allowed: string): Fault {
  return { key, value, allowed, text: `/var/lib/cozum/config/services.toml: ${key} = ${value}: ${allowed}` };
}

describe("a refusal of the configuration", () => {
  it("is said in Turkish where it is common, with the English beside it and no path", () => {
    const found = told(fault("hours.ofis.week.mon-fri", '"9-5"', 'must be times such as "08:30-17:30"'), "tr");
    expect(found).toEqual({
      words: "hours.ofis.week.mon-fri = “9-5”: 08:30-17:30 gibi saatler olmalı; kapalı gün boş bırakılır",
      detail: 'services.toml: hours.ofis.week.mon-fri = "9-5": must be times such as "08:30-17:30"',
    });
    const words = (allowed: string) => told(fault("k", "x", allowed), "tr").words.slice("k = “x”: ".length);
    expect(words("is missing and has no default")).toBe("eksik, yazılması gerekir");
    expect(words("at least 3 is allowed")).toBe("en az 3 olmalı");
    expect(words("must be at most 5")).toBe("en çok 5 olabilir");
    expect(words("0 to 300 is allowed")).toBe("0 ile 300 arasında olmalı");
    expect(words("a whole number from 1 to 3650")).toBe("1 ile 3650 arasında olmalı");
    expect(words("must be `int`")).toBe("bir sayı olmalı");
    expect(words("no such service; allowed: funeral, doctor")).toBe(
      "böyle bir şey yok; olabilecekler: funeral, doctor",
    );
    expect(words("stands already at agent.2: each agent needs their own")).toBe(
      "zaten var; her biri bir kez bulunabilir",
    );
  });

  it("names key and value where its words are not known, and stays English on an English page", () => {
    const rare = fault("service.doctor.weight", "9", "needs the moon in the third house");
    expect(told(rare, "tr").words).toBe("service.doctor.weight = “9”: kabul edilmedi");
    expect(told(rare, "tr").detail).toContain("the moon");
    expect(told(rare, "en")).toEqual({
      words: "services.toml: service.doctor.weight = 9: needs the moon in the third house",
      detail: "",
    });
  });

  it("is found in the one text that the line gives", () => {
    expect(faultIn("/etc/cozum/agents.toml: agent.3.name = : must be 1 to 60 characters")).toMatchObject({
      key: "agent.3.name",
      allowed: "must be 1 to 60 characters",
    });
    expect(told(faultIn("/etc/cozum/cozum.toml: ring_s is missing and has no default"), "tr").words).toBe(
      "ring_s: eksik, yazılması gerekir",
    );
  });

  it("has no folder of the server in it, and keeps what is no path", () => {
    expect(withoutPaths("/srv/cozum/data/config/units.toml: x and/or y, 1/2, mon-fri")).toBe(
      "units.toml: x and/or y, 1/2, mon-fri",
    );
    expect(withoutPaths("see GET /api/v1/town")).toBe("see GET town");
  });
});

describe("an answer that is no success", () => {
  it("is said by its status, and by what it names", () => {
    const away = { status: 503, detail: "the database does not serve yet", key: "", value: undefined };
    expect(answered(away, "tr")).toBe(
      "Sunucu bunu şu anda yapamıyor. Biraz sonra yeniden deneyin. (the database does not serve yet)",
    );
    expect(answered(away, "en")).toBe("the database does not serve yet");
    const wrong = { status: 422, detail: "ring_s = 0: at least 3 is allowed", key: "ring_s", value: 0 };
    expect(answered(wrong, "tr")).toBe("ring_s = “0”: en az 3 olmalı");
    expect(answered({ ...away, status: 0, detail: "" }, "tr")).toBe("");
  });
});
