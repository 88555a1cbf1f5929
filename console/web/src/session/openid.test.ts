import { describe, expect, it } from "vitest";

import { ledTo, outcomeIn } from "./openid";
import type { Session } from "./session";

const LEAD: Session = {
  user: "x",
  role: "lead",
  csrf: "c",
  name: "",
  unit: null,
  extension: null,
  pages: ["/lead", "/wall"],
  by_password: true,
  password_due: false,
};

describe("what a sign-in came to", () => {
  it("is one of the words that there are", () => {
    expect(outcomeIn("?openid=away")).toBe("away");
    expect(outcomeIn("?openid=https://elsewhere.example")).toBeNull();
    expect(outcomeIn("")).toBeNull();
  });
});

describe("somebody who comes back from the provider", () => {
  it("is led to the page that they came from, or to their desk, and to no page that is not theirs", () => {
    expect(ledTo(LEAD, "/wall")).toBe("/wall");
    expect(ledTo(LEAD, "/")).toBe("/lead");
    expect(ledTo(LEAD, "https://elsewhere.example/")).toBe("/lead");
    expect(ledTo(LEAD, "/admin")).toBe("/lead");
  });

  it("stays where they came back to in a tab of its own: the page before goes on in the other", () => {
    expect(ledTo(LEAD, null)).toBeNull();
  });
});
