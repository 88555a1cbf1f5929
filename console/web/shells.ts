// Builds the workers that open a page without a network (src/worker): each is told what its page loads.
import { createHash } from "node:crypto";

import type { Plugin, Rolldown } from "vite";

import type { Shell } from "./src/worker/shell.ts";

/** Workers by their pages. Each is served beside the pages, by console/page.py. */
export const WORKERS: Readonly<Record<string, string>> = { unit: "unit-worker" };

const PLACE = "COZUM_SHELL";

export function shells(): Plugin {
  return {
    name: "cozum-shells",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const [page, worker] of Object.entries(WORKERS)) fill(bundle, page, worker);
      },
    },
  };
}

/** Put into a worker what its page loads. Its version is one word for all of it, and for the worker itself. */
function fill(bundle: Rolldown.OutputBundle, page: string, worker: string): void {
  const html = bundle[`${page}.html`];
  const script = bundle[`${worker}.js`];
  if (html?.type !== "asset" || script?.type !== "chunk") throw new Error(`${page} or ${worker} is not built`);
  if (script.imports.length) throw new Error(`${worker} is not one file: it shares ${script.imports.join(", ")}`);
  if (!script.code.includes(PLACE)) throw new Error(`${worker} has no place for what its page loads`);
  const source = String(html.source);
  const files = loadedBy(bundle, source);
  const hash = createHash("sha256").update(JSON.stringify([files, source, script.code]));
  const shell: Shell = { page: `/${page}`, version: hash.digest("hex").slice(0, 16), files };
  script.code = script.code.replace(PLACE, () => JSON.stringify(shell));
}

/** Paths of what a document names, and of what that loads in turn. */
function loadedBy(bundle: Rolldown.OutputBundle, source: string): string[] {
  const names = new Set([...source.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((found) => found[1] ?? ""));
  for (const name of names) {
    const chunk = bundle[name];
    if (chunk?.type !== "chunk") continue;
    const { importedAssets = [], importedCss = [] } = chunk.viteMetadata ?? {};
    for (const one of [...chunk.imports, ...chunk.dynamicImports, ...importedAssets, ...importedCss]) names.add(one);
  }
  return [...names].sort().map((name) => `/${name}`);
}
