// Short words about something that happened. They never take the focus, and go by themselves unless something is wrong.
export type ToastTone = "info" | "good" | "wrong";

export interface Toast {
  id: number;
  tone: ToastTone;
  text: string;
}

const SHOWN_MS = 6_000;
const MOST = 4;

class Toasts {
  shown = $state<Toast[]>([]);
  #last = 0;

  /** Say something. The same words twice are said once. */
  say(text: string, tone: ToastTone = "info"): void {
    if (this.shown.some((toast) => toast.text === text)) return;
    this.#last += 1;
    const id = this.#last;
    this.shown = [...this.shown, { id, tone, text }].slice(-MOST);
    if (tone !== "wrong") setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
