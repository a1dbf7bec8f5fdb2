/** Child health arithmetic: the schedule check, its forecast and growth; a module of its own. */
import init, * as care from "../generated/care/musubi_wasm_care.js";

let loaded: Promise<typeof care> | undefined;

/** Loads the module; where there is no network to load from (Node), its bytes are given. */
export function loadCare(bytes?: BufferSource): Promise<typeof care> {
  loaded ??= (bytes ? init({ module_or_path: bytes }) : init()).then(() => care);
  return loaded;
}
