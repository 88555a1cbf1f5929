// What the player of recordings counts and listens to.
import { codeOf, isAltAlone, type Pressed } from "./pressed";

/** So many seconds one key winds. */
export const WIND_S = 5;

const KEYS = { KeyP: "play", KeyB: "back", KeyF: "forward" } as const;

export type SoundKey = (typeof KEYS)[keyof typeof KEYS];

export function soundKey(event: Pressed): SoundKey | null {
  return isAltAlone(event) ? (KEYS[codeOf(event) as keyof typeof KEYS] ?? null) : null;
}

/** Seconds as minutes and seconds: `1:05`. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
