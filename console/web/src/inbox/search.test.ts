import { expect, it } from "vitest";

import { Refused } from "../api/api";
import { Search } from "./search.svelte";

it("finds requests by words, and shows the answer to the last question", async () => {
  const asked: string[] = [];
  const answers: ((found: { number: string }[]) => void)[] = [];
  const get = (path: string) =>
    new Promise((resolve) => {
      asked.push(path);
      answers.push(resolve);
    });
  const search = new Search({ get: get as never });
  await search.look();
  expect([asked, search.found, search.isAsked]).toEqual([[], null, false]);
  search.words = " çukur ";
  const first = search.look();
  search.words = "çukur var";
  const second = search.look();
  answers[1]?.([{ number: "b" }]);
  await second;
  answers[0]?.([{ number: "a" }]);
  await first;
  expect(search.found).toEqual([{ number: "b" }]);
  expect(asked).toEqual(["/tickets?q=%C3%A7ukur&limit=50", "/tickets?q=%C3%A7ukur%20var&limit=50"]);
  search.words = "";
  await search.look();
  expect(search.found).toBeNull();
});

it("says why there is no answer", async () => {
  const search = new Search({ get: () => Promise.reject(new Refused(0, "")) });
  search.words = "çukur";
  await search.look();
  expect([search.found, search.trouble]).toEqual([null, "Sunucuya ulaşılamıyor. Yeniden deneyin."]);
});
