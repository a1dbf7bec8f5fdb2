/** Consent statements in words, made from the bytes that a card signs; a module of its own. */
import init, * as consent from "../generated/consent/musubi_wasm_consent.js";

let loaded: Promise<typeof consent> | undefined;

/** Loads the module; where there is no network to load from (Node), its bytes are given. */
export function loadConsent(bytes?: BufferSource): Promise<typeof consent> {
  loaded ??= (bytes ? init({ module_or_path: bytes }) : init()).then(() => consent);
  return loaded;
}
