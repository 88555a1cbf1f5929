import { describe, expect, it } from "vitest";

import { deskOf } from "./home";
import type { Session } from "./session";

function session(role: Session["role"], ...pages: string[]): Session {
  return {
    user: "x",
    role,
    csrf: "c",
    name: "",
    unit: null,
    extension: null,
    pages,
    by_password: true,
    password_due: false,
  };
}

describe("somebody who signs in", () => {
  it("is led to the desk of their role", () => {
    expect(deskOf(session("unit", "/unit", "/phone"))).toBe("/unit");
    expect(deskOf(session("inbox", "/inbox", "/wall"))).toBe("/inbox");
    expect(deskOf(session("analyst", "/report", "/wall"))).toBe("/report");
    expect(deskOf(session("admin", "/admin", "/desk", "/lead"))).toBe("/admin");
  });

  it("sees all their pages where the role has no desk, or the desk is not for them", () => {
    expect(deskOf(session("admin", "/unit", "/inbox"))).toBeNull();
    expect(deskOf(session("lead", "/wall"))).toBeNull();
  });
});
