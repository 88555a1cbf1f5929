// How long something lasted, in words: for sums, where a clock's digits would be read as a time of day.
import type { Messages } from "../messages/tr";
import type { Format } from "../text/format";

export function lasting(seconds: number, words: { t: Messages; format: Format }): string {
  const t = words.t.lead;
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 60) return t.seconds(words.format.seconds(seconds));
  if (whole < 3600) return t.minutes(String(Math.floor(whole / 60)), two(whole % 60));
  return t.hours(words.format.count(Math.floor(whole / 3600)), two(Math.floor((whole % 3600) / 60)));
}
