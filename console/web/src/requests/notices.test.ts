import { describe, expect, it, vi } from "vitest";

import type { Api } from "../api/api";
import { Notices, type UnitNotice } from "./notices.svelte";

function notice(id: number, read_by = ""): UnitNotice {
  return {
    id,
    unit: "fen_isleri",
    number: `26-00000${id}-1`,
    about: "assigned",
    head: false,
    at: "2026-11-26T20:00:00.000Z",
    read_at: read_by ? "2026-11-26T21:00:00.000Z" : null,
    read_by,
    service: "request",
    state: "assigned",
  };
}

function made(unit: string | null): { notices: Notices; asked: string[]; sent: unknown[] } {
  const [asked, sent]: [string[], unknown[]] = [[], []];
  const api = {
    get: async (path: string) => {
      asked.push(path);
      return [notice(3), notice(2, "ayse"), notice(1)];
    },
    send: async (_: string, __: string, body: { notices: number[] }) => {
      sent.push(body);
      return { body: body.notices.filter((id) => id !== 1).map((id) => notice(id, "veli")), etag: "" };
    },
  };
  return { notices: new Notices(api as unknown as Api, () => unit), asked, sent };
}

describe("a unit's notices", () => {
  it("are one's own unit's, or those of the unit that is asked for", async () => {
    const own = made("");
    await own.notices.load();
    expect(own.asked).toEqual(["/notices?limit=100"]);
    expect(own.notices.unread.map((one) => one.id)).toEqual([3, 1]);
    const other = made("zabita");
    await other.notices.load();
    expect(other.asked).toEqual(["/notices?limit=100&unit=zabita"]);
  });

  it("are none where no unit is meant", async () => {
    const nobody = made(null);
    await nobody.notices.load();
    expect([nobody.asked, nobody.notices.all, nobody.notices.loaded]).toEqual([[], [], true]);
  });

  it("are read once the backend says so, and asked for only where there are any", async () => {
    const { notices, sent } = made("");
    await notices.load();
    await notices.read(notices.unread);
    expect(sent).toEqual([{ notices: [3, 1] }]);
    expect(notices.all.map((one) => one.read_by)).toEqual(["veli", "ayse", ""]);
    await notices.read([]);
    expect(sent).toHaveLength(1);
  });

  it("stay read when an answer of before comes after that", async () => {
    const late: ((value: UnitNotice[]) => void)[] = [];
    const api = {
      get: () => new Promise<UnitNotice[]>((resolve) => late.push(resolve)),
      send: async () => ({ body: [notice(1, "veli")], etag: "" }),
    };
    const notices = new Notices(api as unknown as Api, () => "");
    const [first, again] = [notices.load(), notices.load()];
    late[1]?.([notice(1)]);
    await again;
    const look = notices.load();
    const read = notices.read(notices.unread);
    await vi.waitFor(() => expect(late).toHaveLength(4));
    late[3]?.([notice(1, "veli")]);
    await read;
    late[0]?.([notice(1)]);
    late[2]?.([notice(1)]);
    await Promise.all([first, look]);
    expect(notices.unread).toEqual([]);
  });
});
