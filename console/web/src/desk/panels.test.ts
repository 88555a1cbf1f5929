// What panels of the agent's desk say.
import { render } from "svelte/server";
import { describe, expect, it } from "vitest";

import type { Town } from "../requests/town.svelte";
import Saved from "./Saved.svelte";

/** What is read, without the marks of the framework. */
function text(body: string): string {
  return body.replace(/<!--.*?-->|<style>.*?<\/style>|<[^>]*>/gs, " ").replace(/\s+/g, " ");
}

describe("a request that was saved for a citizen without a number", () => {
  const town = { questionsOf: () => [] } as unknown as Town;
  const request = { number: "26-000001-1", code: "12345678", due_at: null, topic: null, missing: [] };

  it("has its code read out slowly while they are on the line", () => {
    const said = text(render(Saved, { props: { town, request, hears: true } }).body);
    expect(said).toContain("yalnız bu kodla bakabilir. Yavaşça okuyun, yazsın.");
  });

  it("asks nobody to read it out to a citizen who has hung up", () => {
    const said = text(render(Saved, { props: { town, request, hears: false } }).body);
    expect(said).toContain("yalnız bu kodla bakabilir.");
    expect(said).not.toContain("okuyun");
  });
});
