// The demonstration as a process: started on ports of its own, watched until its story is told, stopped at the end.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How many children's stories the demonstration tells; each ends with an audit. */
const STORIES = 2;

/** Starts the consortium; resolves when the story is over and the nodes stay up. */
export async function start(binary, folder, port) {
  const child = spawn(binary, ["demo", "--json", "--folder", folder, "--ports", String(port)], { stdio: ["ignore", "pipe", "pipe"] });
  let told = "";
  child.stderr.on("data", (bytes) => (told += bytes));
  const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  const steps = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("{")) steps.push(JSON.parse(line));
    if (steps.filter((step) => step.step === "audit").length === STORIES) break;
  }
  if (steps.filter((step) => step.step === "audit").length < STORIES) throw new Error(`the demonstration ended: ${told.slice(-2000)}`);
  child.stdout.resume();
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  // The first village: its operators' listener, and its gateway, thirty ports above (`musubi demo --ports`).
  return { steps, stop, folder, address: `http://127.0.0.1:${port}`, gateway: `http://127.0.0.1:${port + 30}` };
}
