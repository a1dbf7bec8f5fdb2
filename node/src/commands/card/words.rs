//! The words of `musubi card` itself in the three languages; those of the card's outcomes are with the card.

use super::trust::Judged;
use musubi_primitives::Language;
use serde_json::json;

/// One sentence in the three languages, in the order of [`Language::ALL`].
pub type Sentence = [&'static str; 3];

/// The sentence in one language.
pub fn pick(sentence: &Sentence, language: Language) -> &'static str {
    let [japanese, plain, english] = *sentence;
    match language {
        Language::Japanese => japanese,
        Language::PlainJapanese => plain,
        Language::English => english,
    }
}

/// `text`, headed by a warning where the card was no real one.
pub fn marked(text: &str, is_emulated: bool, language: Language) -> String {
    if is_emulated {
        format!("{}\n{text}", pick(&TEST_CARD, language))
    } else {
        text.to_owned()
    }
}

/// A sentence that something was signed, and another where little of it was checked.
pub fn done(sentence: &Sentence, judged: &Judged, is_emulated: bool, language: Language) -> String {
    let mut text = pick(sentence, language).to_owned();
    if judged.is_of_signature_alone() {
        text = format!("{text}\n{}", pick(&SIGNATURE_ALONE, language));
    }
    marked(&text, is_emulated, language)
}

/// Reads a language tag.
pub fn parse_language(tag: &str) -> Result<Language, String> {
    serde_json::from_value(json!(tag)).map_err(|_| "one of: ja, ja-x-easy, en".to_owned())
}

