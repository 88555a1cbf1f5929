import { describe, expect, it } from "vitest";

import type { Api } from "../api/api";
import type { Task } from "../requests/types";
import { decisionsOf, Tasks } from "./tasks.svelte";

function task(id: number, assigned_to = ""): Task {
  return {
    id,
    number: `26-00000${id}-1`,
    kind: "low_score",
    why: "",
    state: "told",
    opened_at: "2026-11-26T20:00:00.000Z",
    assigned_to,
    done_by: "",
    note: "",
    decisions: ["closed", "reopened"],
  };
}

function tasks(): { tasks: Tasks; asked: string[]; sent: [string, unknown][] } {
  const asked: string[] = [];
  const sent: [string, unknown][] = [];
  const api = {
    get: async (path: string) => {
      asked.push(path);
      return path.startsWith("/tasks") ? [task(1), task(2, "inbox"), task(3, "lead")] : [];
    },
    send: async (_: string, path: string, body: { mine?: boolean; to?: string }) => {
      sent.push([path, body]);
      return { body: task(1, body.to ?? (body.mine ? "inbox" : "")), etag: "" };
    },
  };
  return { tasks: new Tasks(api as unknown as Api, "inbox"), asked, sent };
}

describe("the inbox", () => {
  it("shows all tasks, one's own, or nobody's", async () => {
    const { tasks: inbox, asked } = tasks();
    await inbox.load();
    expect(asked[0]).toBe("/tasks?done=false&limit=1000");
    expect(inbox.shown.map((one) => one.id)).toEqual([1, 2, 3]);
    inbox.filters.whose = "mine";
    expect(inbox.shown.map((one) => one.id)).toEqual([2]);
    inbox.filters.whose = "free";
    expect(inbox.shown.map((one) => one.id)).toEqual([1]);
  });

  it("shows what was done last first", async () => {
    const { tasks: inbox, asked } = tasks();
    inbox.filters.done = true;
    inbox.filters.kind = "outcome";
    await inbox.load();
    expect(asked[0]).toBe("/tasks?done=true&kind=outcome&limit=1000");
    expect(inbox.shown.map((one) => one.id)).toEqual([3, 2, 1]);
  });

  it("finds a task that the list does not have, open or done, and none that there is not", async () => {
    const [open, done] = [[task(4), task(9)], [task(6)]];
    const api = {
      get: async (path: string) => {
        const asked = new URLSearchParams(path.split("?")[1]);
        const all = asked.get("done") === "true" ? done : open;
        return all.filter((one) => one.id > Number(asked.get("after"))).slice(0, Number(asked.get("limit")));
      },
    };
    const inbox = new Tasks(api as unknown as Api, "inbox");
    expect((await inbox.find(9))?.id).toBe(9);
    expect((await inbox.find(6))?.id).toBe(6);
    expect(await inbox.find(5)).toBeNull();
    expect(await inbox.find(10)).toBeNull();
  });

  it("shows a task as it is after it was taken", async () => {
    const { tasks: inbox, sent } = tasks();
    await inbox.load();
    const first = inbox.of(1);
    if (first) await inbox.assign(first, true);
    expect(sent).toEqual([["/tasks/1/assigned", { mine: true }]]);
    expect(inbox.of(1)?.assigned_to).toBe("inbox");
  });

  it("shows a task as it is after it was taken, also where an answer of before comes later", async () => {
    const late: ((value: Task[]) => void)[] = [];
    const api = {
      get: (path: string) =>
        path.startsWith("/tasks") ? new Promise<Task[]>((resolve) => late.push(resolve)) : Promise.resolve([]),
      send: async () => ({ body: task(1, "inbox"), etag: "" }),
    };
    const inbox = new Tasks(api as unknown as Api, "inbox");
    const [first, again] = [inbox.load(), inbox.load()];
    late[1]?.([task(1)]);
    await again;
    const look = inbox.load();
    await inbox.assign(task(1), true);
    expect(late).toHaveLength(4); // asked anew: what was on its way tells of before
    late[3]?.([task(1, "inbox")]);
    late[0]?.([task(1)]);
    late[2]?.([task(1)]);
    await Promise.all([first, look]);
    expect(inbox.of(1)?.assigned_to).toBe("inbox");
  });

  it("sends what was decided with what was done", async () => {
    const { tasks: inbox, sent } = tasks();
    await inbox.load();
    await inbox.finish(task(1), "Arandı", { decision: "closed" });
    await inbox.finish(task(2), "Arandı");
    await inbox.finish(task(3), "Yarısı yapılmış", { decision: "reopened", unit: "zabita" });
    await inbox.finish(task(3), "Arandı", { decision: "told", score: 2, remark: "Bozuk" });
    expect(sent).toEqual([
      ["/tasks/1/done", { note: "Arandı", decision: "closed" }],
      ["/tasks/2/done", { note: "Arandı" }],
      ["/tasks/3/done", { note: "Yarısı yapılmış", decision: "reopened", unit: "zabita" }],
      ["/tasks/3/done", { note: "Arandı", decision: "told", score: 2, remark: "Bozuk" }],
    ]);
  });

  it("asks for a decision unless the request was moved on beside its task", () => {
    const low = task(1);
    expect(decisionsOf(low, null)).toEqual(["closed", "reopened"]);
    expect(decisionsOf(low, { number: low.number, state: "told" })).toEqual(["closed", "reopened"]);
    expect(decisionsOf(low, { number: "26-000009-9", state: "assigned" })).toEqual(["closed", "reopened"]);
    expect(decisionsOf(low, { number: low.number, state: "assigned" })).toEqual([]);
  });

  it("lists requests without a unit by their topic's priority, then as they are due", async () => {
    const due = [
      { number: "a", priority: "normal" },
      { number: "b", priority: "low" },
      { number: "c", priority: "high" },
      { number: "d", priority: "normal" },
    ];
    const api = { get: async (path: string) => (path.startsWith("/tasks") ? [] : due) };
    const inbox = new Tasks(api as unknown as Api, "inbox");
    await inbox.load();
    expect(inbox.unsorted.map((one) => one.number)).toEqual(["c", "a", "d", "b"]);
  });

  it("has a task whose citizen it calls", async () => {
    const sent: [string, unknown][] = [];
    const api = {
      get: async (path: string) => (path.startsWith("/tasks") ? [task(1), task(2, "lead")] : []),
      send: async (_: string, path: string, body: unknown) => {
        sent.push([path, body]);
        return { body: { id: "ast1-task.26-000001-1.1.1", task: 1, agent: "1001" }, etag: "" };
      },
    };
    const inbox = new Tasks(api as unknown as Api, "inbox");
    await inbox.load();
    expect(await inbox.call(task(1))).toBe("ast1-task.26-000001-1.1.1");
    expect(sent).toEqual([["/tasks/1/call", {}]]);
    expect(inbox.all.map((one) => one.assigned_to)).toEqual(["inbox", "lead"]);
  });

  it("shows a task as it is after it was given to somebody", async () => {
    const { tasks: inbox, sent } = tasks();
    await inbox.load();
    const first = inbox.of(1);
    if (first) await inbox.give(first, "ayse");
    expect(sent).toEqual([["/tasks/1/assigned", { to: "ayse" }]]);
    expect(inbox.of(1)?.assigned_to).toBe("ayse");
  });
});
