// The words that every face uses. A key that a language lacks does not compile, and a test compares places.

import type { Language } from "../speech";
import { easy } from "./easy";
import { en } from "./en";
import { ja } from "./ja";

export type CommonKey = keyof typeof ja;

export const COMMON: Record<Language, Record<CommonKey, string>> = { ja, "ja-Hira": easy, en };
