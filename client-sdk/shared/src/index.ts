// What the faces share: words in three languages, ruby, times, loading, addresses. The gateway's calls are in `musubi-shared/gateway`.

export { type Language, LANGUAGES, type Words, fill, languageOf, pieces } from "./speech";
export { firstLanguage, LanguageChoice, LanguageContext, plain, speechIn, Spoken, textIn, useCommon, type Values } from "./say";
export { COMMON, type CommonKey } from "./words";
export { ago, dateTime, day, minute } from "./time";
export { type Load, useLoad } from "./load";
export { Empty, Loaded, Machine, sentenceOf } from "./parts";
export { type Address, BASE, followLinks, go, useAddress } from "./route";
export { fromBase64, fromHex, saveBlob, toBase64, toHex } from "./bytes";
export { send } from "./send";
export { importKey, importOpeningKey, isOpeningKey, type KeptKey, readKey } from "./key-file";
