// What the player of recordings counts and listens to.

/** So many seconds one key winds. */
export const WIND_S = 5;

const KEYS = { KeyP: "play", KeyB: "back", KeyF: "forward" } as const;

export type SoundKey = (typeof KEYS)[keyof typeof KEYS];

interface Pressed {
  code: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  repeat: boolean;
}

/** Alt alone: with Ctrl it is AltGr on a Turkish keyboard, which types. */
export function soundKey(event: Pressed): SoundKey | null {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return null;
  return KEYS[event.code as keyof typeof KEYS] ?? null;
}

/** Seconds as minutes and seconds: `1:05`. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
