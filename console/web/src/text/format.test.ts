import { describe, expect, it } from "vitest";

import { duration, Format, grouped, lengthOf } from "./format";

const tr = new Format("tr", "Europe/Istanbul");
const en = new Format("en", "Europe/Istanbul");

describe("numbers", () => {
  it("are written as the language writes them", () => {
    expect([tr.count(60000), en.count(60000)]).toEqual(["60.000", "60,000"]);
    expect([tr.seconds(6.25), en.seconds(6.25)]).toEqual(["6,3", "6.3"]);
    expect([tr.seconds(null), tr.seconds(123.4)]).toEqual(["–", "123"]);
  });

  it("say all only of all", () => {
    expect([tr.percent(0.999), en.percent(0.999), tr.percent(1), tr.percent(0.29)]).toEqual([
      "%99",
      "99%",
      "%100",
      "%29",
    ]);
    expect([tr.percentWithTenth(0.0666), en.percentWithTenth(0)]).toEqual(["%6,7", "0%"]);
  });
});

describe("times", () => {
  it("are told in the line's zone, wherever the screen is", () => {
    expect(tr.time("2025-11-24T20:05:09.120Z")).toBe("23:05");
    expect(tr.clock(Date.parse("2025-11-24T20:05:09.120Z"))).toBe("23:05:09");
    expect(tr.time(null)).toBe("");
  });

  it("are told with their day", () => {
    expect(tr.moment("2025-11-24T20:05:09.120Z")).toBe("24 Kas 2025 23:05");
    expect(tr.moment(null)).toBe("");
  });

  it("are written in one way in the backend's texts too", () => {
    expect(tr.withDates("20.05.2026 Çarşamba: başvuru geldi")).toBe("20 May 2026 Çarşamba: başvuru geldi");
    expect(tr.withDates("Hafta sonu sayılmadı: 23-24.05.2026, 30.12.2026-02.01.2027")).toBe(
      "Hafta sonu sayılmadı: 23–24 May 2026, 30 Ara 2026–2 Oca 2027",
    );
    expect(tr.withDates("Son an: 08.12.2026 14:05")).toBe("Son an: 8 Ara 2026 14:05");
    expect(en.withDates("Not counted: 2026-05-23 to 2026-05-24")).toBe("Not counted: 23 May 2026 to 24 May 2026");
    for (const other of ["26-000123-3", "99.99.2026", "2577 m. 8", "1.234.567", "30.02.2026"])
      expect(tr.withDates(other)).toBe(other);
  });

  it("are told in words from now", () => {
    const now = Date.parse("2025-11-24T20:00:00Z");
    expect(tr.ago(now - 90_000, now)).toBe("1 dakika önce");
    expect(en.ago(now - 3 * 3_600_000, now)).toBe("3 hours ago");
    expect(tr.ago(now - 86_400_000, now)).toBe("dün");
  });
});

describe("durations", () => {
  it("are told with their unit, and no minutes as seconds", () => {
    expect(lengthOf(0.34, tr, "sn")).toBe("0,3 sn");
    expect(lengthOf(59.97, en, "s")).toBe("59.9 s");
    expect([lengthOf(60, tr, "sn"), lengthOf(120.9, tr, "sn"), lengthOf(3725, en, "s")]).toEqual([
      "1:00",
      "2:00",
      "1:02:05",
    ]);
  });

  it.each([
    [-5, "0:00"],
    [0, "0:00"],
    [61_000, "1:01"],
    [3_600_000, "1:00:00"],
    [3_725_999, "1:02:05"],
  ])("%d ms is %s", (ms, told) => {
    expect(duration(ms)).toBe(told);
  });
});

describe("Turkish", () => {
  it("is sorted as a Turkish telephone book is", () => {
    const names = ["Zeynep", "Çiğdem", "Işık", "İbrahim", "Cemil", "Öztürk", "Oya", "Şahin", "Salih"];
    expect(tr.sorted(names, (name) => name)).toEqual([
      "Cemil",
      "Çiğdem",
      "Işık",
      "İbrahim",
      "Oya",
      "Öztürk",
      "Salih",
      "Şahin",
      "Zeynep",
    ]);
  });

  it("has a dotted and a dotless capital", () => {
    expect(tr.upper("ilgili ışık")).toBe("İLGİLİ IŞIK");
  });
});

describe("a language", () => {
  it("has its name in the page's, with a capital", () => {
    expect([tr.languageName("en"), tr.languageName("tr")]).toEqual(["İngilizce", "Türkçe"]);
    expect(new Format("en").languageName("tr")).toBe("Turkish");
  });
});

describe("a code that is read out", () => {
  it("is in groups that stay on one line", () => {
    expect(grouped("482-109-375-516-384")).toBe("482\u00a0109\u00a0375\u00a0516\u00a0384");
  });
});
