// やさしい日本語。どの画面も使う言葉です。
import type { CommonKey } from ".";

export const easy: Record<CommonKey, string> = {
  yes: "はい", no: "いいえ", required: "かならず", machine: "〔機械|きかい〕の ことば（〔英語|えいご〕）", notProved: "〔機械|きかい〕（ノード）の こたえは、しょうめいと ちがいます。しんじないで、〔役場|やくば〕に しらせて ください。", tooOld: "〔機械|きかい〕の じょうほうが 〔古|ふる〕いです。すこし まって、もう〔一度|いちど〕 おして ください。", forbidden: "ここでは 〔見|み〕られません。〔窓口|まどぐち〕で きいて ください。", unknown: "みつかりません。ばんごうや なまえを たしかめて ください。", busy: "いま こんで います。すこし まって、もう〔一度|いちど〕 おして ください。",
  skip: "〔本文|ほんぶん〕へ", language: "ことば", menu: "メニュー", loading: "〔待|ま〕ってください…", empty: "ありません。", again: "もう〔一度|いちど〕", offline: "〔機械|きかい〕（ノード）につながりません。つながると、じぶんで〔続|つづ〕きます。", failed: "〔読|よ〕めませんでした。", details: "くわしく", someone: "〔会員|かいいん〕{member}",
  "state.proposed": "お〔願|ねが〕い〔中|ちゅう〕", "state.effective": "いいです", "state.paused": "とまっています", "state.withdrawn": "やめました", "state.expired": "おわりました", "state.superseded": "〔新|あたら〕しくなりました", "state.refused": "だめでした", "state.open": "〔投票|とうひょう〕〔中|ちゅう〕", "state.enacted": "しました", "state.rejected": "だめでした", "state.lapsed": "きまりませんでした", "state.enactment-failed": "できませんでした",
  "outcome.done": "おわり", "outcome.permitted": "ゆるした", "outcome.denied": "ことわった", "outcome.failed": "〔失敗|しっぱい〕",
  "purpose.child-care": "〔子|こ〕どもをみる", "purpose.checkup": "〔健診|けんしん〕", "purpose.move-in": "ひっこし", "purpose.emergency": "〔救急|きゅうきゅう〕", "purpose.statistics": "〔数|かず〕を〔調|しら〕べる", "purpose.family-sharing": "〔家族|かぞく〕", "purpose.consultation": "〔相談|そうだん〕",
  "reason.no-consent": "「いいです」がないので", "reason.withdrawn": "やめたので", "reason.outside-period": "〔期間|きかん〕がちがうので", "reason.paused": "とまっているので", "reason.role-not-allowed": "できる〔係|かかり〕ではないので", "reason.member-not-active": "いまは〔仲間|なかま〕ではないので", "reason.not-available": "〔使|つか〕えないので", "reason.statute-not-applicable": "〔法律|ほうりつ〕に〔合|あ〕わないので", "reason.break-glass-not-open": "いそぎの〔手続|てつづ〕きがないので", "reason.erased": "もう〔消|け〕したので", "reason.no-session": "〔受付|うけつけ〕がないので", "reason.frozen": "とめているので", "reason.consent-ended": "おわったので", "reason.life-at-risk": "〔命|いのち〕があぶない", "reason.verbal-consent": "〔口|くち〕で「いいです」", "reason.disaster": "〔災害|さいがい〕",
  "basis.consent": "「いいです」", "basis.statute": "〔法律|ほうりつ〕", "basis.break-glass": "いそぎ",
  "category.immunization": "〔予防接種|よぼうせっしゅ〕", "category.checkup": "〔健診|けんしん〕", "category.questionnaire": "〔質問|しつもん〕", "category.growth": "〔育|そだ〕ち", "category.scale": "テスト", "category.survey": "アンケート", "category.emergency-summary": "〔救急|きゅうきゅう〕のまとめ", "category.schedule-verdict": "〔接種|せっしゅ〕のたしかめ", "category.sensitive": "〔大事|だいじ〕なこと", "category.document": "〔書類|しょるい〕",
};
