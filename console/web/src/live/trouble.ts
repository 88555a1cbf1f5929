// Words for the troubles of the connection and of the line.
import type { Format } from "../text/format";
import type { Messages } from "../messages/tr";
import type { Connection } from "./live.svelte";
import type { LiveState } from "./view";

/** `lost`: what is shown is old. `away`: Asterisk or the line is, so nothing shown is sure. `down`: callers or records suffer. */
export type Link = "connecting" | "live" | "lost" | "away" | "down" | "warn";

/** The checks on which callers or their records depend. */
const GRAVE = ["line", "asterisk", "legs", "journal"];
const AWAY = ["line", "asterisk"];

interface Words {
  t: Messages;
  format: Format;
  trouble(id: string): string;
}

/** The link's state and the words for it. */
export function told(
  live: { connection: Connection; state: LiveState | null },
  words: Words,
): { link: Link; text: string } {
  if (live.connection === "refused") return { link: "connecting", text: "" };
  if (live.connection === "connecting" || !live.state) return { link: "connecting", text: words.t.common.connecting };
  if (live.connection === "lost") {
    return { link: "lost", text: words.t.common.lost(words.format.clock(Date.parse(live.state.at))) };
  }
  const troubles = gravestFirst(live.state.troubles);
  const first = troubles[0];
  if (!first) return { link: "live", text: words.t.common.live };
  const text = troubles.map((one) => words.trouble(one)).join(" · ");
  return { link: troubles.some((one) => AWAY.includes(one)) ? "away" : GRAVE.includes(first) ? "down" : "warn", text };
}

function gravestFirst(troubles: readonly string[]): string[] {
  return [...troubles].sort((a, b) => Number(GRAVE.includes(b)) - Number(GRAVE.includes(a)));
}

/** Whether what is shown may have gone old. */
export function isStale(link: Link): boolean {
  return link === "connecting" || link === "lost" || link === "away";
}
