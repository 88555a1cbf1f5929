import { expect, test } from "vitest";

import { isAskedToAnswer } from "./auto-answer";

test.each([
  ["<sip:127.0.0.1>;answer-after=0", true],
  ["<sip:127.0.0.1>; Answer-After = 0 ;purpose=info", true],
  ["<sip:127.0.0.1>;answer-after=0, <sip:other>", true],
  ["<sip:127.0.0.1>;answer-after=03", false],
  ["<sip:127.0.0.1>;answer-after=5", false],
  ["<sip:answer-after=0>", false],
  ["", false],
  [null, false],
  [undefined, false],
])("%s", (header, asked) => {
  expect(isAskedToAnswer(header)).toBe(asked);
});
