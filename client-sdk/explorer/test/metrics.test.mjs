// The node's metrics as its page shows them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "vite";

const root = new URL("../..", import.meta.url).pathname;
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, watch: null }, logLevel: "error" });
const { gaugesOf } = await vite.ssrLoadModule("/explorer/src/metrics.ts");
await vite.close();

test("gauges and the program's version are read, and labelled series left aside", () => {
  const { version, values } = gaugesOf(`# HELP musubi_peers Connected member nodes.
# TYPE musubi_peers gauge
musubi_peers 4
musubi_disk_free_bytes 1.5e9
musubi_build_info{version="0.1.0"} 1
musubi_rpc_calls_total{method="system_health",outcome="success"} 7
process_start_time_seconds 3
# EOF`);
  assert.equal(version, "0.1.0");
  assert.deepEqual([...values], [["peers", 4], ["disk_free_bytes", 1.5e9]]);
});
