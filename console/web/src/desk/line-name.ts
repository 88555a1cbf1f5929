// What the line calls a call: words for a telephone on a desk, in Turkish (acd/config/rules.py). The page says the same in its own
// language, and has a sign for what is urgent.
import type { Messages } from "../messages/tr";

const NAME = /^(?:(Geri arama|Görev araması): )?(?:(ACİL)(?: ([0-9]+)\. kez)?: |(SONUÇ): )?(.*)$/su;
const UNTOLD = "ne olduğunu sorun";

/** It in the words of the page, without that for its urgency. `service`: what the page calls its service; empty: as the line does. */
export function nameIn(words: Messages["desk"]["lineName"], name: string, service: string): string {
  const [, way, , times, outcome, label = ""] = NAME.exec(name) ?? [];
  let said = label === UNTOLD ? words.untold : service || label;
  if (!label) return "";
  if (times) said = words.times(times, said);
  if (outcome) said = words.outcome(said);
  if (way) said = way === "Geri arama" ? words.callback(said) : words.task(said);
  return said;
}

/** Whether the line calls it urgent. */
export function isCalledUrgent(name: string): boolean {
  return NAME.exec(name)?.[2] !== undefined;
}
