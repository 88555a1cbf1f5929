import { beforeEach, expect, it } from "vitest";

import { Refused, type Api } from "../api/api";
import { ArticleWriter, type Wording } from "./article-writer.svelte";

/** The desk as the API describes it. */
class Desk {
  /** The titles of each article, one a version. */
  articles: string[][] = [];
  /** So many answers are lost on their way. */
  deaf = 0;
  readonly #keys: Record<string, { digest: string; id: number }> = {};

  send = async (method: string, path: string, body: Wording, headers: Record<string, string>) => {
    const key = headers["Idempotency-Key"] ?? "";
    const digest = JSON.stringify([method, path, body]);
    const before = this.#keys[key];
    if (before && before.digest !== digest) {
      throw new Refused(422, "was used for another write", String(before.id), "idempotency-key");
    }
    if (!before && body.title === "") throw new Refused(422, "a title is needed", "", "title");
    const id = before?.id ?? (method === "POST" ? this.articles.push([]) : Number(path.split("/")[2]));
    const versions = this.articles[id - 1] ?? [];
    if (!before && method === "PUT" && headers["If-Match"] !== `"${versions.length}"`)
      throw new Refused(412, "changed");
    if (!before) versions.push(body.title);
    this.#keys[key] = { digest, id };
    if (this.deaf-- > 0) throw new Refused(0, "");
    return { body: { id, version: versions.length }, etag: "" };
  };
}

let desk: Desk;
let writer: ArticleWriter;

beforeEach(() => {
  desk = new Desk();
  writer = new ArticleWriter(desk as unknown as Api, null);
});

const save = (title: string) =>
  writer.save({ title, text: "x", topic: null, language: "tr", words: "", valid_until: null, withdrawn: false });

it("an article whose answer was lost is written once", async () => {
  desk.deaf = 1;
  await expect(save("Lamba")).rejects.toThrow(Refused);
  expect(await save("Lamba")).toMatchObject({ id: 1, version: 1 });
  expect(desk.articles).toEqual([["Lamba"]]);
});

it("an article that was written on after a lost answer is the same one", async () => {
  desk.deaf = 1;
  await expect(save("Lamba")).rejects.toThrow(Refused);
  expect(await save("Lamba yanmıyor")).toMatchObject({ id: 1, version: 2 });
  desk.deaf = 1;
  await expect(save("Lamba sönük")).rejects.toThrow(Refused);
  expect(await save("Lamba sönük mü?")).toMatchObject({ id: 1, version: 4 });
  expect(writer.seen).toBe(4);
});

it("somebody who was quicker is not written over", async () => {
  await save("Lamba");
  desk.articles[0]?.push("Başkası");
  await expect(save("Lamba yanmıyor")).rejects.toMatchObject({ status: 412 });
  writer.seen = 2; // they have been told
  expect(await save("Lamba yanmıyor")).toMatchObject({ version: 3 });
});

it("what was refused is written when it was put right", async () => {
  await expect(save("")).rejects.toMatchObject({ key: "title" });
  expect(await save("Lamba")).toMatchObject({ id: 1, version: 1 });
});
