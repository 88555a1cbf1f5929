import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Call } from "../telephone/call.svelte";
import type { Telephone } from "../telephone/telephone.svelte";
import type { AgentDesk } from "./agent-desk.svelte";

const SESSION = { user: "1001", role: "agent", extension: "1001", csrf: "word" } as never;

let desk: AgentDesk;
let asked: ((answer: unknown) => void)[];

beforeEach(async () => {
  const store = { getItem: () => null, setItem: vi.fn(), removeItem: vi.fn() };
  vi.stubGlobal("localStorage", store);
  vi.stubGlobal("sessionStorage", store);
  const { AgentDesk } = await import("./agent-desk.svelte");
  desk = new AgentDesk(SESSION);
  asked = [];
  vi.spyOn(desk.api, "get").mockImplementation(() => new Promise((done) => asked.push(done as never)));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function talks(call: string): Call {
  desk.live.state = { agents: [{ extension: "1001", call, state: "talking" }] } as never;
  return { isIncoming: true, state: "talking", hold: vi.fn() } as unknown as Call;
}

it("the consultant of a caller who has left is not called for the next one", async () => {
  const dial = vi.fn(() => Promise.resolve(null));
  desk.telephone = { calls: [talks("c1")], dial, sound: { microphone: "open" } } as unknown as Telephone;
  const consulting = desk.transfer.consultService("funeral", "71");
  const next = talks("c2");
  desk.telephone = { ...desk.telephone, calls: [next] } as unknown as Telephone;
  asked[0]?.({ extension: "1002" });
  await consulting;
  expect(dial).not.toHaveBeenCalled();
  expect(next.hold).not.toHaveBeenCalled();
  expect(desk.transfer.choosing).toBe(false);
});

it("the consultant of the caller who is there is called", async () => {
  const dial = vi.fn(() => Promise.resolve({} as Call));
  const caller = talks("c1");
  desk.telephone = { calls: [caller], dial, sound: { microphone: "open" } } as unknown as Telephone;
  const consulting = desk.transfer.consultService("funeral", "71");
  asked[0]?.({ extension: "1002" });
  await consulting;
  expect(dial).toHaveBeenCalledOnce();
  expect(caller.hold).toHaveBeenCalledOnce();
});

it("calls without a result are shown as the last question found them", async () => {
  const [first, second] = [desk.lookSilent(), desk.lookSilent()];
  asked[1]?.([{ id: "c2" }]);
  await second;
  asked[0]?.([{ id: "c1" }, { id: "c2" }]);
  await first;
  expect(desk.silent.map((one) => one.id)).toEqual(["c2"]);
});
