import { describe, expect, it } from "vitest";

import type { Api } from "../api/api";
import { Refused } from "../api/api";
import { allOpen, query } from "./filters";
import { TicketList } from "./list.svelte";

describe("filters", () => {
  it("are what the API takes", () => {
    expect(query(allOpen()).toString()).toBe("open=true");
    const some = { ...allOpen(), state: "resolved", district: "esenkent", overdue: true, q: " ışık " } as const;
    expect(query(some).toString()).toBe("state=resolved&district=esenkent&overdue=true&q=%C4%B1%C5%9F%C4%B1k");
    expect(query({ ...allOpen(), state: "all" }).toString()).toBe("");
  });
});

describe("a list", () => {
  function listed(): { list: TicketList; asked: string[]; answers: Map<string, () => Promise<unknown>> } {
    const asked: string[] = [];
    const answers = new Map<string, () => Promise<unknown>>();
    const ask = async (path: string): Promise<unknown> => {
      asked.push(path);
      return answers.get(path)?.();
    };
    const api = {
      page: async (path: string) => (await ask(path)) ?? { body: [{ number: path }], next: "" },
      get: async (path: string) => (await ask(path)) ?? [],
    };
    return { list: new TicketList(api as unknown as Api), asked, answers };
  }

  it("stays as long as it has grown, and begins anew with other filters", async () => {
    const { list, asked } = listed();
    await list.load();
    await list.more();
    await list.load();
    expect(asked.filter((one) => one.includes("limit")).map((one) => one.replace(/.*limit=/, ""))).toEqual([
      "50",
      "100",
      "100",
    ]);
    list.filters.district = "esenkent";
    await list.load();
    expect(asked.at(-2)).toBe("/tickets?open=true&district=esenkent&order=due&limit=50");
    expect(asked.at(-1)).toBe("/tickets/by-district?"); // the map counts every mahalle
  });

  it("does not show what an older question found", async () => {
    const { list, answers } = listed();
    let late: (value: unknown) => void = () => undefined;
    answers.set("/tickets?open=true&order=due&limit=50", () => new Promise((resolve) => (late = resolve)));
    const first = list.load();
    list.filters.overdue = true;
    await list.load();
    late({ body: [{ number: "old" }], next: "" });
    await first;
    expect(list.tickets.map((one) => one.number)).toEqual(["/tickets?open=true&overdue=true&order=due&limit=50"]);
  });

  it("does not show what was so when an older question with the same filters was asked", async () => {
    const { list, answers } = listed();
    const path = "/tickets?open=true&order=due&limit=50";
    let late: (value: unknown) => void = () => undefined;
    answers.set(path, () => new Promise((resolve) => (late = resolve)));
    const first = list.load();
    answers.set(path, () => Promise.resolve({ body: [{ number: "new" }], next: "" }));
    await list.load();
    late({ body: [{ number: "old" }], next: "" });
    await first;
    expect(list.tickets.map((one) => one.number)).toEqual(["new"]);
  });

  it("says why filters are refused, and lets every other fault through", async () => {
    const { list, answers } = listed();
    answers.set("/tickets?open=true&order=due&limit=50", () => Promise.reject(new Refused(422, "q: too long")));
    await list.load();
    expect(list.wrong).toBe("Gönderilen bilgi kabul edilmedi.\nq: too long");
    answers.set("/tickets?open=true&order=due&limit=50", () => Promise.reject(new Refused(503, "")));
    await expect(list.load()).rejects.toBeInstanceOf(Refused);
  });
});
