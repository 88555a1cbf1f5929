import { describe, expect, it } from "vitest";

import { Refused } from "../api/api";
import { CallList } from "./call-list.svelte";
import type { ListedCall } from "./calls";

interface Answer {
  body: ListedCall[];
  next: string;
}

const NOW = Date.parse("2026-11-29T08:00:00Z");

function rows(...ids: number[]): ListedCall[] {
  return ids.map(
    (id) => ({ id: String(id), entered_at: `2026-11-29T06:${String(10 + id)}:00.000Z` }) as unknown as ListedCall,
  );
}

function made(answers: (Answer | Refused)[]): { list: CallList; asked: string[] } {
  const asked: string[] = [];
  const page = (path: string): Promise<Answer> => {
    asked.push(path);
    const answer = answers.shift() ?? { body: [], next: "" };
    return answer instanceof Refused ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { list: new CallList({ page } as never, () => NOW, 1e9), asked };
}

function shown(list: CallList): string[] | undefined {
  return list.feed.value?.rows.map((one) => one.id);
}

const NEXT = '</api/v1/calls?cursor=x>; rel="next"';

describe("the list of calls", () => {
  it("is read anew by what was asked for before, while what is typed as a number is none", async () => {
    const { list, asked } = made([]);
    list.filters.caller = "Ayşe";
    await list.look();
    list.filters.caller = "0532";
    await list.look();
    list.filters.caller = "0532 Ayşe";
    await list.look(); // as every twenty seconds
    expect(asked.map((path) => /caller=([^&]*)/.exec(path)?.[1] ?? "")).toEqual(["", "0532", "0532"]);
  });

  it("goes on page by page, and keeps its pages when the first is read anew", async () => {
    const { list, asked } = made([
      { body: rows(4, 3), next: NEXT },
      { body: rows(2, 1), next: "" },
      { body: rows(5, 4), next: NEXT },
    ]);
    await list.look();
    await list.more();
    expect(asked[1]).toBe("/calls?cursor=x");
    expect(shown(list)).toEqual(["4", "3", "2", "1"]);
    await list.look();
    expect(shown(list)).toEqual(["5", "4", "3", "2", "1"]);
    expect(list.feed.value?.next).toBe("");
    list.feed.stop();
  });

  it("begins anew by other filters", async () => {
    const { list, asked } = made([
      { body: rows(4, 3), next: NEXT },
      { body: rows(3), next: "" },
    ]);
    await list.look();
    list.filters.agent = "1002";
    expect(list.isFiltered).toBe(true);
    await list.look();
    expect(asked[1]).toContain("agent=1002");
    expect(shown(list)).toEqual(["3"]);
    await list.clear();
    expect(list.isFiltered).toBe(false);
    list.feed.stop();
  });

  it("says why there is no further page, and takes it up again", async () => {
    const { list } = made([
      { body: rows(4), next: NEXT },
      new Refused(503, "the database is away"),
      { body: rows(3), next: "" },
    ]);
    await list.look();
    await list.more();
    expect([shown(list), list.trouble !== ""]).toEqual([["4"], true]);
    await list.more();
    expect([shown(list), list.trouble]).toEqual([["4", "3"], ""]);
    list.feed.stop();
  });

  it("adds no page to rows that were asked for by other filters meanwhile", async () => {
    const open: ((answer: Answer) => void)[] = [];
    const page = () => new Promise<Answer>((done) => open.push(done));
    const list = new CallList({ page } as never, () => NOW, 1e9);
    const first = list.look();
    open[0]?.({ body: rows(4), next: NEXT });
    await first;
    const more = list.more();
    list.filters.agent = "1001";
    const again = list.look();
    open[2]?.({ body: rows(9), next: "" });
    await again;
    open[1]?.({ body: rows(3), next: "" });
    await more;
    expect(shown(list)).toEqual(["9"]);
    list.feed.stop();
  });

  it("keeps no rows of other filters, though an answer by these is late", async () => {
    const open: ((answer: Answer) => void)[] = [];
    const page = () => new Promise<Answer>((done) => open.push(done));
    const list = new CallList({ page } as never, () => NOW, 1e9);
    list.filters.agent = "1001";
    const late = list.look();
    list.filters.agent = "1002";
    const shownNow = list.look();
    open[1]?.({ body: rows(4, 3), next: "" });
    await shownNow;
    open[0]?.({ body: rows(9), next: "" });
    await late;
    expect(shown(list)).toEqual(["4", "3"]);
    list.filters.agent = "1001";
    const again = list.look();
    open[2]?.({ body: rows(9), next: "" });
    await again;
    expect(shown(list)).toEqual(["9"]);
    list.feed.stop();
  });
});
