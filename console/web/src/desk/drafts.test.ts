import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Refused, type Api, type Answer } from "../api/api";
import { Drafts, isEmpty } from "./drafts.svelte";

class Store {
  kept = new Map<string, string>();
  getItem = (name: string) => this.kept.get(name) ?? null;
  setItem = (name: string, value: string) => void this.kept.set(name, value);
  removeItem = (name: string) => void this.kept.delete(name);
}

let store: Store;
let drafts: Drafts;

beforeEach(() => {
  store = new Store();
  drafts = new Drafts("1001", store);
  drafts.begin("a", "request", false, "tr");
});

function write(call: string, text: string): void {
  const draft = drafts.of(call);
  if (draft) draft.text = text;
  drafts.keep();
}

describe("a draft", () => {
  it("is there again after a reload, for the same person alone", () => {
    write("a", "Işık yanmıyor");
    expect(new Drafts("1001", store).of("a")?.text).toBe("Işık yanmıyor");
    expect(new Drafts("1002", store).list).toEqual([]);
  });

  it("stays while the next call has its own, and keeps its key for a write that is sent again", () => {
    write("a", "Çukur");
    const key = drafts.of("a")?.key;
    drafts.begin("b", "funeral", true, "tr");
    drafts.begin("a", "request", false, "tr");
    expect(drafts.list.map((one) => one.call)).toEqual(["a", "b"]);
    expect(drafts.of("a")).toMatchObject({ text: "Çukur", key });
    expect(drafts.of("b")?.key).not.toBe(key);
  });

  it("in which nothing was taken down makes room for the next", () => {
    drafts.begin("b", "request", false, "tr");
    expect(drafts.list.map((one) => one.call)).toEqual(["b"]);
    const draft = drafts.of("b");
    expect(draft && isEmpty(draft)).toBe(true);
  });

  it("is unsaved once something was taken down in it", () => {
    drafts.begin("b", "request", false, "tr");
    expect(drafts.unsaved).toEqual([]);
    write("b", " \n");
    expect(drafts.unsaved).toEqual([]);
    write("b", "Çukur");
    drafts.begin("c", "request", false, "tr");
    expect(drafts.unsaved.map((one) => one.call)).toEqual(["b"]);
  });

  it("is gone when it was saved, and all of them when their person signs out", () => {
    write("a", "x");
    drafts.begin("b", "request", false, "tr");
    drafts.drop("a");
    expect(new Drafts("1001", store).list.map((one) => one.call)).toEqual(["b"]);
    drafts.forget();
    expect(store.kept.size).toBe(0);
  });

  it("of an older page gets what it lacks", () => {
    store.setItem("cozum.drafts.1001", JSON.stringify([{ call: "a", text: "x" }]));
    expect(new Drafts("1001", store).of("a")).toMatchObject({ text: "x", follows: "", agrees: false, contact: "call" });
  });

  it("that cannot be read is none", () => {
    store.setItem("cozum.drafts.1001", "{");
    expect(new Drafts("1001", store).list).toEqual([]);
  });
});

/** The desk: what it keeps for one person. */
class Desk {
  kept = new Map<string, { call: string; version: number; at: string; draft: Record<string, unknown> }>();
  away = false;
  /** Writes are committed, and their answers lost. */
  deaf = false;
  /** Words that are refused. */
  refused = "";
  /** What was asked, in order. */
  asked: string[] = [];

  get<T>(): Promise<T> {
    return this.away
      ? Promise.reject(new Refused(503, ""))
      : Promise.resolve(structuredClone([...this.kept.values()]) as T);
  }

  send<T>(method: string, path: string, body?: object, _headers?: object, outlives = false): Promise<Answer<T>> {
    if (this.away) return Promise.reject(new Refused(0, ""));
    this.asked.push(`${method} ${path}${outlives ? ", whatever becomes of the page" : ""}`);
    const answer = this.answer<T>(method, path, body);
    return this.deaf ? Promise.reject(new Refused(0, "")) : answer;
  }

