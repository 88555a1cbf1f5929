import { describe, expect, it } from "vitest";

import { Refused, type Api } from "../api/api";
import { page } from "../text/page.svelte";
import { beginOf } from "../text/days";
import { Records } from "./records.svelte";

const AWAY = "Sunucu bunu şu anda yapamıyor. Biraz sonra yeniden deneyin. (the database is away)";
const LINK = '</api/v1/destructions?limit=100&cursor=1764000000000-2>; rel="next"';

interface One {
  id: number;
}

function listed(...answers: (() => Promise<unknown>)[]): { records: Records<One>; asked: string[] } {
  const asked: string[] = [];
  const page = async (path: string): Promise<unknown> => {
    asked.push(path);
    return answers[asked.length - 1]?.();
  };
  return { records: new Records<One>({ page } as unknown as Api, "/destructions"), asked };
}

const answer = (id: number, next = "") => Promise.resolve({ body: [{ id }], next });
const ids = (records: Records<One>) => records.list?.map((one) => one.id);

describe("records", () => {
  it("are read page by page, each behind the one before", async () => {
    const { records, asked } = listed(
      () => answer(3, LINK),
      () => answer(2),
    );
    expect(records.list).toBeNull();
    await records.more();
    expect([ids(records), records.hasMore]).toEqual([[3], true]);
    await records.more();
    expect([ids(records), records.hasMore]).toEqual([[3, 2], false]);
    expect(asked).toEqual(["/destructions?limit=100", "/destructions?limit=100&cursor=1764000000000-2"]);
  });

  it("stay as they are if a page does not come, which is then asked for again", async () => {
    const { records, asked } = listed(
      () => answer(3, LINK),
      () => Promise.reject(new Refused(503, "the database is away")),
      () => answer(2),
    );
    await records.more();
    await records.more();
    expect([ids(records), records.hasMore, records.trouble]).toEqual([[3], true, AWAY]);
    await records.more();
    expect([ids(records), records.hasMore, records.trouble]).toEqual([[3, 2], false, null]);
    expect(asked[1]).toBe(asked[2]);
  });

  it("are those of the days that were asked for last, whichever answer comes first", async () => {
    let late = (): void => undefined;
    const { records, asked } = listed(
      () => new Promise((resolve) => (late = () => resolve({ body: [{ id: 3 }], next: LINK }))),
      () => answer(2),
    );
    const first = records.more();
    const second = records.show("2026-11-01", "2026-11-01");
    await second;
    late();
    await first;
    expect([asked.length, ids(records), records.hasMore, records.busy]).toEqual([2, [2], false, false]);
  });

  it("are those between two days of the town, both included, from the first page on", async () => {
    const { records, asked } = listed(
      () => answer(3, LINK),
      () => answer(2),
      () => answer(1),
    );
    page.zone = "Europe/Istanbul";
    await records.more();
    await records.show("2026-11-01", "2026-11-30");
    expect(ids(records)).toEqual([2]);
    await records.show("", "");
    page.zone = undefined;
    const [since, until] = ["2026-10-31T21:00:00.000Z", "2026-11-30T21:00:00.000Z"].map(encodeURIComponent);
    expect(asked).toEqual([
      "/destructions?limit=100",
      `/destructions?limit=100&since=${since}&until=${until}`,
      "/destructions?limit=100",
    ]);
  });

  it("are those of the filters that say something, page by page", async () => {
    const { records, asked } = listed(
      () => answer(3, LINK),
      () => answer(2),
    );
    expect(records.narrowed).toBe(false);
    await records.show("", "", { who: "nermin", what: "", about: "tr/hoş geldiniz" });
    await records.more();
    expect([ids(records), records.narrowed]).toEqual([[3, 2], true]);
    const first = "/destructions?limit=100&who=nermin&about=tr%2Fho%C5%9F%20geldiniz";
    expect(asked).toEqual([first, `${first}&cursor=1764000000000-2`]);
    records.filters = { who: "", what: "" };
    expect(records.narrowed).toBe(false);
  });

  it("count a day from its midnight in the town, also where clocks are put on", () => {
    expect(beginOf("2026-11-27", "Europe/Istanbul")).toBe("2026-11-26T21:00:00.000Z");
    expect(beginOf("2026-03-29", "Europe/Berlin", 1)).toBe("2026-03-29T22:00:00.000Z");
    expect(beginOf("2026-12-31", "UTC", 1)).toBe("2027-01-01T00:00:00.000Z");
  });

  it("are not read twice at once", async () => {
    const { records, asked } = listed(() => answer(1));
    await Promise.all([records.more(), records.more()]);
    expect([ids(records), asked.length]).toEqual([[1], 1]);
  });

  it("let every other fault through", async () => {
    const { records } = listed(() => Promise.reject(new TypeError("a bug")));
    await expect(records.more()).rejects.toBeInstanceOf(TypeError);
    expect(records.busy).toBe(false);
  });
});
