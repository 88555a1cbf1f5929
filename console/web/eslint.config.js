import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["node_modules/", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text of callers must never become markup." },
        { property: "randomUUID", message: "A page that came by http has none: freshKey() of api/fresh-key.ts." },
        { property: "toLowerCase", message: "Turkish letters need toLocaleLowerCase with a language." },
        { property: "toUpperCase", message: "Turkish letters need toLocaleUpperCase with a language." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "SvelteElement:not([name.name='KeyButton']) > SvelteStartTag > " +
            "SvelteAttribute[key.name='disabled'] Identifier[name='busy']",
          message: "What is disabled while something is on its way loses the focus: aria-disabled.",
        },
      ],
      "svelte/no-at-html-tags": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  { files: ["*.config.*"], languageOptions: { globals: { ...globals.node } } },
);
