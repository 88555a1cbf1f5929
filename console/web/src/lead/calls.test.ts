import { describe, expect, it } from "vitest";

import type { Pressed } from "../components/pressed";
import {
  anyCall,
  callsQuery,
  isListKey,
  isNumber,
  joined,
  nextOf,
  partsOf,
  pausesOf,
  waitOf,
  type ListedCall,
  type WholeCall,
} from "./calls";

const ZONE = "Europe/Istanbul";

function call(id: string, at = "2026-11-29T06:10:00.000Z"): ListedCall {
  return { id, caller: "••• 33", entered_at: at } as ListedCall;
}

function whole(steps: [string, string, Record<string, unknown>?][], segments: [string, string, string][]): WholeCall {
  return {
    ...call("c1"),
    history: steps.map(([at, type, data]) => ({ at: `2026-11-29T06:${at}.000Z`, type, data: data ?? {} })),
    segments: segments.map(([at, agent, how]) => ({
      began_at: `2026-11-29T06:${at}.000Z`,
      ended_at: "",
      agent,
      how: how as "answered",
      talk_s: 60,
      hold_s: 0,
    })),
    tickets: [],
  } as unknown as WholeCall;
}

describe("what the filters ask for", () => {
  it("is the day on the town's clock, without a filter", () => {
    expect(callsQuery(anyCall(), "2026-11-29", ZONE).toString()).toBe(
      new URLSearchParams({ since: "2026-11-28T21:00:00.000Z", until: "2026-11-29T21:00:00.000Z" }).toString(),
    );
  });

  it("is each that is set, the last minute included", () => {
    const set = {
      day: "2026-11-28",
      from: "09:10",
      until: "09:15",
      agent: "1002",
      service: "request",
      class: "urgent",
    };
    const asked = callsQuery({ ...set, result: "disposition existing", caller: " 0532 " }, "2026-11-29", ZONE);
    expect(Object.fromEntries(asked)).toEqual({
      since: "2026-11-28T06:10:00.000Z",
      until: "2026-11-28T06:16:00.000Z",
      agent: "1002",
      service: "request",
      class: "urgent",
      disposition: "existing",
      caller: "0532",
    });
    expect(callsQuery({ ...anyCall(), result: "outcome abandoned" }, "2026-11-29", ZONE).get("outcome")).toBe(
      "abandoned",
    );
  });

  it("takes a number as people write it", () => {
    expect(["", "0532 111 22 33", "+90 (532) 111-2233", "Ayşe"].map(isNumber)).toEqual([true, true, true, false]);
  });
});

describe("pages", () => {
  it("lead on by the answer's link", () => {
    expect(nextOf('</api/v1/calls?limit=50&cursor=abc>; rel="next"')).toBe("/calls?limit=50&cursor=abc");
    expect(nextOf("")).toBe("");
  });

  it("stay behind a first one that is read anew, each call once", () => {
    const at = (minute: number) => `2026-11-29T06:${String(minute)}:00.000Z`;
    const known = [call("c", at(13)), call("b", at(12)), call("a", at(11))];
    const first = [call("d", at(14)), call("c", at(13)), call("b", at(12))];
    expect(joined(first, known).map((one) => one.id)).toEqual(["d", "c", "b", "a"]);
    expect(joined([], known)).toEqual([]);
  });
});

describe("a call's wait", () => {
  it("is an urgent caller's from the line's answer, as the target counts it", () => {
    expect(waitOf({ class: "urgent", wait_s: 2, answer_delay_s: 8 })).toBe(8);
    expect(waitOf({ class: "urgent", wait_s: 2, answer_delay_s: null })).toBe(2);
    expect(waitOf({ class: "routine", wait_s: 2, answer_delay_s: 8 })).toBe(2);
    expect(waitOf({ class: "routine", wait_s: null, answer_delay_s: null })).toBeNull();
  });
});

describe("the parts of a call", () => {
  const one = whole(
    [
      ["10:00", "offer_made", { offer: "o1", agent: "1001" }],
      ["10:12", "offer_ended", { offer: "o1", agent: "1001", result: "no_answer", ring_s: 12 }],
      ["10:12", "offer_made", { offer: "o2", agent: "1002" }],
      ["10:15", "offer_ended", { offer: "o2", agent: "1002", result: "answered", ring_s: 3 }],
      ["10:30", "hold_began"],
      ["10:50", "hold_ended"],
      ["11:15", "talk_ended", { agent: "1002" }],
      ["11:15", "call_transferred", { by: "1002", to: "service", service: "funeral" }],
      ["11:16", "offer_made", { offer: "o3", agent: "1003" }],
    ],
    [["10:15", "1002", "answered"]],
  );

  it("are offers, talks, holds and transfers, in order", () => {
    expect(partsOf(one).map((part) => [part.kind, part.agent, part.to, part.result, part.seconds])).toEqual([
      ["offer", "1001", "", "no_answer", 12],
      ["offer", "1002", "", "answered", 3],
      ["talk", "1002", "", "answered", 60],
      ["hold", "", "", "", 20],
      ["transfer", "1002", "funeral", "service", null],
      ["offer", "1003", "", "", null],
    ]);
  });

  it("have keys of their own", () => {
    expect(new Set(partsOf(one).map((part) => part.key)).size).toBe(6);
  });

  it("also outside telephones", () => {
    const outside = whole(
      [
        ["10:00", "hand_over_began", { to: "acil_112", by: "1001" }],
        ["10:09", "hand_over_ended", { to: "acil_112", by: "1001", result: "answered", rang_s: 9 }],
      ],
      [],
    );
    expect(partsOf(outside)).toMatchObject([{ kind: "outside", agent: "1001", to: "acil_112", seconds: 9 }]);
  });
});

describe("a recording's pauses", () => {
  it("are told from the talk's begin, to its end where nobody ended them", () => {
    const paused = whole(
      [
        ["10:40", "recording_paused", { by: "desk" }],
        ["11:05", "recording_resumed", { by: "desk" }],
        ["11:10", "recording_paused", { by: "key" }],
        ["11:15", "talk_ended", { agent: "1001" }],
        ["11:20", "recording_paused", { by: "line" }],
      ],
      [["10:15", "1001", "answered"]],
    );
    expect(pausesOf(paused)).toEqual([
      { from: 25, to: 50 },
      { from: 55, to: 60 },
      { from: 65, to: null },
    ]);
    expect(pausesOf(whole([["10:40", "recording_paused"]], []))).toEqual([]);
  });
});

describe("the key of the list", () => {
  it("is Alt with L alone", () => {
    const alt = {
      code: "KeyL",
      key: "l",
      altKey: true,
      ctrlKey: false,
      metaKey: false,
      shiftKey: false,
      repeat: false,
    };
    expect(isListKey(alt as Pressed)).toBe(true);
    expect(isListKey({ ...alt, ctrlKey: true })).toBe(false);
    expect(isListKey({ ...alt, key: "s", code: "KeyS" })).toBe(false);
  });
});
