import { beforeEach, describe, expect, it, vi } from "vitest";

import { toasts } from "../components/toasts.svelte";
import { leave } from "./leave";
import { NotSignedIn, signOut, type Session } from "./session";

vi.mock("./session", async (original) => ({ ...(await original<object>()), signOut: vi.fn() }));

const SESSION = { user: "1001", csrf: "word" } as Session;
const done: string[] = [];
const destroy = vi.fn(() => {
  done.push("destroyed");
  return Promise.resolve();
});

beforeEach(() => {
  done.length = 0;
  vi.mocked(signOut).mockReset();
});

describe("signing out", () => {
  it("destroys what the page keeps after the session has ended, and not before", async () => {
    vi.mocked(signOut).mockImplementation(() => {
      done.push("signed out");
      return Promise.resolve();
    });
    expect(await leave(SESSION, destroy)).toBe(true);
    expect(done).toEqual(["signed out", "destroyed"]);
  });

  it("destroys nothing where the desk does not answer, and says that they are signed in still", async () => {
    vi.mocked(signOut).mockRejectedValue(new NotSignedIn(0, 0));
    const say = vi.spyOn(toasts, "say").mockReturnValue(undefined);
    expect(await leave(SESSION, destroy)).toBe(false);
    expect(done).toEqual([]);
    expect(say).toHaveBeenCalledWith(expect.stringContaining("oturumunuz açık"), "wrong");
  });

  it("needs no answer where the session is over", async () => {
    expect(await leave(null, destroy)).toBe(true);
    expect([done, vi.mocked(signOut).mock.calls]).toEqual([["destroyed"], []]);
  });
});
