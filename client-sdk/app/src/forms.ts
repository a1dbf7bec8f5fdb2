// Forms as all faces know them, and those that the app brings along; a module of its own, so that it is fetched when a form is opened.

import type { Form } from "musubi-shared/forms";

export * from "musubi-shared/forms";

/** Those that the app brings along, for a phone that has not reached the municipality yet. */
const FORMS = {
  "yoshinhyo-infant": () => import("../../../chain-spec/presets/forms/yoshinhyo-infant.json"),
  "checkup-1m": () => import("../../../chain-spec/presets/forms/checkup-1m.json"),
  "checkup-3-4m": () => import("../../../chain-spec/presets/forms/checkup-3-4m.json"),
  "checkup-3-4m-family": () => import("../../../chain-spec/presets/forms/checkup-3-4m-family.json"),
  "checkup-9-10m": () => import("../../../chain-spec/presets/forms/checkup-9-10m.json"),
  "checkup-18m": () => import("../../../chain-spec/presets/forms/checkup-18m.json"),
  "checkup-3y": () => import("../../../chain-spec/presets/forms/checkup-3y.json"),
  "survey-checkup": () => import("../../../chain-spec/presets/forms/survey-checkup.json"),
} as const;
export const FORM_IDS = Object.keys(FORMS) as (keyof typeof FORMS)[];

const isBrought = (id: string): id is keyof typeof FORMS => id in FORMS;
export const brought = async (id: string): Promise<Form | undefined> => (isBrought(id) ? ((await FORMS[id]()).default as unknown as Form) : undefined);
