// Counts the rows that fit on a wallboard, which does not scroll. Measured after Svelte has drawn and before the browser paints.

/** Whether the page scrolls, so that everything fits. */
export function scrolls(): boolean {
  return matchMedia("(max-width: 1100px), print").matches;
}

/** The lower edge of what may be filled in an element, px from the top. */
export function floorOf(element: Element): number {
  return element.getBoundingClientRect().bottom - parseFloat(getComputedStyle(element).paddingBottom);
}

/** How many of the children end above `floor`. */
export function countAbove(children: Iterable<Element>, floor: number): number {
  let count = 0;
  for (const child of children) {
    if (child.getBoundingClientRect().bottom > floor + 0.5) break;
    count += 1;
  }
  return count;
}
