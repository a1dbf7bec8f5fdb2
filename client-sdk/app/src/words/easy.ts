// やさしい日本語。結論を先に、一文に一つのこと。漢字にはふりがな。
import type { Key } from ".";

export const easy: Record<Key, string> = {
  title: "〔保護者|ほごしゃ〕の アプリ",
};
