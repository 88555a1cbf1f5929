import { describe, expect, it } from "vitest";

import { Refused, type Api } from "../api/api";
import { Destructions } from "./destructions.svelte";

const LINK = '</api/v1/destructions?limit=100&cursor=1764000000000-2>; rel="next"';

function listed(...answers: (() => Promise<unknown>)[]): { records: Destructions; asked: string[] } {
  const asked: string[] = [];
  const page = async (path: string): Promise<unknown> => {
    asked.push(path);
    return answers[asked.length - 1]?.();
  };
  return { records: new Destructions({ page } as unknown as Api), asked };
}

const answer = (id: number, next = "") => Promise.resolve({ body: [{ id }], next });
const ids = (records: Destructions) => records.list?.map((one) => one.id);

describe("the records of destructions", () => {
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
    expect([ids(records), records.hasMore, records.trouble]).toEqual([[3], true, "the database is away"]);
    await records.more();
    expect([ids(records), records.hasMore, records.trouble]).toEqual([[3, 2], false, null]);
    expect(asked[1]).toBe(asked[2]);
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
