import { afterEach, describe, expect, it } from "vitest";

import { askToDial, dialWhenAsked } from "./dial-request";

describe("a page that asks another to dial", () => {
  const ends: (() => void)[] = [];
  const desk = (user: string, dial: (number: string) => boolean) => ends.push(dialWhenAsked(user, dial));
  afterEach(() => ends.splice(0).forEach((end) => end()));

  it("is told that the desk of this person dials", async () => {
    const dialled: string[] = [];
    desk("lead", (number) => dialled.push(number) > 0);
    desk("1001", () => expect.unreachable("another person's desk"));
    expect(await askToDial("lead", "*49")).toBe(true);
    expect(dialled).toEqual(["*49"]);
  });

  it("is told so when no desk is open, or its telephone cannot", async () => {
    expect(await askToDial("lead", "*49")).toBe(false);
    desk("lead", () => false);
    expect(await askToDial("lead", "*49")).toBe(false);
  });

  it("gets no answer from a desk that is gone", async () => {
    dialWhenAsked("lead", () => true)();
    expect(await askToDial("lead", "*49")).toBe(false);
  });
});
