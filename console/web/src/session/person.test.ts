import { afterEach, expect, test, vi } from "vitest";

import { Refused } from "../api/api";
import { Person } from "./person.svelte";
import type { Session } from "./session";

afterEach(() => vi.unstubAllGlobals());

const SESSION: Session = {
  user: "fen",
  name: "Fen",
  role: "unit",
  unit: "fen_isleri",
  csrf: "c1",
  pages: ["/unit"],
  by_password: true,
  password_due: false,
};

function answering(session: Session): void {
  vi.stubGlobal("fetch", (path: string) =>
    Promise.resolve(
      path.endsWith("/session")
        ? Response.json(session)
        : Response.json({ detail: "not yours", key: "unit", code: "not_your_unit" }, { status: 403 }),
    ),
  );
}

test("a refusal leaves the same session as it is, and takes the one that another tab has begun", async () => {
  const person = new Person(SESSION);
  const before = person.session;
  answering({ ...SESSION });
  await expect(person.api.get("/tickets/26-000001-1")).rejects.toThrow(Refused);
  expect(person.session).toBe(before);
  answering({ ...SESSION, csrf: "c2" });
  await expect(person.api.get("/tickets/26-000001-1")).rejects.toThrow(Refused);
  expect(person.session?.csrf).toBe("c2");
});
