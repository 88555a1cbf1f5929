// The access token, kept for as long as the tab is open.
const KEY = "cozum.token";

export function known(): string | null {
  return sessionStorage.getItem(KEY);
}

export function remember(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function forget(): void {
  sessionStorage.removeItem(KEY);
}
