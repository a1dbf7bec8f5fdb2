// A card on a reader as a counter has it: an emulated one of the demonstration's authority on a real PC/SC service, and the card agent.

import { spawn } from "node:child_process";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { createInterface } from "node:readline";

/** Secrets of every emulated card. */
export const SECRETS = { password: "MUSUBI2026", pin: "1234", face: "5678", printed: "04040120319999" };

/** How long a reader or an agent may take until it is ready, in milliseconds. */
const READY = 60_000;

/** What is started here ends with this process, however that ends. */
function start(binary, args, options) {
  const child = spawn(binary, args, options);
  process.once("exit", () => child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return { child, ended };
}

/** What comes in time, or an error that says what did not. */
function inTime(what, work) {
  let late;
  const limit = new Promise((_, reject) => { late = setTimeout(() => reject(new Error(`${what} is not ready after ${READY / 1_000} s`)), READY); });
  return Promise.race([work, limit]).finally(() => clearTimeout(late));
}

const until = async (stream, wanted) => {
  for await (const line of createInterface({ input: stream })) {
    const found = wanted(line);
    if (found) return found;
  }
  throw new Error("the process ended before it was ready");
};

/** A reader with one card of the demonstration's families on it: the first family's, or that of another. */
export async function reader(binary, folder, demo, which = 0) {
  // What an earlier service left behind would keep this one from starting.
  await rm(folder, { recursive: true, force: true });
  await mkdir(`${folder}/cards`, { recursive: true });
  await mkdir(`${folder}/socket`, { recursive: true });
  await copyFile(`${demo}/cards/authority.bin`, `${folder}/authority.key`);
  const wallets = (await readdir(`${demo}/reader`)).filter((name) => name.startsWith("guardian-") && name.endsWith(".card")).sort();
  await copyFile(`${demo}/reader/${wallets[which]}`, `${folder}/cards/adult.card`);
  const { child, ended } = start(binary, ["card", "emulate", "--cards", folder, "--socket-folder", `${folder}/socket`], { stdio: ["pipe", "ignore", "pipe"] });
  const socket = await inTime("the card reader", until(child.stderr, (line) => /export (\w+)=(.*)$/.exec(line)?.slice(1)));
  child.stderr.resume();
  return {
    env: { [socket[0]]: socket[1] },
    take: () => child.stdin.write("\n"),
    place: () => child.stdin.write("adult\n"),
    stop: () => { child.stdin.end(); return ended; },
  };
}

/** The agent, for pages of these origins; `code` is the pairing code that it shows. */
export async function agent(binary, env, port, origins) {
  const flags = origins.flatMap((origin) => ["--origin", origin]);
  const { child, ended } = start(binary, ["card", "agent", "--json", "--listen", `127.0.0.1:${port}`, ...flags], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const codes = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => { const { code } = JSON.parse(line); if (code) codes.push(code); });
  let said = "";
  child.stderr.on("data", (bytes) => (said += bytes));
  await inTime("the card agent", new Promise((resolve, reject) => { lines.on("line", () => codes.length > 0 && resolve()); child.once("exit", () => reject(new Error(said))); }));
  return {
    address: `http://127.0.0.1:${port}`, code: () => codes.at(-1), said: () => said,
    stop: () => { child.kill("SIGTERM"); return ended; },
  };
}
