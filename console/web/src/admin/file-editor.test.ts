import { describe, expect, it } from "vitest";

import type { Api } from "../api/api";
import { FileEditor } from "./file-editor.svelte";

/** The editor of a file that was read, and what it sends. */
async function editor(): Promise<{ editor: FileEditor; sent: unknown[] }> {
  const sent: unknown[] = [];
  const file = { name: "topics", text: 'x = "1"\n', values: { x: "1" } };
  const api = {
    read: async () => ({ body: { ...file }, etag: '"1"' }),
    get: async () => [],
    send: async (_: string, __: string, body: unknown) => {
      sent.push(body);
      return { body: { difference: "", faults: [], waiting: [] }, etag: "" };
    },
  };
  const made = new FileEditor(api as unknown as Api, "topics");
  await made.read();
  return { editor: made, sent };
}

describe("a file that is changed", () => {
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
});
