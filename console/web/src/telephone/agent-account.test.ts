import { expect, test, vi } from "vitest";

import { Refused, type Api } from "../api/api";
import { isElsewhere, isForGood, isSignedOut } from "./account";
import { openAgentAccount } from "./agent-account";

async function refusal(status: number, key: string): Promise<unknown> {
  const api = { send: vi.fn().mockRejectedValue(new Refused(status, "no", undefined, key)) } as unknown as Api;
  return openAgentAccount(api, "1001", true, "/ws?ticket=a").catch((error: unknown) => error);
}

test("a telephone that another page has is given up, and one of which that is not known yet is asked for again", async () => {
  const elsewhere = await refusal(409, "extension");
  expect([isElsewhere(elsewhere), isForGood(elsewhere)]).toEqual([true, true]);
  const unknown = await refusal(409, "renews");
  expect([isElsewhere(unknown), isForGood(unknown)]).toEqual([false, false]);
});

test("while nobody is signed in the desk is not asked for a telephone", async () => {
  const api = { send: vi.fn() };
  const error: unknown = await openAgentAccount(api as unknown as Api, "1001", false).catch((one: unknown) => one);
  expect(isSignedOut(error)).toBe(true);
  expect(api.send).not.toHaveBeenCalled();
});
