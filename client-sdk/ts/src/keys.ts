/** Extrinsics that are signed elsewhere, and records that are sealed and opened; a module of its own. */
import init, * as keys from "../generated/keys/musubi_wasm_keys.js";

let loaded: Promise<typeof keys> | undefined;

/** Loads the module; where there is no network to load from (Node), its bytes are given. */
export function loadKeys(bytes?: BufferSource): Promise<typeof keys> {
  loaded ??= (bytes ? init({ module_or_path: bytes }) : init()).then(() => keys);
  return loaded;
}