const TEST_CARD: Sentence = [
    "【試験用カード】本物のカードではありません。この結果に効力はありません。",
    "【練習(れんしゅう)のカード】本当(ほんとう)のカードではありません。",
    "TEST CARD: not a real card, and nothing done with it counts.",
];
pub const TEST_CARD_REFUSED: Sentence = [
    "拒否: 試験用カードは本番の設定では使えません。カードには触れていません。",
    "練習(れんしゅう)のカードは、ここでは使(つか)えません。",
    "REFUSED: a test card in a production configuration. The card was not touched.",
];
pub const SIGNED: Sentence = [
    "署名しました。カードをお取りください。",
    "署名(しょめい)ができました。カードをとってください。",
    "Signed. Please take your card.",
];
pub const SIGNATURE_ALONE: Sentence = [
    "確認したのは、署名がこのカードの電子証明書に合うことだけです。発行者・有効期限・失効はここでは確認していません（--roots がありません）。市区町村のノードが確認します。",
    "署名(しょめい)がこのカードのものかだけを確(たし)かめました。カードが今(いま)使(つか)えるかは、役場(やくば)が確(たし)かめます。",
    "Checked here: the signature fits the card's own certificate. \
     Not checked: who issued it, whether it is valid, whether it was revoked (no --roots). The municipality's node checks that.",
];
pub const CHECKED_IN: Sentence = [
    "受付の署名ができました。2分以内に届けてください。カードをお取りください。",
    "受付(うけつけ)ができました。カードをとってください。",
    "Checked in; the signature counts for two minutes. Please take your card.",
];
pub const STOPPED: Sentence = [
    "中止しました。カードの回数は減っていません。",
    "やめました。カードはそのままです。",
    "Stopped. No try was used.",
];
pub const OUTSIDE_PERIOD: Sentence = [
    "この文書の有効期限は過ぎています。新しい文書を作ってください。カードの回数は減っていません。",
    "この紙(かみ)は古(ふる)くなりました。係(かかり)の人(ひと)に新(あたら)しい紙(かみ)をもらってください。",
    "The time of this document is over: make a new one. No try was used.",
];
pub const EXPIRED: Sentence = [
    "このカードの電子証明書は有効期限が切れています。署名は使われません。市区町村の窓口で更新できます。",
    "このカードの証明書(しょうめいしょ)は古(ふる)くなりました。役場(やくば)で新(あたら)しくできます。",
    "The certificate on this card has expired. The signature is not used. The municipal office can renew it.",
];
pub const REVOKED: Sentence = [
    "このカードの電子証明書は失効しています（引っ越しや氏名の変更で自動的に失効します）。署名は使われません。市区町村の窓口で再発行できます。",
    "このカードの証明書(しょうめいしょ)は今(いま)使(つか)えません。引(ひ)っ越(こ)しなどで使(つか)えなくなります。役場(やくば)で新(あたら)しくできます。",
    "The certificate on this card was revoked, as happens when name or address change. The signature is not used. The municipal office can issue a new one.",
];
pub const FOREIGN: Sentence = [
    "このカードの電子証明書は、ここで使える認証局のものではありません。署名は使われません。",
    "このカードは、ここでは使(つか)えません。係(かかり)の人(ひと)を呼(よ)んでください。",
    "The certificate on this card comes from an authority that is not accepted here. The signature is not used.",
];
pub const CERTIFICATE_REFUSED: Sentence = [
    "このカードの電子証明書または署名を確認できません。署名は使われません。職員にお知らせください。",
    "このカードを確(たし)かめることができません。係(かかり)の人(ひと)を呼(よ)んでください。",
    "The certificate or the signature does not hold. The signature is not used. Tell the staff.",
];
pub const NO_READERS: Sentence = [
    "カードリーダーはありません。",
    "カードを読(よ)む機械(きかい)がありません。",
    "There is no card reader.",
];
pub const EMPTY: Sentence = ["カードなし", "カードがありません", "no card"];
pub const CARD: Sentence = ["カードあり", "カードがあります", "a card"];
pub const CARD_IN_USE: Sentence = [
    "カードあり（使用中）",
    "カードがあります（使(つか)っています）",
    "a card in use",
];
pub const MUTE: Sentence = [
    "応答しないカード",
    "返事(へんじ)をしないカード",
    "a card that does not answer",
];
pub const PLASTIC: Sentence = ["マイナンバーカード", "マイナンバーカード", "My Number Card"];
pub const ANDROID: Sentence = [
    "スマートフォン（Android）",
    "スマートフォン（Android）",
    "Android phone",
];
pub const IPHONE: Sentence = [
    "スマートフォン（iPhone）",
    "スマートフォン（iPhone）",
    "iPhone",
];
pub const UNKNOWN_TOKEN: Sentence = [
    "種類の分からないカード",
    "わからないカード",
    "a token of unknown kind",
];
pub const ABSENT: Sentence = ["電子証明書なし", "ありません", "no certificate"];
pub const LOCKED: Sentence = ["ロックされています", "今(いま)使(つか)えません", "locked"];
pub const TRIES: Sentence = ["残り{tries}回", "あと{tries}回(かい)", "{tries} tries left"];
pub const NAME: Sentence = ["氏名", "名前(なまえ)", "name"];
pub const ADDRESS: Sentence = ["住所", "住所(じゅうしょ)", "address"];
pub const BIRTH_DATE: Sentence = ["生年月日", "生(う)まれた日(ひ)", "birth date"];
pub const SEX: Sentence = ["性別", "性別(せいべつ)", "sex"];
pub const SEX_UNKNOWN: Sentence = ["不明", "わかりません", "unknown"];
pub const MALE: Sentence = ["男", "男(おとこ)", "male"];
pub const FEMALE: Sentence = ["女", "女(おんな)", "female"];
pub const SEX_NOT_APPLICABLE: Sentence = ["適用不能", "ありません", "not applicable"];
pub const AGENT_FOREIGN: Sentence = [
    "この画面は、このカードリーダーを使えません。エージェントを起動したときの --origin に、画面のアドレスを加えてください。",
    "この画面(がめん)では、カードを読(よ)む機械(きかい)を使(つか)えません。係(かかり)の人(ひと)を呼(よ)んでください。",
    "This page may not use this card reader. Start the agent with this page's address as --origin.",
];
pub const AGENT_NOT_PAIRED: Sentence = [
    "この画面は、カードリーダーとまだ連携していません。エージェントの端末に出ている8桁のコードを入力してください。",
    "この画面(がめん)は、カードを読(よ)む機械(きかい)とまだつながっていません。8つの数字(すうじ)を入(い)れてください。",
    "This page is not paired with the card reader yet. Enter the 8-digit code that the agent shows on its terminal.",
];
pub const AGENT_WRONG_CODE: Sentence = [
    "コードが違います。エージェントの端末に出ているコードを、もう一度確かめてください。",
    "数字(すうじ)がちがいます。もう一度(いちど)見(み)てください。",
    "The code did not match. Look at the agent's terminal once more.",
];
pub const AGENT_CODE_REPLACED: Sentence = [
    "コードが新しくなりました。エージェントの端末に出ている新しいコードを入力してください。",
    "数字(すうじ)が新(あたら)しくなりました。新(あたら)しい数字(すうじ)を入(い)れてください。",
    "There is another code now. Enter the new one from the agent's terminal.",
];
pub const AGENT_PAIRING_CLOSED: Sentence = [
    "コードのまちがいが続いたため、連携を止めました。職員がエージェントを起動し直してください。",
    "数字(すうじ)のまちがいが続(つづ)きました。係(かかり)の人(ひと)を呼(よ)んでください。",
    "Too many codes were wrong, and pairing is closed. A staff member starts the agent again.",
];
pub const AGENT_BUSY: Sentence = [
    "ほかの画面がカードを使っています。終わってから、もう一度始めてください。",
    "ほかの画面(がめん)がカードを使(つか)っています。少(すこ)し待(ま)ってください。",
    "Another page is using the card. Wait until it is done and begin again.",
];
pub const AGENT_MALFORMED: Sentence = [
    "画面からの依頼を読み取れません。画面を読み込み直してから、もう一度始めてください。",
    "うまくできませんでした。画面(がめん)をもう一度(いちど)開(ひら)いてください。",
    "The page's request could not be read. Load the page again and begin again.",
];
pub const AGENT_NOT_SHOWN: Sentence = [
    "この文書はまだ画面に表示されていないか、表示してから時間がたちました。内容をもう一度表示してください。",
    "この紙(かみ)は、もう一度(いちど)見(み)てから決(き)めてください。",
    "This document was not shown, or too long ago. Show it again before it is signed.",
];
pub const AGENT_WRONG_KEY: Sentence = [
    "4桁の暗証番号では同意できません。署名用パスワード（英数字6〜16文字）を使ってください。",
    "4つの数字(すうじ)では決(き)めることができません。署名(しょめい)のパスワードを使(つか)ってください。",
    "The 4-digit PIN consents to nothing. Use the signing password.",
];
pub const AGENT_FAILED: Sentence = [
    "カードリーダーの端末で問題が起きました。何も署名していません。エージェントの端末の表示を確かめてください。",
    "カードを読(よ)む機械(きかい)がうまく動(うご)きませんでした。係(かかり)の人(ひと)を呼(よ)んでください。",
    "The agent's machine failed. Nothing was signed. Look at the agent's terminal.",
];
