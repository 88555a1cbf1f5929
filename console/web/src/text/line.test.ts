import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { lineIn } from "./line";

it("the line's number is what the backend has written into the page", () => {
  expect(lineIn("444 05 06")).toBe("444 05 06");
  expect(lineIn("+90 212 444 05 06")).toBe("+90 212 444 05 06");
  for (const said of ["__LINE__", "", null, undefined, "javascript:1"]) expect(lineIn(said)).toBe("");
});

it.each(["status", "phone"])("the page %s has a place for it", (page) => {
  const text = readFileSync(new URL(`../../pages/${page}.html`, import.meta.url), "utf-8");
  expect(text).toContain('<meta name="cozum-line" content="__LINE__" />');
});
