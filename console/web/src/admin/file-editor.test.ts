import { describe, expect, it, vi } from "vitest";

import type { Api } from "../api/api";
import { FileEditor } from "./file-editor.svelte";

/** The editor of a file, and what it sends. `versions` answers the question for its versions. */
function made(versions: () => Promise<unknown> = async () => []): { editor: FileEditor; sent: unknown[] } {
  const sent: unknown[] = [];
  const file = { name: "topics", text: 'x = "1"\n', values: { x: "1" } };
  const api = {
    read: async () => ({ body: { ...file }, etag: '"1"' }),
    get: versions,
    send: async (_: string, __: string, body: unknown) => {
      sent.push(body);
      return { body: { difference: "", faults: [], waiting: [] }, etag: "" };
    },
  };
  return { editor: new FileEditor(api as unknown as Api, "topics"), sent };
}

/** The same of one that was read. */
async function editor(): Promise<{ editor: FileEditor; sent: unknown[] }> {
  const one = made();
  await one.editor.read();
  return one;
}

describe("a file that is changed", () => {
  it("can be looked at while its versions are still being read", async () => {
    const { editor: one, sent } = made(() => new Promise(() => undefined));
    void one.read();
    await vi.waitFor(() => expect(one.file).not.toBeNull());
    expect([one.reading, one.busy]).toEqual([true, false]);
    one.set("3", "x");
    await one.propose();
    expect(sent).toEqual([{ edits: [{ path: ["x"], value: "3" }] }]);
  });

  it("has no change where the text is the file's again", async () => {
    const { editor: one } = await editor();
    one.write('x = "2"\n');
    expect(one.changed).toBe(true);
    one.write('x = "1"\n');
    expect(one.text).toBeNull();
    expect(one.changed).toBe(false);
  });

  it("is saved with the form's edits after a text that was typed and undone", async () => {
    const { editor: one, sent } = await editor();
    one.write('x = "2"\n');
    one.write('x = "1"\n');
    one.set("3", "x");
    await one.save("");
    expect(sent).toEqual([{ edits: [{ path: ["x"], value: "3" }], why: "" }]);
  });

  it("takes no text while the form has edits", async () => {
    const { editor: one, sent } = await editor();
    one.set("3", "x");
    one.write('x = "2"\n');
    await one.save("");
    expect(sent).toEqual([{ edits: [{ path: ["x"], value: "3" }], why: "" }]);
  });

  it("takes no edits while its text has a change", async () => {
    const { editor: one, sent } = await editor();
    one.write('x = "2"\n');
    one.set("3", "x");
    expect(one.edits).toEqual([]);
    await one.save("");
    expect(sent).toEqual([{ text: 'x = "2"\n', why: "" }]);
    expect(one.changed).toBe(false);
  });

  /** An editor of a file whose write is answered when the test says so. */
  async function slow(): Promise<{ editor: FileEditor; answer: () => void }> {
    const values: Record<string, string> = { x: "1", y: "1" };
    let answer: () => void = () => undefined;
    const api = {
      read: async () => ({ body: { name: "topics", text: JSON.stringify(values), values: { ...values } }, etag: "" }),
      get: async () => [],
      send: (_: string, __: string, body: { edits?: { path: [string]; value: string }[] }) =>
        new Promise((done) => {
          answer = () => {
            for (const { path, value } of body.edits ?? []) values[path[0]] = value;
            done({ body: {}, etag: "" });
          };
        }),
    };
    const one = new FileEditor(api as unknown as Api, "topics");
    await one.read();
    return { editor: one, answer: () => answer() };
  }

  it("keeps what is changed while it is saved", async () => {
    const { editor: one, answer } = await slow();
    one.set("2", "x");
    const saving = one.save("");
    one.set("1", "x"); // as it was
    one.set("3", "y");
    answer();
    await saving;
    expect(one.edits).toEqual([
      { path: ["x"], value: "1" },
      { path: ["y"], value: "3" },
    ]);
  });

  it("keeps the text that is written while another one is saved", async () => {
    const { editor: one, answer } = await slow();
    one.write("first");
    const saving = one.save("");
    one.write("second");
    answer();
    await saving;
    expect(one.text).toBe("second");
  });
});
