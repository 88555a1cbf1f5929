// How a date was reached, as it is read.
import { render } from "svelte/server";
import { afterEach, describe, expect, it } from "vitest";

import { page } from "../text/page.svelte";
import Clock from "./Clock.svelte";
import type { Whole } from "./types";

afterEach(() => {
  page.language = "tr";
});

function said(clock: object): string {
  const whole = { clock: { rule: "request", started_at: "2026-11-27T09:00:00Z", ...clock } } as unknown as Whole;
  return render(Clock, { props: { whole } }).body;
}

describe("how the date was reached", () => {
  const clock = { steps: ["süre başladı"], steps_in: { tr: ["süre başladı"], en: ["the period began"] } };

  it("is told in the language that the page has, by what was read in the other one", () => {
    expect(said(clock)).toContain("süre başladı");
    page.language = "en";
    expect(said(clock)).toContain("the period began");
    expect(said(clock)).not.toContain("süre başladı");
  });

  it("is told as an earlier release has kept it", () => {
    page.language = "en";
    expect(said({ steps: ["süre başladı"] })).toContain("süre başladı");
  });
});
