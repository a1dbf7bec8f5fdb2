// The tests of one face are one story: each step stands on those before it, so the first that fails is the one to look at.

import { test } from "node:test";
import { picture } from "./browser.mjs";

/** The longest that one step may take, in milliseconds: twice what the longest took on two cores that thirty others wanted. */
const LONGEST = 6 * 60_000;
/** The step that has begun and has not ended well. */
let open;

/** A step. After one that failed, or took too long, none begins; pictures of all pages at that moment are kept. */
export function step(name, act) {
  test(name, { timeout: LONGEST }, async (context) => {
    if (open) return context.skip(`"${open}" failed before`);
    open = name;
    try {
      await act();
    } catch (error) {
      await picture();
      throw error;
    }
    open = undefined;
  });
}

/** A step that stands on no other: one that fails keeps none from beginning. */
export function trial(name, act) {
  test(name, { timeout: LONGEST }, async () => {
    try {
      await act();
    } catch (error) {
      await picture();
      throw error;
    }
  });
}
