// Builds the explorer into the folder that node/web embeds. Nothing is inlined, so that the page's policy needs no exception.
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "/explorer/",
  build: { outDir: "../../node/web/pages/explorer", emptyOutDir: true, assetsInlineLimit: 0, target: "es2022", modulePreload: { polyfill: false } },
});
