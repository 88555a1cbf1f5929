import { expect, test } from "vitest";

import { Asking } from "./asking.svelte";

const [DUE, OWN] = [{ password_due: true }, { password_due: false }];

/** Whether it asks after each of these. */
function asked(...told: [session: { password_due: boolean } | null, quiet: boolean | null][]): boolean[] {
  const asking = new Asking();
  return told.map(([session, quiet]) => {
    asking.follow(session, quiet);
    return asking.asks;
  });
}

test("somebody is asked as they sign in or open the page, if another person has chosen their password", () => {
  expect(asked([null, false], [DUE, false])).toEqual([false, true]);
  expect(asked([OWN, false])).toEqual([false]);
});

test("it is decided when it is known whether they talk", () => {
  expect(asked([DUE, null], [DUE, false], [DUE, null])).toEqual([false, true, true]);
});

test("nobody is asked in the midst of their work when a talk is over", () => {
  expect(asked([DUE, null], [DUE, true], [DUE, false])).toEqual([false, false, false]);
  expect(asked([DUE, false], [DUE, true], [DUE, false])).toEqual([true, false, false]);
  expect(asked([DUE, true], [null, true], [DUE, true], [DUE, false])).toEqual([false, false, false, false]);
});

test("nobody is asked in the midst of their work when the desk can be reached again", () => {
  expect(asked([OWN, true], [DUE, true])).toEqual([false, false]);
  expect(asked([OWN, false], [DUE, false])).toEqual([false, false]);
});

test("somebody who signs in again is asked then", () => {
  expect(asked([DUE, true], [null, false], [DUE, false])).toEqual([false, false, true]);
});
