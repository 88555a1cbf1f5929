import { afterEach, expect, it, vi } from "vitest";

import type { Api } from "../api/api";
import { page } from "../text/page.svelte";
import { Accounts } from "./people.svelte";

afterEach(() => {
  page.language = "tr";
});

it("names units in the language that the page has now", async () => {
  const units = [{ id: "fen_isleri", tr: "Fen İşleri", en: "Public Works" }];
  const api = { get: async (path: string) => (path === "/town" ? { units } : []) };
  const accounts = new Accounts(api as unknown as Api);
  await vi.waitFor(() => expect(accounts.units).toEqual([{ value: "fen_isleri", label: "Fen İşleri" }]));
  page.language = "en";
  expect(accounts.units).toEqual([{ value: "fen_isleri", label: "Public Works" }]);
});
