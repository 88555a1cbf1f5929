// How long something lasted, in words: for sums, where a clock's digits would be read as a time of day.
import type { lead } from "../messages/lead.tr";
import type { Format } from "../text/format";

export function lasting(seconds: number, t: typeof lead, format: Format): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 60) return t.seconds(format.seconds(seconds));
  if (whole < 3600) return t.minutes(String(Math.floor(whole / 60)), two(whole % 60));
  return t.hours(format.count(Math.floor(whole / 3600)), two(Math.floor((whole % 3600) / 60)));
}
