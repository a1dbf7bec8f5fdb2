// Reads one person's whole trail from a node and proves it, and one record of it by itself: node read-trail.mjs ADDRESS GENESIS PSEUDONYM
//
// GENESIS is a file that the reader trusts, written by `musubi spec genesis SPECIFICATION`: the node is asked for nothing that it could lie about.
import { readFile } from "node:fs/promises";
import { factOf, kindOf, LightClient, MemoryCheckpoints, Rpc } from "../dist/index.js";
import { module } from "./modules.mjs";

const [address, genesis, subject] = process.argv.slice(2);
const client = await LightClient.open({
  rpc: new Rpc({ url: `${address}/rpc` }),
  checkpoints: new MemoryCheckpoints(),
  genesis: JSON.parse(await readFile(genesis, "utf8")),
  module: await module("chain"),
});
const head = await client.head();
const trail = await client.wholeTrail(subject, head.height);
const { report } = await client.prove([trail], head);
for (const row of trail.rows) console.log(row.index, kindOf(row.fact), JSON.stringify(row.fact));
console.log(`${trail.rows.length} rows, none missing, as of block ${report.checkpoint.height}`);

const committed = trail.rows.map(({ fact }) => factOf(fact, "record-committed")).find(Boolean);
if (committed) {
  const { value, height } = await client.record(committed.record);
  if (value?.subject !== subject) throw new Error("the record is somebody else's");
  console.log(`record ${committed.record} is ${value.state} as of block ${height}`);
}
const none = await client.consent(`0x${"00".repeat(32)}`);
console.log(`no consent has the number zero, as of block ${none.height}: ${none.value === null}`);
