// How soon a face can be used on a slow phone, what a proof costs in the browser, and how soon a block shows. Prints, and asserts nothing.
//
//   BROWSER_BINARY=<folder>/debug/musubi BROWSER_FOLDER=<folder>/browser node tests/browser/figures.mjs

import { readFile } from "node:fs/promises";
import { launch, open, PHONE, rested } from "./browser.mjs";
import { start } from "./consortium.mjs";

const RUNS = 5;
/** The slow phone: a quarter of this processor; 1.6 Mbit/s, 150 ms. */
const SLOWER = 4;
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const PROOFS = 50;
const BLOCKS = 8;

const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const line = (what, values) => console.log(`${what.padEnd(58)} median ${ms(median(values)).padStart(9)}   worst ${ms(Math.max(...values)).padStart(9)}   of ${values.length}`);

/** Notes in a page when its heading was drawn, and when after that the main thread was first idle: from there on it answers a touch. */
function watch() {
  const seen = () => document.querySelector("h1");
  const look = new MutationObserver(() => {
    if (!seen()) return;
    look.disconnect();
    globalThis.drawn = performance.now();
    requestIdleCallback(() => { globalThis.usable = performance.now(); });
  });
  look.observe(document, { childList: true, subtree: true });
}

async function interactive(browser, address, face) {
  const [drawn, usable, bytes] = [[], [], []];
  for (let run = 0; run < RUNS; run++) {
    const context = await browser.newContext({ ...PHONE, locale: "ja-JP", serviceWorkers: "block" });
    const page = await context.newPage();
    await page.addInitScript(watch);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", NETWORK);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    let received = 0;
    devtools.on("Network.loadingFinished", ({ encodedDataLength }) => { received += encodedDataLength; });
    await page.goto(`${address}/${face}/`, { timeout: 60_000 });
    await page.waitForFunction(() => globalThis.usable !== undefined, undefined, { timeout: 60_000 });
    const times = await page.evaluate(() => [globalThis.drawn, globalThis.usable]);
    drawn.push(times[0]);
    usable.push(times[1]);
    bytes.push(received);
    await context.close();
  }
  line(`/${face}: heading drawn`, drawn);
  line(`/${face}: interactive (${Math.round(median(bytes) / 1_000)} kB received by then)`, usable);
}

/** The SDK as it is built, in a page of its own beside the node's RPC: what one row's proof costs to check, transport left out. */
async function proofs(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const types = { js: "text/javascript", wasm: "application/wasm", html: "text/html" };
  await context.route("**/sdk/**", async (route) => {
    const path = new URL(route.request().url()).pathname.replace("/sdk/", "");
    const body = path === "page.html" ? "<!doctype html><title>figures</title>" : await readFile(new URL(`../../client-sdk/ts/${path}`, import.meta.url));
    await route.fulfill({ body, contentType: types[path.split(".").at(-1)] });
  });
  await page.goto(`${address}/sdk/page.html`);
  const [found, chain] = await Promise.all(["events?kind=access-permitted&limit=1", "chain"].map(async (path) => (await fetch(`${address}/explorer/api/${path}`)).json()));
  const [event] = found.events;
  const measure = () => page.evaluate(async ({ event, genesis, times }) => {
    const { LightClient, Rpc, MemoryCheckpoints } = await import("/sdk/dist/index.js");
    const { load } = await import("/sdk/dist/module.js");
    const client = await LightClient.open({ rpc: new Rpc({ url: "/rpc" }), checkpoints: new MemoryCheckpoints(), genesis });
    const { subject, index, at, fact } = event.body;
    const { bundle } = await client.prove([await client.rowWritten(event.height, { subject, index, at, fact })]);
    const wasm = await load();
    return Array.from({ length: times }, () => {
      const began = performance.now();
      new wasm.LightClient(JSON.stringify(genesis)).verify(bundle);
      return performance.now() - began;
    });
  }, { event, genesis: chain.genesis, times: PROOFS });
  line("one row: certificate, header and trail proof checked", await measure());
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  line(`the same at a processor ${SLOWER} times slower`, await measure());
  await context.close();
}

/** From when the node first tells of a final block until the page has drawn it. */
async function live(browser, address) {
  const { page, context } = await open(browser, {}, address, "");
  await rested(page);
  await page.evaluate(() => {
    globalThis.shown = {};
    const note = () => document.querySelectorAll("[data-block]").forEach((one) => { globalThis.shown[one.dataset.block] ??= Date.now(); });
    note();
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
  });
  const ask = async (method, params) => (await (await fetch(`${address}/rpc`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) })).json()).result;
  const told = new Map();
  for (const end = Date.now() + 60_000; told.size <= BLOCKS && Date.now() < end; ) {
    const height = Number((await ask("chain_getHeader", [await ask("chain_getFinalizedHead", [])])).number);
    if (!told.has(height)) told.set(height, Date.now());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const shown = await page.evaluate(() => globalThis.shown);
  // The first was final before anybody looked.
  const late = [...told].slice(1).flatMap(([height, at]) => (shown[height] ? [Math.max(0, shown[height] - at)] : []));
  line("a final block on the explorer's first page", late);
  await context.close();
}

const consortium = await start();
const browser = await launch();
try {
  console.log(`Chromium ${browser.version()}, processor ${SLOWER} times slower, 1.6 Mbit/s, 150 ms:`);
  await interactive(browser, consortium.address, "explorer");
  await interactive(browser, consortium.gateway, "app");
  await interactive(browser, consortium.gateway, "counter");
  await proofs(browser, consortium.address);
  await live(browser, consortium.address);
} finally {
  await browser.close();
  await consortium.stop();
}
process.exit(0);
