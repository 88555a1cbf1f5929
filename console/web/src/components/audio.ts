// What the player of recordings counts and listens to.
import { codeOf, isAltAlone, type Pressed } from "./pressed";

/** So many seconds one key winds. */
export const WIND_S = 5;

export const SOUND_KEYS = {
  play: { code: "KeyP", shown: "Alt+P" },
  back: { code: "KeyB", shown: "Alt+B" },
  forward: { code: "KeyF", shown: "Alt+F" },
} as const;

export type SoundKey = keyof typeof SOUND_KEYS;

export function soundKey(event: Pressed): SoundKey | null {
  if (!isAltAlone(event)) return null;
  const code = codeOf(event);
  return (Object.keys(SOUND_KEYS) as SoundKey[]).find((one) => SOUND_KEYS[one].code === code) ?? null;
}

/** Seconds as minutes and seconds: `1:05`. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
