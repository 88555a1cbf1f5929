import { describe, expect, it, test } from "vitest";

import { cacheOf, isAway, isOurs, othersOf, wayOf, type Shell } from "./shell";

const HERE = "https://desk";
const SHELL: Shell = { page: "/unit", version: "v2", files: ["/assets/unit-a.js", "/assets/unit-b.css"] };

function way(path: string, mode = "cors", method = "GET", origin = HERE): string {
  return wayOf({ method, mode, url: origin + path }, HERE, SHELL);
}

describe("a worker", () => {
  it("answers for its page, whatever is asked or named behind it", () => {
    expect(["/unit", "/unit?lang=en", "/unit#26-000001-1"].map((path) => way(path, "navigate"))).toEqual(
      Array(3).fill("page"),
    );
  });

  it("answers for the files of its page alone", () => {
    expect([way("/assets/unit-a.js"), way("/assets/unit-b.css", "no-cors")]).toEqual(["file", "file"]);
    expect(way("/assets/desk-c.js")).toBe("network");
    expect(way("/assets/unit-a.js", "cors", "GET", "https://elsewhere")).toBe("network");
  });

  it("leaves every other page, all of the API and all that is written to the network", () => {
    const pages = ["/", "/desk", "/lead", "/admin", "/inbox", "/unit/", "/units", "/durum", "/assets/unit-a.js"];
    expect(pages.map((path) => way(path, "navigate"))).toEqual(pages.map(() => "network"));
    const api = ["/api/v1/session", "/api/v1/tickets?open=true", "/api/v1/tickets/26-000001-1/files/1", "/unit"];
    expect(api.map((path) => way(path))).toEqual(api.map(() => "network"));
    expect(way("/unit", "navigate", "POST")).toBe("network");
    expect(way("/assets/unit-a.js", "cors", "POST")).toBe("network");
  });
});

test("a release takes the place of the page's other releases, and of nothing else", () => {
  const names = ["cozum-shell:/unit:v1", cacheOf(SHELL), "cozum-shell:/units:v1", "another"];
  expect(othersOf(SHELL, names)).toEqual(["cozum-shell:/unit:v1"]);
});

test("a page is a release's if all that it loads is", () => {
  const script = (name: string): string => `<script src="/assets/${name}"></script>`;
  expect(isOurs(script("unit-a.js") + '<link href="/assets/unit-b.css">', SHELL)).toBe(true);
  expect(isOurs(script("unit-a.js") + script("unit-new.js"), SHELL)).toBe(false);
  expect(isOurs("<h1>The web desk is not built</h1>", SHELL)).toBe(false);
});

test("a page that cannot be had now is away, and one that is refused is not", () => {
  expect([500, 502, 503, 504, 429].every(isAway)).toBe(true);
  expect([200, 404, 403].some(isAway)).toBe(false);
});
