// Where reading goes on when what had the focus is gone: else it would be at the page's beginning.

/** Focus something that is no control, such as a heading. Tab does not stop there. */
export function readFrom(element: HTMLElement | undefined): void {
  if (!element) return;
  element.tabIndex = -1;
  element.focus();
}
