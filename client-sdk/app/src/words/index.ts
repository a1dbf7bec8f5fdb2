// The words of the guardian app. A key that a language lacks does not compile, and a test compares places.

import type { Language } from "musubi-shared";
import { easy } from "./easy";
import { en } from "./en";
import { ja } from "./ja";

export type Key = keyof typeof ja;

export const WORDS: Record<Language, Record<Key, string>> = { ja, "ja-Hira": easy, en };
