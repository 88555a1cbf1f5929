// What wall, lead and agent are shown of callers who neither wait nor talk to an agent.
import { render } from "svelte/server";
import { afterEach, describe, expect, it } from "vitest";

import type { Live } from "../live/live.svelte";
import type { Agent, Call, LiveState, OutsideCaller } from "../live/view";
import type { LeadDesk } from "../lead/lead-desk.svelte";
import type { AgentDesk } from "../desk/agent-desk.svelte";
import StatePanel from "../desk/StatePanel.svelte";
import LeadAgents from "../lead/Agents.svelte";
import LeadQueue from "../lead/Queue.svelte";
import { page } from "../text/page.svelte";
import Agents from "../wall/Agents.svelte";
import Calls from "../wall/Calls.svelte";

const NOW = Date.parse("2026-11-27T09:01:12Z");
const SINCE = "2026-11-27T09:00:00Z";

function outside(id: string, state: OutsideCaller["state"]): OutsideCaller {
  return {
    id,
    caller: "••• 33",
    service: "funeral",
    class: "urgent",
    since: SINCE,
    state,
    agent: "1001",
    to: { tr: "İSKİ" },
  };
}

const keeps: Partial<Agent> = { state: "ringing", keeps: true, call: "c1", service: "request", since: SINCE };
const agents = [{ extension: "1001", name: "Nermin", pending: "", reason: "", ...keeps } as Agent];
const calls = ["c1", "c2", "c3"].map(
  (id) => ({ id, entered_at: SINCE, service: "request", outcome: null, agent: null, wait_s: null }) as unknown as Call,
);
const state = { agents, queue: [], outside: [outside("c2", "ringing"), outside("c3", "talking")], calls };
const live = { state: state as unknown as LiveState, nameOf: () => "Nermin" } as unknown as Live;
const desk = { live, now: NOW, nameOf: () => "Nermin", today: {}, why: {}, busy: [] } as unknown as LeadDesk;

/** What is read, without the marks of the framework. */
function text(body: string): string {
  return body.replace(/<!--.*?-->|<style>.*?<\/style>|<[^>]*>/gs, " ").replace(/\s+/g, " ");
}

afterEach(() => (page.language = "tr"));

describe("the wall", () => {
  it("says it in English too", () => {
    page.language = "en";
    const said = text(render(Agents, { props: { live, now: NOW } }).body);
    expect(said).toContain("Reconnecting · caller holds");
    expect(said).toContain("Handed over to outside phones: 2");
  });

  it("shows an agent whose page went as reconnecting, with a caller who holds", () => {
    const { body } = render(Agents, { props: { live, now: NOW } });
    expect(body).toContain('data-state="keeps"');
    expect(text(body)).toContain("Yeniden bağlanıyor · arayan hatta");
    expect(text(body)).not.toContain("Nermin Çalıyor");
  });

  it("shows who is at an outside telephone", () => {
    const said = text(render(Agents, { props: { live, now: NOW } }).body);
    expect(said).toContain("Dış telefona aktarılan: 2");
    expect(said).toMatch(/çalıyor.*1:12.*görüşmede.*1:12/);
  });

  it("says of a call that goes on where its caller is", () => {
    const said = text(render(Calls, { props: { live } }).body);
    for (const where of Object.values(page.t.wall.whereabouts)) expect(said).toContain(where);
    expect(said).not.toContain(page.t.wall.goesOn);
  });
});

describe("the lead's desk", () => {
  it("shows who is at an outside telephone and who sent them, though nobody waits", () => {
    const said = text(render(LeadQueue, { props: { desk } }).body);
    expect(said).toContain("Bekleyen yok");
    expect(said).toContain("Dış telefona aktarılanlar (2)");
    expect(said).toContain("dış telefon çalıyor · aktaran: Nermin");
    expect(said).toContain("dış telefonla görüşüyor · aktaran: Nermin");
  });

  it("shows an agent whose page went as reconnecting", () => {
    const { body } = render(LeadAgents, { props: { desk } });
    expect(body).toContain('data-state="keeps"');
    expect(text(body)).toContain("Yeniden bağlanıyor");
    expect(text(body)).toContain("arayan hatta müzik dinliyor");
  });
});

describe("the agent's desk", () => {
  it("shows its agent as reconnecting while nothing rings", () => {
    const { body } = render(StatePanel, {
      props: { desk: { me: agents[0], now: NOW } as unknown as AgentDesk, onready: () => undefined },
    });
    expect(text(body)).toContain("Yeniden bağlanıyor");
    expect(text(body)).not.toContain("Çalıyor");
  });
});
