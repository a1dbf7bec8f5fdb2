// What the faces share: words in three languages, ruby, times, and state that survives a reload.

export { type Language, LANGUAGES, type Words, fill, languageOf, pieces } from "./speech";
export { dateTime, ago } from "./time";
