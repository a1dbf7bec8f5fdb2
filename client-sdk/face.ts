// How every face is built: into the folder that node/web embeds, under the path where the node serves it. Nothing is inlined, so that a
// page's policy needs no exception.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

export const face = (name: "explorer" | "app" | "counter", plugins: Plugin[] = []) =>
  defineConfig({
    root: join(import.meta.dirname, name),
    base: `/${name}/`,
    build: { outDir: join(import.meta.dirname, "../node/web/pages", name), emptyOutDir: true, assetsInlineLimit: 0, target: "es2022", modulePreload: { polyfill: false } },
    plugins,
  });

/** Writes the face's service worker, which keeps every file of this very build, so that the face opens without a network. */
export function offline(): Plugin {
  let folder = "";
  return {
    name: "offline",
    apply: "build",
    configResolved: (config) => { folder = config.build.outDir; },
    closeBundle() {
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== "sw.js").map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
      const build = createHash("sha256");
      for (const file of files) build.update(file).update(readFileSync(join(folder, file)));
      const worker = readFileSync(join(import.meta.dirname, "shared/src/offline-worker.js"), "utf8");
      const facts = { build: build.digest("hex").slice(0, 16), files: files.map((file) => (file === "index.html" ? "" : file)) };
      writeFileSync(join(folder, "sw.js"), worker.replace('"FACTS"', JSON.stringify(facts)));
    },
  };
}
