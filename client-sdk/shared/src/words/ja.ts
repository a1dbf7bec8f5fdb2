// 日本語。どの画面も使う言葉です。鍵はここにあるものがすべてです。

export const ja = {
  yes: "はい", no: "いいえ", required: "必須", machine: "機械の言葉（英語）", notProved: "ノードの答えは、鎖の証明と合いません。信じないで、役場か運用責任者に知らせてください。", tooOld: "ノードの情報が古くなっています。少し待って、もう一度試してください。", forbidden: "この端末や鍵では見られません。窓口か運用責任者にたずねてください。", unknown: "見つかりません。番号や名前を確かめてください。", busy: "いま混み合っています。少し待って、もう一度試してください。",
  skip: "本文へ進む", language: "言語", menu: "メニュー", loading: "読み込んでいます…", empty: "当てはまるものはありません。", again: "もう一度", offline: "つながりません。通信を確かめてください。つながると自動で続きます。", failed: "読み込めませんでした。", details: "詳しく", someone: "会員 {member}",
  "state.proposed": "申し込み中", "state.effective": "有効", "state.paused": "停止中", "state.withdrawn": "取り下げ", "state.expired": "期限切れ", "state.superseded": "置き換え", "state.refused": "不成立", "state.open": "投票中", "state.enacted": "実行", "state.rejected": "否決", "state.lapsed": "流れた", "state.enactment-failed": "実行できず",
  "outcome.done": "済", "outcome.permitted": "許可", "outcome.denied": "拒否", "outcome.failed": "失敗",
  "purpose.child-care": "子どもの診療", "purpose.checkup": "健診", "purpose.move-in": "転入", "purpose.emergency": "救急", "purpose.statistics": "統計", "purpose.family-sharing": "家族との共有", "purpose.consultation": "相談",
  "reason.no-consent": "同意がないため", "reason.withdrawn": "同意が取り下げられたため", "reason.outside-period": "期間の外のため", "reason.paused": "同意が停止中のため", "reason.role-not-allowed": "役割に権限がないため", "reason.member-not-active": "会員が活動していないため", "reason.not-available": "利用できないため", "reason.statute-not-applicable": "法律の根拠に当たらないため", "reason.break-glass-not-open": "緊急閲覧が開いていないため", "reason.erased": "消去済みのため", "reason.no-session": "来院の受付がないため", "reason.frozen": "記録が凍結中のため", "reason.consent-ended": "同意が終わったため", "reason.life-at-risk": "生命の危険", "reason.verbal-consent": "口頭の同意", "reason.disaster": "災害",
  "basis.consent": "同意", "basis.statute": "法律", "basis.break-glass": "緊急",
  "category.immunization": "予防接種", "category.checkup": "健診", "category.questionnaire": "問診", "category.growth": "発育", "category.scale": "尺度", "category.survey": "調査", "category.emergency-summary": "救急要約", "category.schedule-verdict": "接種確認", "category.sensitive": "要配慮", "category.document": "文書",
};
