import { readdirSync, readFileSync } from "node:fs";

import { afterEach, describe, expect, it } from "vitest";

import { Format } from "./format";
import { zoneIn } from "./zone";

const PAGES = new URL("../../pages/", import.meta.url);
const AT = "2026-11-26T22:30:00.000Z"; // 01:30 of the 27th in Istanbul
const own = process.env["TZ"];

afterEach(() => {
  if (own === undefined) delete process.env["TZ"];
  else process.env["TZ"] = own;
});

/** What a page tells in a browser of this zone. */
function told(browser: string, town: string | undefined): string[] {
  process.env["TZ"] = browser;
  const format = new Format("tr", zoneIn(town));
  return [format.moment(AT), format.time(AT), format.date(AT), format.clock(Date.parse(AT))];
}

describe("the town's zone", () => {
  it("is the one in which a browser anywhere tells times", () => {
    const here = told("Europe/Istanbul", "Europe/Istanbul");
    expect(here).toEqual(["27 Kas 2026 01:30", "01:30", "27 Kasım 2026", "01:30:00"]);
    for (const browser of ["UTC", "America/New_York", "Asia/Tokyo"])
      expect(told(browser, "Europe/Istanbul")).toEqual(here);
    expect(told("America/New_York", undefined)).not.toEqual(here);
  });

  it("is not taken where it is none", () => {
    for (const said of ["__ZONE__", "", null, undefined, "Mars/Olympus"]) expect(zoneIn(said)).toBeUndefined();
  });

  it("has its place in every page that has a script", () => {
    for (const file of readdirSync(PAGES).filter((name) => name.endsWith(".html"))) {
      const text = readFileSync(new URL(file, PAGES), "utf-8");
      const has = text.includes('<meta name="cozum-zone" content="__ZONE__" />');
      expect([file, has]).toEqual([file, text.includes("<script")]);
    }
  });
});
