// Signs a transaction and a gateway's call with a key that WebCrypto keeps and gives to nobody: node sign.mjs
import { gatewayHeaders } from "../dist/index.js";
import { loadKeys } from "../dist/keys.js";
import { load } from "../dist/module.js";
import { module } from "./modules.mjs";

const [keys] = await Promise.all([loadKeys(await module("keys")), load(await module("chain"))]);
const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
const account = `0x${Buffer.from(await crypto.subtle.exportKey("raw", pair.publicKey)).toString("hex")}`;
const signer = { account, sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)) };

// A gateway tells these by /v1/signing-context; genesis is the reader's own.
const chain = { genesis: keys.randomId(), specVersion: 1, transactionVersion: 1, account, nonce: 0, mortal: { period: 64, height: 128, block: keys.randomId() } };
const call = keys.withdrawConsent(keys.randomId());
const unsigned = new keys.UnsignedExtrinsic(chain, call);
const extrinsic = unsigned.attachSignature(await signer.sign(unsigned.payloadToSign()));
console.log(`extrinsic of ${extrinsic.length} bytes, ready for author_submitExtrinsic or POST /v1/extrinsics`);

const headers = await gatewayHeaders(chain.genesis, signer, { method: "GET", path: "/v1/family" });
console.log(`GET /v1/family, signed: ${Object.keys(headers).join(", ")}`);
