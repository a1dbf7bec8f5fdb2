// How every face is built: into the folder that node/web embeds, under the path where the node serves it. Nothing is inlined, so that a
// page's policy needs no exception.
import { join } from "node:path";
import { defineConfig } from "vite";

export const face = (name: "explorer" | "app" | "counter") =>
  defineConfig({
    root: join(import.meta.dirname, name),
    base: `/${name}/`,
    build: { outDir: join(import.meta.dirname, "../node/web/pages", name), emptyOutDir: true, assetsInlineLimit: 0, target: "es2022", modulePreload: { polyfill: false } },
  });
