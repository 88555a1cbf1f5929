// The text of an article as blocks. Whatever its author writes is shown as text: an empty line ends a paragraph, `- ` begins an item
// of a list, `**` encloses strong words, and nothing else has a meaning. Pure.
export interface Span {
  text: string;
  strong: boolean;
}

export type Block = { kind: "paragraph"; lines: Span[][] } | { kind: "list"; items: Span[][] };

const ITEM = /^\s*- +/;

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (!line.trim()) {
      open = null;
    } else if (ITEM.test(line)) {
      const item = spansOf(line.replace(ITEM, "").trim());
      if (open?.kind === "list") open.items.push(item);
      else blocks.push((open = { kind: "list", items: [item] }));
    } else if (open?.kind === "paragraph") {
      open.lines.push(spansOf(line.trim()));
    } else {
      blocks.push((open = { kind: "paragraph", lines: [spansOf(line.trim())] }));
    }
  }
  return blocks;
}

/** A sign without its twin stands as it was written. */
function spansOf(line: string): Span[] {
  const parts = line.split("**");
  const last = parts.length % 2 === 0 ? parts.pop() : undefined;
  const spans = parts.map((text, at) => ({ text, strong: at % 2 === 1 }));
  const end = spans.at(-1);
  if (last !== undefined && end) end.text += `**${last}`;
  return spans.filter((span) => span.text);
}
