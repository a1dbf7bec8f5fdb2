// What the chain itself says, by the JSON-RPC of the first village's operators: what a screen claims is held against it.

import assert from "node:assert/strict";

/** The most rows of a trail that are asked for. */
const ROWS = 500;

export function chainAt(operators) {
  const rpc = async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const answer = await (await fetch(`${operators}/rpc`, { method: "POST", headers: { "content-type": "application/json" }, body })).json();
    assert.ok(answer.result !== undefined, `${method}: ${JSON.stringify(answer)}`);
    return answer.result;
  };
  const trail = async (subject) => (await rpc("musubi_trail", [subject, 0, ROWS])).map(({ row }) => row.fact);
  return {
    /** Everything that stands on a person's trail, oldest first. */
    trail,
    /** Facts of one kind on a person's trail, of those in which a word occurs; one without a body is the empty object. */
    async facts(subject, kind, word = "") {
      const found = (await trail(subject)).filter((fact) => fact === kind || fact[kind] !== undefined);
      return found.filter((fact) => JSON.stringify(fact).includes(word)).map((fact) => fact[kind] ?? {});
    },
    /** How many there are of them. */
    async count(subject, kind, word) {
      return (await this.facts(subject, kind, word)).length;
    },
    /** The newest state, by the runtime's own functions: hexadecimal SCALE. Numbers are taken as u32, all else as hexadecimal bytes. */
    state(name, ...parts) {
      const hex = parts.map((part) => (typeof part === "number" ? Buffer.from(Uint32Array.of(part).buffer).toString("hex") : part.slice(2))).join("");
      return rpc("state_call", [`MusubiApi_${name}`, `0x${hex}`]);
    },
  };
}