  answer<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const call = decodeURIComponent(path.split("/")[2] ?? "");
    if (method === "DELETE") {
      if (call) this.kept.delete(call);
      else this.kept.clear();
      return Promise.resolve({ body: null as T, etag: "*" });
    }
    const { base, draft } = body as { base: number; draft: Record<string, unknown> };
    const before = this.kept.get(call)?.version ?? 0;
    if (this.refused && draft["text"] === this.refused) return Promise.reject(new Refused(422, ""));
    if (base && !before) return Promise.reject(new Refused(410, ""));
    if (before === base) this.kept.set(call, { call, version: before + 1, at: "", draft });
    return Promise.resolve({ body: structuredClone(this.kept.get(call)) as T, etag: "*" });
  }
}

describe("the desk", () => {
  let desk: Desk;
  let joined = 0;
  let gone = 0;
  const at = (store: Store) =>
    new Drafts("1001", store, desk as unknown as Api, (what) => (what === "gone" ? (gone += 1) : (joined += 1)));
  const texts = () => [...desk.kept.values()].map((one) => one.draft["text"]);

  function type(drafts: Drafts, call: string, text: string): void {
    drafts.begin(call, "request", false, "tr");
    const draft = drafts.of(call);
    if (draft) draft.text = text;
    drafts.keep();
  }

  beforeEach(() => {
    vi.useFakeTimers();
    desk = new Desk();
    joined = gone = 0;
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("is given what was typed, and another computer has it", async () => {
    const here = at(new Store());
    type(here, "a", "Çuk");
    type(here, "a", "Çukur");
    expect(texts()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([...desk.kept.values()].map((one) => [one.version, one.draft["text"]])).toEqual([[1, "Çukur"]]);
    const there = at(new Store());
    there.begin("a", "request", false, "tr"); // the call's form is there before the answer
    await there.load();
    expect(there.of("a")).toMatchObject({ text: "Çukur", key: here.of("a")?.key });
    expect(joined).toBe(0);
  });

  it("is given nothing of a form in which nothing was written, and loses what was saved", async () => {
    const here = at(new Store());
    here.begin("a", "request", false, "tr");
    await vi.advanceTimersByTimeAsync(1000);
    expect(texts()).toEqual([]);
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    here.drop("a");
    await vi.advanceTimersByTimeAsync(1000);
    expect(texts()).toEqual([]);
  });

  it("has the words of both where two pages write", async () => {
    const [here, there] = [at(new Store()), at(new Store())];
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    await there.load();
    type(there, "a", "Çukur, okulun önünde");
    await vi.advanceTimersByTimeAsync(1000);
    type(here, "a", "Çukur derin");
    await vi.advanceTimersByTimeAsync(3000);
    expect(texts()).toEqual(["Çukur derin\nÇukur, okulun önünde"]);
    expect(here.of("a")?.text).toBe("Çukur derin\nÇukur, okulun önünde");
    expect(joined).toBe(1);
  });

  it("that is away is asked again, and no word is lost meanwhile", async () => {
    desk.away = true;
    const here = at(new Store());
    await here.load();
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(20_000);
    desk.away = false;
    await vi.advanceTimersByTimeAsync(6000);
    expect(texts()).toEqual(["Çukur"]);
  });

  it("says by its silence that a form was saved elsewhere", async () => {
    const store = new Store();
    type(at(store), "a", "Çukur");
    await vi.advanceTimersByTimeAsync(3000);
    desk.kept.clear(); // saved at another page
    const here = at(store);
    await here.load();
    expect([here.of("a"), gone]).toEqual([null, 0]);
  });

  it("that has destroyed a form is not given it again by an open page, nor after a reload", async () => {
    const stores = [new Store(), new Store()] as const;
    for (const store of stores) type(at(store), "a", "Çukur");
    await vi.advanceTimersByTimeAsync(3000);
    const [open, reloaded] = stores.map((store) => at(store)) as [Drafts, Drafts];
    desk.kept.clear(); // its caller was erased
    type(open, "a", "Çukur derin");
    await vi.advanceTimersByTimeAsync(3000);
    expect([open.of("a"), gone, texts()]).toEqual([null, 1, []]);
    const draft = reloaded.of("a");
    if (draft) draft.text = "Çukur derin";
    await reloaded.load();
    await vi.advanceTimersByTimeAsync(3000);
    expect([reloaded.of("a"), gone, texts()]).toEqual([null, 2, []]);
  });

  it("that has destroyed a form by a sign-out in another tab has it again while the call goes on", async () => {
    const here = at(new Store());
    type(here, "a", "Lamba");
    type(here, "b", "Çukur");
    await vi.advanceTimersByTimeAsync(3000);
    desk.kept.clear();
    await here.load("b");
    await vi.advanceTimersByTimeAsync(3000);
    expect([here.of("a"), here.of("b")?.text, texts()]).toEqual([null, "Çukur", ["Çukur"]]);
  });

  it("whose answer was lost does not give back our own older words", async () => {
    const store = new Store();
    const here = at(store);
    type(here, "a", "Çukru");
    desk.deaf = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(texts()).toEqual(["Çukru"]);
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(6000); // and the next answer, too
    type(here, "a", "Çukur derin");
    desk.deaf = false;
    const reloaded = at(store);
    await reloaded.load();
    await vi.advanceTimersByTimeAsync(10_000);
    for (const page of [here, reloaded]) expect(page.of("a")?.text).toBe("Çukur derin");
    expect([joined, texts()]).toEqual([0, ["Çukur derin"]]);
  });

  it("is told at once what was dropped, and a reload before that brings nothing back", async () => {
    const store = new Store();
    const here = at(store);
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    desk.away = true;
    here.drop("a");
    desk.away = false;
    const reloaded = at(store);
    await reloaded.load();
    expect(reloaded.of("a")).toBeNull();
    expect(texts()).toEqual([]);
    type(reloaded, "b", "Lamba");
    await vi.advanceTimersByTimeAsync(1000);
    reloaded.drop("b");
    expect(desk.asked.at(-1)).toBe("PUT /drafts/b");
    await Promise.resolve();
    expect(desk.asked.at(-1)).toBe("DELETE /drafts/b, whatever becomes of the page");
  });

  it("that refuses one form is given the others, and is not asked again for it", async () => {
    const here = at(new Store());
    desk.refused = "x";
    type(here, "a", "x");
    type(here, "b", "Çukur");
    type(here, "c", "Lamba");
    await vi.advanceTimersByTimeAsync(3000);
    here.drop("c");
    await vi.advanceTimersByTimeAsync(3000);
    expect(texts()).toEqual(["Çukur"]);
    expect(desk.asked.filter((one) => one === "PUT /drafts/a")).toHaveLength(1);
    type(here, "a", "y");
    await vi.advanceTimersByTimeAsync(3000);
    expect(texts()).toEqual(["Çukur", "y"]);
  });

  it("that could not be read is read later, and a sign-out before that destroys nothing unseen", async () => {
    type(at(new Store()), "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    desk.away = true;
    const there = at(new Store());
    await there.load();
    expect(there.loaded).toBe(false);
    desk.away = false;
    await vi.advanceTimersByTimeAsync(6000);
    expect([there.loaded, there.of("a")?.text]).toEqual([true, "Çukur"]);

    desk.away = true;
    const third = at(new Store());
    await third.load();
    desk.away = false;
    type(third, "b", "Lamba");
    await third.rest();
    third.forget();
    await vi.advanceTimersByTimeAsync(6000);
    expect(texts()).toEqual(["Çukur"]);
  });

  it("keeps the forms for which a page has no room", async () => {
    const calls = Array.from({ length: 14 }, (_, number) => `c${number}`);
    for (const call of calls) {
      type(at(new Store()), call, call);
      await vi.advanceTimersByTimeAsync(1000);
    }
    const here = at(new Store());
    await here.load();
    expect(here.list.map((one) => one.call)).toEqual(calls.slice(2));
    type(here, "x", "x");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(texts()).toEqual([...calls, "x"]);
  });

  it("keeps nothing of who signed out, also of what was still on its way", async () => {
    const here = at(new Store());
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    type(here, "a", "Çukur derin");
    await here.rest();
    desk.kept.clear(); // by the sign-out
    here.forget();
    await vi.advanceTimersByTimeAsync(5000);
    expect([texts(), here.list]).toEqual([[], []]);
  });

  it("has all that was typed of whoever could not sign out, here and there", async () => {
    const store = new Store();
    const here = at(store);
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    await here.rest();
    type(here, "a", "Çukur derin");
    await vi.advanceTimersByTimeAsync(5000);
    expect(texts()).toEqual(["Çukur"]);
    here.wake();
    await vi.advanceTimersByTimeAsync(1000);
    expect([texts(), new Drafts("1001", store).of("a")?.text]).toEqual([["Çukur derin"], "Çukur derin"]);
  });
});
