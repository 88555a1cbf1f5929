// A button that can do nothing now stays where it is and keeps the focus (`aria-disabled`). Browsers let it act all the same.
interface Press {
  preventDefault(): void;
  stopPropagation(): void;
}

/** Hand a press on, by pointer or by key; or swallow it, also for the form that the button would send. */
export function press<E extends Press>(event: E, disabled: unknown, act: ((event: E) => unknown) | null): void {
  if (disabled === true || disabled === "true") {
    event.preventDefault();
    event.stopPropagation();
  } else act?.(event);
}
