// What a child is due, whether one dose may be given, and where a weight lies, all without a network: node care.mjs
import { readFile } from "node:fs/promises";
import { loadCare } from "../dist/care.js";
import { module } from "./modules.mjs";

const text = (path) => readFile(new URL(path, import.meta.url), "utf8");
const care = await loadCare(await module("care"));
const rules = new care.Rules(await text("../../../chain-spec/presets/schedule/jp-routine-2026.json"));
const child = { subject: { birth: "2025-06-10", sex: "female" }, history: { completeness: "confirmed", doses: [{ vaccine: "PCV20", date: "2025-08-20" }] } };

for (const { programme, status, dose } of rules.forecast(child, "2025-10-01").rows) if (dose) console.log(`${programme}: ${status}, from ${dose.earliest}`);
const soon = rules.check(child, { vaccine: "PCV20", date: "2025-09-01" });
if (soon.answer === "conditions_met") throw new Error("twelve days are too few");
console.log(`PCV20 on 2025-09-01: ${soon.answer}, ${soon.of.reason}; from ${soon.permitted.earliest}`);

const growth = new care.GrowthReference(await text("../../care/data/growth-jp-2023.json"));
const weight = { measure: "weight", sex: "female", birth: "2025-06-10", on: "2025-12-10", value: "7.25" };
console.log(`7.25 kg at six months: ${JSON.stringify(growth.evaluate(weight)?.position)}`);
console.log(`7250 in the same field: ${JSON.stringify(growth.doubt({ ...weight, value: "7250" }))}`);
