import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Api } from "../api/api";
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
