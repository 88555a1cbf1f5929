// The number that citizens dial. The backend writes it into the page, as it is another in each town.

/** The number that the backend has written into this page. */
export function lineOfPage(): string {
  return lineIn(document.querySelector<HTMLMetaElement>('meta[name="cozum-line"]')?.content);
}

/** The number in what the page's `cozum-line` says; "" where it says none, as a page of the development server. */
export function lineIn(said: string | null | undefined): string {
  return said && /^\+?[0-9][0-9 ]*$/.test(said) ? said : "";
}
