// What parts of the lead's desk say.
import { render } from "svelte/server";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Agent, LiveState } from "../live/view";
import { page } from "../text/page.svelte";
import Agents from "./Agents.svelte";
import { anyCall } from "./calls";
import Calls from "./Calls.svelte";
import type { LeadDesk } from "./lead-desk.svelte";

const NOW = Date.parse("2026-11-27T09:01:12Z");

/** What is read, without the marks of the framework. */
function text(body: string): string {
  return body.replace(/<!--.*?-->|<style>.*?<\/style>|<[^>]*>/gs, " ").replace(/\s+/g, " ");
}

function desk(agent: Partial<Agent>, more: object = {}): LeadDesk {
  const agents = [{ extension: "1001", name: "Nermin", pending: "", reason: "", ...agent } as Agent];
  const live = { state: { agents, queue: [], calls: [] } as unknown as LiveState, nameOf: () => "Nermin" };
  const parts = { today: {}, why: {}, town: {}, busy: [], ...more };
  return { live, now: NOW, nameOf: () => "Nermin", ...parts } as unknown as LeadDesk;
}

afterEach(() => {
  page.language = "tr";
  vi.unstubAllGlobals();
});

describe("an agent whose talk a lead monitors", () => {
  const talks = { state: "talking", call: "c1", service: "request", since: "2026-11-27T09:00:00Z" } as const;
  const said = (monitored: NonNullable<Agent["monitored"]> | null) =>
    text(render(Agents, { props: { desk: desk({ ...talks, monitored }) } }).body);

  it("is shown with what the lead does, and not as one who rests", () => {
    expect(said("listen")).toContain("Görüşmede 1:12 İstek, şikâyet · sorumlu dinliyor");
    expect(said("whisper")).toContain("sorumlu fısıldıyor");
    expect(said("barge")).toContain("sorumlu katıldı");
    expect(said(null)).not.toContain("sorumlu");
  });

  it("is so in English", () => {
    page.language = "en";
    expect(said("listen")).toContain("a lead listens");
  });
});

describe("the calls of the day", () => {
  it("say once that they could not be had, and show those that are known", () => {
    const feed = { value: { rows: [], next: "" }, trouble: "Sunucuya ulaşılamıyor.", at: NOW };
    const calls = { feed, filters: anyCall(), trouble: "", isFiltered: false, today: "2026-11-27" };
    const body = text(render(Calls, { props: { desk: desk({}, { calls }) } }).body);
    expect(body.split("Sunucuya ulaşılamıyor.")).toHaveLength(2);
  });

  it("say once, where more was asked for, why there is no further page, and from when those are that are shown", () => {
    const said = (trouble: string) => {
      const feed = { value: { rows: [], next: "/calls?cursor=x" }, trouble, at: NOW };
      const calls = { feed, filters: anyCall(), trouble: "Sunucuya ulaşılamıyor.", isFiltered: false, today: "" };
      return text(render(Calls, { props: { desk: desk({}, { calls }) } }).body);
    };
    expect(said("Sunucuya ulaşılamıyor.").split("Sunucuya ulaşılamıyor.")).toHaveLength(2);
    expect(said("Sunucuya ulaşılamıyor.")).toMatch(/Son bilgi: [0-9:]+ Yeniden dene .* Sunucuya ulaşılamıyor/);
    expect(said("Veritabanı yanıt vermiyor.")).toMatch(/Alınamadı: Veritabanı .* Sunucuya ulaşılamıyor/);
  });
});
