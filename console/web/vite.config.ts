import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { shells, WORKERS } from "./shells.ts";

const backend = process.env.COZUM_DEV_BACKEND ?? "http://127.0.0.1:8080";

// A page has a line in `input` below, one in console/page.py, and its files: see README.md, "A new page".
export default defineConfig({
  root: "pages",
  publicDir: false,
  plugins: [svelte({ configFile: "../svelte.config.js" }), shells()],
  html: { cspNonce: "__CSP_NONCE__" }, // console/page.py puts a fresh one in its place
  build: {
    outDir: "../../static",
    emptyOutDir: true,
    target: ["chrome109", "firefox115", "safari16.4"],
    assetsInlineLimit: 0, // a data: URL would need an exception in the content security policy
    rolldownOptions: {
      input: {
        "sign-in": "pages/sign-in.html",
        wall: "pages/wall.html",
        phone: "pages/phone.html",
        desk: "pages/desk.html",
        lead: "pages/lead.html",
        articles: "pages/articles.html",
        report: "pages/report.html",
        admin: "pages/admin.html",
        status: "pages/status.html",
        unit: "pages/unit.html",
        inbox: "pages/inbox.html",
        lost: "pages/lost.html",
        "unit-worker": "src/worker/unit-worker.ts",
      },
      output: {
        entryFileNames: ({ name }) => (Object.values(WORKERS).includes(name) ? "[name].js" : "assets/[name]-[hash].js"),
        codeSplitting: {
          // What many pages share is one file: by itself each small one would weigh more.
          groups: [{ name: "parts", test: /src\/(api|components|live|session|text)\//, minShareCount: 4 }],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { "/api": backend, "/ws": { target: backend, ws: true } },
  },
  test: { root: ".", include: ["src/**/*.test.ts"], environment: "node" },
});
