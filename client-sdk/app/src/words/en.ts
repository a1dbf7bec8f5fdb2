// English.
import type { Key } from ".";

export const en: Record<Key, string> = {
  title: "Guardian app",
};
