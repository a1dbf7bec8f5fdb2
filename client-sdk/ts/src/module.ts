// The WebAssembly module, loaded once.

import init, * as chain from "../generated/chain/musubi_wasm_chain.js";

let loaded: Promise<typeof chain> | undefined;

/** Loads the module; where there is no network to load from (Node), its bytes are given. */
export function load(bytes?: BufferSource): Promise<typeof chain> {
  loaded ??= (bytes ? init({ module_or_path: bytes }) : init()).then(() => chain);
  return loaded;
}
