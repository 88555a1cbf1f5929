// What panels of the agent's desk say.
import { render } from "svelte/server";
import { describe, expect, it } from "vitest";

import type { Town } from "../requests/town.svelte";
import type { SilentCall } from "./agent-desk.svelte";
import Saved from "./Saved.svelte";
import SilentCalls from "./SilentCalls.svelte";

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

describe("calls without a result", () => {
  const calls = Array.from(
    { length: 8 },
    (_, n) => ({ id: `c${n}`, ended_at: null, service: "request", caller: `••• 0${n}` }) as unknown as SilentCall,
  );
  const drawn = (shown: readonly SilentCall[]) =>
    render(SilentCalls, { props: { calls: shown, now: 0, onask: () => undefined } }).body;

  it("are all there: the first at once, the older ones by a press", () => {
    const [first, rest] = drawn(calls).split("<details");
    const found = (body = "") => calls.filter((call) => body.includes(call.caller)).map((call) => call.id);
    expect([found(first), found(rest)]).toEqual([
      ["c0", "c1", "c2", "c3", "c4"],
      ["c5", "c6", "c7"],
    ]);
    expect(text(rest ?? "")).toContain("Daha eskileri: 3");
  });

  it("are not divided where they are few", () => {
    expect(drawn(calls.slice(0, 5))).not.toContain("<details");
  });
});
