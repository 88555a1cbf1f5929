import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Refused } from "../api/api";
import { Feed } from "./feed.svelte";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a feed", () => {
  it("asks again after its time, and keeps what it knew when there is no answer", async () => {
    const answers: (number | Refused)[] = [1, new Refused(503, "the database is away"), 3];
    const feed = new Feed(() => {
      const answer = answers.shift();
      return answer instanceof Refused ? Promise.reject(answer) : Promise.resolve(answer ?? 0);
    }, 1000);
    feed.start();
    await vi.advanceTimersByTimeAsync(0);
    expect([feed.value, feed.trouble]).toEqual([1, ""]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([feed.value, feed.trouble]).toEqual([
      1,
      "Sunucu bunu şu anda yapamıyor. Biraz sonra yeniden deneyin.\nthe database is away",
    ]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([feed.value, feed.trouble]).toEqual([3, ""]);
    feed.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(feed.value).toBe(3);
  });

  it("shows no answer that a later question has overtaken", async () => {
    const open: ((value: string) => void)[] = [];
    const feed = new Feed(() => new Promise<string>((done) => open.push(done)), 1000);
    feed.start();
    void feed.refresh();
    open[1]?.("new");
    await vi.advanceTimersByTimeAsync(0);
    open[0]?.("old");
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.value).toBe("new");
    feed.stop();
  });

  it("stops when nobody is signed in, and starts anew", async () => {
    let asked = 0;
    const feed = new Feed(() => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Refused(401, "over")) : Promise.resolve(asked);
    }, 1000);
    feed.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(1);
    feed.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.value).toBe(2);
    feed.stop();
  });
});
