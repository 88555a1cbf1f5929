const GROUPED = /^[1-9]\d{0,2}([.,]\d{3})+([.,]\d+)?$/;

/** The number that somebody typed, with a comma or a point before its decimals; null where it is none, or might be another one: "1.000" is a
    thousand to one reader and one to another. */
export function typedNumber(typed: string): number | null {
  const text = typed.trim();
  const number = Number(text.replace(",", "."));
  return text === "" || GROUPED.test(text) || !Number.isFinite(number) ? null : number;
}
