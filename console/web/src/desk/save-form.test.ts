import { beforeEach, describe, expect, it } from "vitest";

import { Refused, type Answer, type Api } from "../api/api";
import type { Topic } from "../requests/town.svelte";
import { Drafts, type Draft } from "./drafts.svelte";
import { saveForm, toldIn } from "./save-form";

const store = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };

/** The desk as the API describes it: a key makes one write, and with another body it is refused and names what was made. */
class Desk {
  requests: Record<string, Record<string, unknown>> = {};
  /** What was asked, in order. */
  asked: string[] = [];
  /** So many answers are lost on their way: the write is made. */
  deaf = 0;
  /** So many questions are lost on their way: nothing is made. */
  away = 0;
  /** Of the request that the line has opened. */
  opened = "";
  /** Before an answer is on its way. */
  meanwhile: () => void = () => undefined;
  readonly #keys: Record<string, { digest: string; number: string }> = {};

  get = async () => ({ ticket: this.opened || null });

  send = async (
    method: string,
    path: string,
    body: Record<string, unknown>,
    headers: Record<string, string>,
  ): Promise<Answer<{ number: string }>> => {
    this.asked.push(`${method} ${path}`);
    if (this.away-- > 0) throw new Refused(0, "");
    const key = headers["Idempotency-Key"] ?? "";
    const digest = JSON.stringify([method, path, body]);
    const before = this.#keys[key];
    if (before && before.digest !== digest) {
      throw new Refused(422, "was used for another write", before.number, "idempotency-key");
    }
    const number = before?.number ?? path.split("/")[2] ?? `26-00000${Object.keys(this.requests).length + 1}-0`;
    if (!before) this.requests[number] = { ...this.requests[number], ...body };
    this.#keys[key] = { digest, number };
    this.meanwhile();
    if (this.deaf-- > 0) throw new Refused(0, "");
    return { body: { number }, etag: '"1"' };
  };
}

let desk: Desk;
let draft: Draft;

beforeEach(() => {
  desk = new Desk();
  const drafts = new Drafts("1001", store);
  drafts.begin("a", "request", false, "tr");
  const begun = drafts.of("a");
  if (!begun) throw new Error("it was begun");
  draft = begun;
  draft.text = "Çukur";
});

/** Why it could not be joined to its parent. */
let alone: unknown;

const save = () =>
  saveForm(
    desk as unknown as Api,
    draft,
    () => toldIn(draft, null, true),
    (why) => (alone = why),
  );

/** The texts of all requests. */
const texts = () => Object.values(desk.requests).map((one) => one.text);

describe("a form that is saved", () => {
  it("is a request, with all that is in it", async () => {
    expect(await save()).toMatchObject({ request: { number: "26-000001-0" }, isAll: true });
    expect(desk.requests["26-000001-0"]).toMatchObject({ text: "Çukur", service: "request", call: "a" });
  });

  it("again after a lost answer is the same request", async () => {
    desk.deaf = 1;
    await expect(save()).rejects.toThrow(Refused);
    expect(await save()).toMatchObject({ request: { number: "26-000001-0" }, isAll: true });
    expect(texts()).toEqual(["Çukur"]);
  });

  it("again after a lost answer, with a word more, has its number and the word", async () => {
    desk.deaf = 1;
    await expect(save()).rejects.toThrow(Refused);
    draft.text = "Çukur, derin";
    expect(await save()).toMatchObject({ request: { number: "26-000001-0" }, isAll: true });
    expect(texts()).toEqual(["Çukur, derin"]);
  });

  it("has its number and each word, however many answers are lost", async () => {
    for (const text of ["Çukur", "Çukur, derin", "Çukur, derin, okulun önünde"]) {
      desk.deaf = 1;
      draft.text = text;
      await save().catch(() => undefined);
    }
    draft.text = "Çukur, çok derin";
    desk.deaf = 0;
    expect(await save()).toMatchObject({ request: { number: "26-000001-0" }, isAll: true });
    expect(texts()).toEqual(["Çukur, çok derin"]);
  });

  it("that never came to the desk is made with the later words", async () => {
    desk.away = 1;
    await expect(save()).rejects.toThrow(Refused);
    draft.text = "Çukur, derin";
    expect(await save()).toMatchObject({ request: { number: "26-000001-0" }, isAll: true });
    expect(desk.asked).toEqual(["POST /tickets", "POST /tickets"]);
  });

  it("goes on with what was written while the answer was on its way", async () => {
    desk.meanwhile = () => (draft.text = "Çukur, derin");
    expect(await save()).toMatchObject({ request: { number: "26-000001-0" }, isAll: false });
    expect(draft).toMatchObject({ number: "26-000001-0", text: "Çukur, derin" });
    expect(await save()).toMatchObject({ request: { number: "26-000001-0" }, isAll: true });
    expect(texts()).toEqual(["Çukur, derin"]);
    expect(desk.asked).toEqual(["POST /tickets", "PATCH /tickets/26-000001-0"]);
  });

  it("goes on with what was written while it was joined to another request", async () => {
    draft.parent = "26-000005-0";
    desk.meanwhile = () => {
      if (desk.asked.at(-1)?.endsWith("/duplicate-of")) draft.text = "Çukur, derin";
    };
    expect(await save()).toMatchObject({ isAll: false });
    expect(desk.asked).toEqual(["POST /tickets", "POST /tickets/26-000001-0/duplicate-of"]);
  });

  it("that cannot be joined is saved", async () => {
    draft.parent = "26-000005-0";
    const { send } = desk;
    desk.send = async (method, path, ...rest) => {
      if (path.endsWith("/duplicate-of")) throw new Refused(409, "it is closed");
      return send(method, path, ...rest);
    };
    expect(await save()).toMatchObject({ isAll: true });
    expect(alone).toMatchObject({ status: 409 });
  });

  it("of an urgent call puts the line's own request right", async () => {
    desk.opened = "26-000009-0";
    draft.urgent = true;
    desk.deaf = 1;
    await expect(save()).rejects.toThrow(Refused);
    draft.text = "Vefat, evde";
    expect(await save()).toMatchObject({ request: { number: "26-000009-0" }, isAll: true });
    expect(texts()).toEqual(["Vefat, evde"]);
  });

  it("is refused for what is wrong with it, and is no other request", async () => {
    desk.send = async () => Promise.reject(new Refused(422, "no such mahalle", "x", "district"));
    await expect(save()).rejects.toMatchObject({ key: "district" });
    expect(draft.number).toBe("");
  });
});

it("a topic that the town has no more is not sent, and one that is not known yet is", () => {
  draft.topic = "fayton";
  expect(toldIn(draft, null, true).topic).toBeNull();
  expect(toldIn(draft, null, false).topic).toBe("fayton");
  expect(toldIn(draft, { id: "fayton", questions: [], hidden: false } as unknown as Topic, true).topic).toBe("fayton");
});
