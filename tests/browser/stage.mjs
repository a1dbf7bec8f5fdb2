// What the tests of every face stand on: the consortium, a browser, staff as programs, the chain's own word, and a card where one is needed.

import { mkdir } from "node:fs/promises";
import { after, before } from "node:test";
import { launch, picture, until } from "./browser.mjs";
import { agent, reader } from "./cards.mjs";
import { chainAt } from "./chain.mjs";
import { start } from "./consortium.mjs";
import { desk, staff } from "./staff.mjs";

/** Members by their number on the chain; the clinic's gateway stands four above the first village's. */
export const MEMBERS = { village: 0, clinic: 4, otherClinic: 5 };
const CLINIC_PORT = 34;
const AGENT_PORT = 38;

/** The newest block that a node holds for final. */
async function finalAt(gateway) {
  const ask = async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    return (await (await fetch(`${gateway}/rpc`, { method: "POST", headers: { "content-type": "application/json" }, body })).json()).result;
  };
  return Number((await ask("chain_getHeader", [await ask("chain_getFinalizedHead", [])])).number);
}

/** Waits until each node has the blocks that one of them has now: what one of them answered, the others then know. */
async function level(gateways) {
  const heights = () => Promise.all(gateways.map(finalAt));
  const newest = Math.max(...(await heights()));
  await until(true, async () => (await heights()).every((height) => newest <= height));
}

/**
 * Sets it up before a file's first step, and takes it down after its last. `card` is the family of the demonstration whose card lies on the
 * reader; `begin` is what the file needs beyond that.
 */
export function stage({ card, begin } = {}) {
  const { BROWSER_BINARY: binary, BROWSER_FOLDER: folder } = process.env;
  const on = { binary, folder };
  before(async () => {
    await mkdir(`${folder}/screens`, { recursive: true });
    const consortium = (on.consortium = await start());
    on.chain = chainAt(consortium.address);
    on.village = consortium.gateway;
    on.clinic = `http://127.0.0.1:${consortium.port + CLINIC_PORT}`;
    on.level = () => level([on.village, on.clinic]);
    on.as = async (member, key, origin = on.village) => desk(origin, await staff(consortium.folder, member, key));
    on.clerk = await on.as("rusutsu", "clerk");
    on.nurse = await on.as("rusutsu", "nurse");
    if (card !== undefined) {
      on.reader = await reader(binary, `${folder}/card`, consortium.folder, card);
      on.agent = await agent(binary, on.reader.env, consortium.port + AGENT_PORT, [on.village, on.clinic]);
    }
    on.browser = await launch();
    await begin?.().catch(async (error) => { await picture(); throw error; });
  });
  after(async () => {
    await on.browser?.close();
    await on.agent?.stop();
    await on.reader?.stop();
    await on.consortium?.stop();
  });
  return on;
}
