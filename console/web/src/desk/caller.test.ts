import { beforeEach, describe, expect, it, vi } from "vitest";

import { Refused, type Api } from "../api/api";
import { Caller } from "./caller.svelte";

const CONTEXT = { caller: "••• 07", tickets: [], untold: false };
const asked = vi.fn<(path: string) => Promise<unknown>>();
let caller: Caller;

beforeEach(() => {
  asked.mockReset();
  asked.mockImplementation((path) => Promise.resolve(path.endsWith("/caller") ? { caller: "05325550107" } : CONTEXT));
  caller = new Caller({ get: asked } as unknown as Api);
});

async function arrives(call: string): Promise<void> {
  caller.of(call, "request");
  await vi.waitFor(() => expect(caller.context).not.toBeNull());
}

describe("a caller's number", () => {
  it("is shown once it is asked for, and asked for once: each time is recorded", async () => {
    await arrives("a");
    expect(caller.number).toBe("");
    await caller.unmask();
    await caller.unmask();
    expect(caller.number).toBe("05325550107");
    expect(asked.mock.calls.filter(([path]) => path === "/calls/a/caller")).toHaveLength(1);
  });

  it("is not the next caller's", async () => {
    await arrives("a");
    await caller.unmask();
    await arrives("b");
    expect(caller.number).toBe("");
  });

  it("that arrives late is not shown as the next caller's", async () => {
    await arrives("a");
    const late = caller.unmask();
    caller.of("b", "request");
    await late;
    expect(caller.number).toBe("");
  });

  it("that is withheld is not asked for", async () => {
    asked.mockResolvedValue({ ...CONTEXT, caller: "" });
    await arrives("a");
    await caller.unmask();
    expect(asked).toHaveBeenCalledTimes(1);
  });
});

describe("a caller's context", () => {
  it("that was asked for without a session comes once somebody is signed in", async () => {
    asked.mockRejectedValueOnce(new Refused(401, ""));
    caller.of("a", "request");
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    caller.of("a", "request");
    expect([asked.mock.calls.length, caller.context]).toEqual([1, null]);
    caller.again();
    await vi.waitFor(() => expect(caller.context).toEqual(CONTEXT));
  });

  it("is what was asked for last, and is asked for no more often by that", async () => {
    vi.useFakeTimers();
    let late: (found: unknown) => void = () => undefined;
    asked.mockReturnValueOnce(new Promise((done) => (late = done)));
    asked.mockResolvedValue({ ...CONTEXT, untold: true });
    caller.of("a", "request");
    caller.again();
    await vi.advanceTimersByTimeAsync(0);
    late({ ...CONTEXT, caller: "before", untold: true });
    await vi.advanceTimersByTimeAsync(5000);
    expect([caller.context?.caller, asked.mock.calls.length]).toEqual(["••• 07", 3]);
    vi.useRealTimers();
  });
});

describe("a caller's wait", () => {
  const at = (time: string) => Date.parse(`2026-11-28T10:${time}Z`);
  const iso = (time: string) => new Date(at(time)).toISOString();
  beforeEach(() => {
    asked.mockResolvedValue({ ...CONTEXT, queued_at: iso("00:00"), answered_at: null });
  });

  it("grows while they ring, and no longer once they are answered: not in the talk, nor in after-call work", async () => {
    await arrives("a");
    expect(caller.waited(at("00:04"), true, 6)).toBe(4);
    caller.of("a", "request", iso("00:05"));
    expect(caller.waited(at("02:00"), false, 6)).toBe(5);
    caller.of("a", "request", null);
    expect(caller.waited(at("03:00"), false, 6)).toBe(5);
    caller.of("a", "request", iso("03:00")); // back from the music of a page that was loaded anew
    expect(caller.waited(at("04:00"), false, 6)).toBe(5);
  });

  it("is what the records say where the page has not seen the answer, and is not invented", async () => {
    await arrives("a");
    expect(caller.waited(at("03:00"), false, 6)).toBeNull();
    asked.mockResolvedValue({ ...CONTEXT, queued_at: iso("00:00"), answered_at: iso("00:03") });
    await arrives("b");
    expect(caller.waited(at("03:00"), false, 6)).toBe(3);
  });

  it("counts from where the target does, which may be in the menu, also when the call is over", async () => {
    asked.mockResolvedValue({ ...CONTEXT, queued_at: iso("00:00"), answered_at: null, target_at: iso("00:02") });
    await arrives("a");
    expect(caller.waited(at("00:04"), true, 6)).toBe(8);
    asked.mockResolvedValue({ ...CONTEXT, queued_at: iso("00:00"), answered_at: iso("00:05"), target_at: null });
    caller.again();
    await vi.waitFor(() => expect(caller.context?.answered_at).toBe(iso("00:05")));
    expect(caller.waited(at("03:00"), false, 6)).toBe(9);
  });

  it("is not the one before's", async () => {
    await arrives("a");
    caller.of("a", "request", iso("00:05"));
    await arrives("b");
    expect(caller.waited(at("00:20"), true, 6)).toBe(20);
  });
});
