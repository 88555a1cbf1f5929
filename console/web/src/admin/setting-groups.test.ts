import { describe, expect, it } from "vitest";

import { settingsInTurkish } from "../messages/settings.tr";
import { grouped, groupOf, GROUPS } from "./setting-groups";

const all = Object.keys(settingsInTurkish).map((name) => ({ name }));

describe("the groups of settings", () => {
  it("have each setting once, and none is most of them", () => {
    const found = grouped(all);
    expect(found.map(([group]) => group)).toEqual([...GROUPS]);
    expect(found.flatMap(([, settings]) => settings).length).toBe(all.length);
    expect(Math.max(...found.map(([, settings]) => settings.length))).toBeLessThan(all.length / 4);
  });

  it("have what somebody looks for where they look", () => {
    expect(
      ["callback_trunk", "message_s", "ring_s", "rtp_start", "rtp_timeout_s", "http_port", "smtp_user"].map(groupOf),
    ).toEqual(["callbacks", "callbacks", "rings", "network", "limits", "network", "mail"]);
    expect(groupOf("a_setting_of_next_year")).toBe("system");
  });

  it("are left out where nothing of theirs is found", () => {
    expect(grouped([{ name: "timezone" }])).toEqual([["system", [{ name: "timezone" }]]]);
  });
});
