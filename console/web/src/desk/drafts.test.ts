import { beforeEach, describe, expect, it } from "vitest";

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
