// The number that citizens dial. The backend writes it into the page, as it is another in each town.

/** The number in what the page's `cozum-line` says; "" where it says none, as a page of the development server. */
export function lineIn(said: string | null | undefined): string {
  return said && /^\+?[0-9][0-9 ]*$/.test(said) ? said : "";
}
