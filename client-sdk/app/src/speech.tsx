// The app's words.

import { speechIn } from "musubi-shared";
import { WORDS } from "./words";

export const useSpeech = speechIn(WORDS);
