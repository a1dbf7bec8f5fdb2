// This face's words, and sentences said aloud where the machine has a voice.

import { type Language, speechIn } from "musubi-shared";
import { useEffect } from "preact/hooks";
import { WORDS } from "./words";

export const useSpeech = speechIn(WORDS);

const KEPT = "musubi-voice";

/** Whether prompts at the card reader are spoken. */
export const isVoiceOn = (): boolean => localStorage.getItem(KEPT) !== "off";
export const setVoice = (on: boolean): void => localStorage.setItem(KEPT, on ? "on" : "off");
export const hasVoice = (): boolean => "speechSynthesis" in globalThis;

/** Says a sentence in place of the one before it. */
export function sayAloud(language: Language, text: string): void {
  if (!hasVoice()) return;
  speechSynthesis.cancel();
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language === "en" ? "en-GB" : "ja-JP";
  utterance.rate = 0.9;
  speechSynthesis.speak(utterance);
}

/** Says a prompt when it comes up, unless the voice is off. */
export function usePrompt(text: string): void {
  const { language } = useSpeech();
  useEffect(() => {
    if (isVoiceOn()) sayAloud(language, text);
    return () => { if (hasVoice()) speechSynthesis.cancel(); };
  }, [text, language]);
}

/** How the documents' own language tags are called. */
export const tagOf = (language: Language): "ja" | "ja-x-easy" | "en" => (language === "ja-Hira" ? "ja-x-easy" : language);
