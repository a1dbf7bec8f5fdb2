// The demonstration as a process: started on ports of its own, watched until its story is told, stopped at the end.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** How many children's stories the demonstration tells; each ends with an audit. */
const STORIES = 2;
/** The longest between two steps of the story, in milliseconds: nodes start within two minutes, or say why not. */
const SILENCE = 180_000;
/** The longest that all nodes may take to stop. */
const STOP = 60_000;
/** Ports of a demonstration, from its first one on. */
const PORTS = 40;
const FIRST = 23_000;

/** The first village: its operators' listener, and its gateway, thirty ports above (`musubi demo --ports`). */
const reached = (port) => ({ address: `http://127.0.0.1:${port}`, gateway: `http://127.0.0.1:${port + 30}` });

/** The consortium that `run.mjs` has started, or one for a test file that is run by itself. */
export async function start() {
  const { BROWSER_CONSORTIUM: given, BROWSER_BINARY: binary, BROWSER_FOLDER: folder } = process.env;
  if (!given) return begin(binary, `${folder}/demo`);
  const running = JSON.parse(given);
  return { ...running, ...reached(running.port), stop: async () => undefined };
}

/** Whether nobody listens on a port. */
const isFree = (port) => new Promise((resolve) => {
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
});

async function freePorts() {
  if (process.env.BROWSER_PORT) return Number(process.env.BROWSER_PORT);
  for (let port = FIRST; port < FIRST + 1_000; port += 100) {
    const free = await Promise.all(Array.from({ length: PORTS }, (_, place) => isFree(port + place)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no ${PORTS} free ports from ${FIRST} on: set BROWSER_PORT`);
}

/** Starts a consortium; resolves when the story is over and the nodes stay up. */
export async function begin(binary, folder, { signal, onStep } = {}) {
  const port = await freePorts();
  const child = spawn(binary, ["demo", "--json", "--folder", folder, "--ports", String(port)], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let told = "";
  child.stderr.on("data", (bytes) => (told = (told + bytes).slice(-2_000)));
  const ended = new Promise((resolve) => { child.once("exit", resolve); child.once("error", (error) => { told += error.message; resolve(); }); });
  // Its nodes are in its process group: none outlives this process, however that ends.
  const kill = () => { try { process.kill(-child.pid, "SIGKILL"); } catch { /* they are gone */ } };
  process.once("exit", kill);
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => { console.error(`the demonstration did not stop within ${STOP / 1_000} s, and was killed`); kill(); }, STOP);
    await ended;
    clearTimeout(late);
    kill();
  };
  try {
    const steps = await story(child, { signal, onStep });
    child.stdout.resume();
    return { steps, stop, folder, port, ...reached(port) };
  } catch (error) {
    await stop();
    throw new Error(`the demonstration: ${error.message}\n    ${told.trim().split("\n").slice(-8).join("\n    ")}`);
  }
}

/** The steps of the story, as they are told, until its last audit. */
function story(child, { signal, onStep }) {
  return new Promise((resolve, reject) => {
    const steps = [];
    let watch;
    const fail = (why) => { clearTimeout(watch); reject(new Error(why)); };
    const wait = () => { clearTimeout(watch); watch = setTimeout(() => fail(`silent for ${SILENCE / 1_000} s after step ${steps.at(-1)?.step ?? "none"}`), SILENCE); };
    wait();
    signal?.addEventListener("abort", () => fail("was stopped"), { once: true });
    child.once("exit", (code) => fail(`ended with ${code} after step ${steps.at(-1)?.step ?? "none"}`));
    child.once("error", (error) => fail(error.message));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      steps.push(JSON.parse(line));
      onStep?.(steps.at(-1).step);
      wait();
      if (steps.filter((step) => step.step === "audit").length < STORIES) return;
      clearTimeout(watch);
      resolve(steps);
    });
  });
}
