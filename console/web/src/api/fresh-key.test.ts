import { afterEach, expect, it, vi } from "vitest";

import { freshKey } from "./fresh-key";

afterEach(() => vi.unstubAllGlobals());

it("is another one each time, also at a page that came by http, where the browser makes no UUID", () => {
  const { crypto } = globalThis;
  vi.stubGlobal("crypto", { getRandomValues: (room: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(room) });
  const made = Array.from({ length: 100 }, freshKey);
  expect(new Set(made).size).toBe(100);
  for (const one of made) expect(one).toMatch(/^[0-9a-f]{32}$/);
});
