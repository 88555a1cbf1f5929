import { describe, expect, it } from "vitest";

import { Refused } from "../api/api";
import { Reading } from "./reading.svelte";

function reading(...answers: (number | Refused)[]): Reading<number> {
  return new Reading(() => {
    const answer = answers.shift();
    return answer instanceof Refused ? Promise.reject(answer) : Promise.resolve(answer ?? 0);
  });
}

describe("what is read", () => {
  it("that cannot be read says why, and can be read again", async () => {
    const read = reading(new Refused(503, "the database is away"), new Refused(0, ""), 7);
    expect([read.value, read.trouble]).toEqual([null, null]);
    await read.read();
    expect(read.value).toBeNull();
    expect(read.trouble).toContain("the database is away");
    await read.read();
    expect([read.trouble, read.busy]).toEqual(["", false]);
    await read.read();
    expect([read.value, read.trouble]).toEqual([7, null]);
  });

  it("stays when it cannot be read again", async () => {
    const read = reading(7, new Refused(503, "away"));
    await read.read();
    await read.read();
    expect(read.value).toBe(7);
    expect(read.trouble).not.toBeNull();
  });

  it("by somebody whose session is over can be read when they have signed in again", async () => {
    const read = reading(new Refused(401, "over"), 7);
    await read.read();
    expect(read.trouble).toBe("over");
    await read.read();
    expect([read.value, read.trouble]).toEqual([7, null]);
  });

  it("is what the last question found, and it is busy until that is answered", async () => {
    const open: ((answer: number) => void)[] = [];
    const read = new Reading(() => new Promise<number>((done) => open.push(done)));
    const [first, second] = [read.read(), read.read()];
    open[0]?.(1);
    await first;
    expect([read.value, read.busy]).toEqual([null, true]);
    const third = read.read();
    open[2]?.(3);
    await third;
    open[1]?.(2);
    await second;
    expect([read.value, read.busy]).toEqual([3, false]);
  });
});
