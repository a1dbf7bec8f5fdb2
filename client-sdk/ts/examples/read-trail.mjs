// Reads one person's whole trail from a node and proves it: node read-trail.mjs ADDRESS PSEUDONYM
import { readFile } from "node:fs/promises";
import { LightClient, MemoryCheckpoints, Rpc } from "../dist/index.js";

const [address, subject] = process.argv.slice(2);
// A reader that trusts nobody takes genesis from its own chain specification; this example asks the node once.
const { genesis } = await (await fetch(`${address}/explorer/api/chain`)).json();
const client = await LightClient.open({
  rpc: new Rpc({ url: `${address}/rpc` }),
  checkpoints: new MemoryCheckpoints(),
  genesis,
  module: await readFile(new URL("../generated/chain/musubi_wasm_chain_bg.wasm", import.meta.url)),
});
const head = await client.head();
const trail = await client.wholeTrail(subject, head.height);
const { report } = await client.prove([trail], head);
for (const row of trail.rows) console.log(row.index, JSON.stringify(row.fact));
console.log(`${trail.rows.length} rows, none missing, as of block ${report.checkpoint.height}`);
