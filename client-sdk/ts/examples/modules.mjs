// In a browser the modules are fetched; Node reads them from this package.
import { readFile } from "node:fs/promises";

export const module = (name) => readFile(new URL(`../generated/${name}/musubi_wasm_${name}_bg.wasm`, import.meta.url));
