import { expect, test } from "vitest";

import { askedFor } from "./asked-for";

test("the service for which a colleague is asked is told by its transfer code", () => {
  expect(askedFor("*83")).toEqual(["X-Service: *83"]);
  expect(askedFor("")).toEqual([]);
});
