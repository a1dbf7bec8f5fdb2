//! The sentence a person reads for each outcome: Japanese, やさしい日本語 (plain Japanese) and English.
//!
//! "Did not match" and "could not check" are different sentences, and every sentence says what to do next.

use musubi_primitives::Language;

use crate::error::{CardError, SecretKind};
use crate::layout::Credential;
use crate::pin::PinError;
use crate::transport::TransportError;

/// One sentence in the three languages, in the order of [`Language`].
type Sentence = [&'static str; 3];

impl CardError {
    /// What the person at the counter reads.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match *self {
            Self::Transport(error) => pick(transport_sentence(error), language),
            Self::SecretWrong { secret, tries_left } => {
                fill(WRONG, secret, Some(tries_left), language)
            }
            Self::FewTriesLeft { secret, tries_left } => {
                fill(FEW_LEFT, secret, Some(tries_left), language)
            }
            Self::SecretBlocked(secret) => fill(blocked_sentence(secret), secret, None, language),
            Self::SecretOutcomeUnknown(secret) => fill(OUTCOME_UNKNOWN, secret, None, language),
            Self::SecretRequired(secret) => fill(REQUIRED, secret, None, language),
            Self::NotMyNumberCard => pick(NOT_MY_NUMBER_CARD, language),
            Self::CertificateAbsent(Credential::Signing) => pick(SIGNING_ABSENT, language),
            Self::CertificateAbsent(Credential::Authentication) => {
                pick(AUTHENTICATION_ABSENT, language)
            }
            Self::CardFaceAbsent => pick(CARD_FACE_ABSENT, language),
            Self::SignatureOutcomeUnknown => pick(SIGNATURE_UNKNOWN, language),
            Self::UnexpectedStatus { .. } | Self::Malformed(_) => pick(UNREADABLE, language),
        }
    }
}

impl PinError {
    /// What the person reads beside the field. No try was spent.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let (sentence, numbers) = match *self {
            Self::Length { min, max } if min == max => (LENGTH_EXACT, Some((min, max))),
            Self::Length { min, max } => (LENGTH_BETWEEN, Some((min, max))),
            Self::NotAlphanumeric => (NOT_ALPHANUMERIC, None),
            Self::NotDigits => (NOT_DIGITS, None),
            Self::NeedsLetterAndDigit => (NEEDS_LETTER_AND_DIGIT, None),
        };
        let text = pick(sentence, language);
        match numbers {
            Some((min, max)) => text
                .replace("{min}", &min.to_string())
                .replace("{max}", &max.to_string()),
            None => text,
        }
    }
}

impl SecretKind {
    /// The secret's name as people know it.
    #[must_use]
    pub fn name(self, language: Language) -> &'static str {
        let names = match self {
            Self::SigningPassword => [
                "署名用パスワード（英数字6〜16文字）",
                "署名(しょめい)用(よう)のパスワード（英語(えいご)の字(じ)と数字(すうじ)、6〜16文字(もじ)）",
                "signing password (6 to 16 letters and digits)",
            ],
            Self::AuthenticationPin => [
                "利用者証明用の暗証番号（数字4桁）",
                "利用者(りようしゃ)証明(しょうめい)用(よう)の番号(ばんごう)（数字(すうじ)4つ）",
                "authentication PIN (4 digits)",
            ],
            Self::CardFacePin => [
                "券面事項入力補助用の暗証番号（数字4桁）",
                "券面(けんめん)事項(じこう)入力(にゅうりょく)補助(ほじょ)用(よう)の番号(ばんごう)（数字(すうじ)4つ）",
                "card-face PIN (4 digits)",
            ],
            Self::PrintedNumberB => [
                "照合番号B（数字14桁）",
                "カードに書(か)いてある番号(ばんごう)（照合(しょうごう)番号(ばんごう)B、数字(すうじ)14）",
                "printed number B (14 digits)",
            ],
        };
        choose(names, language)
    }
}

fn choose(sentence: Sentence, language: Language) -> &'static str {
    let [japanese, plain, english] = sentence;
    match language {
        Language::Japanese => japanese,
        Language::PlainJapanese => plain,
        Language::English => english,
    }
}

fn pick(sentence: Sentence, language: Language) -> String {
    choose(sentence, language).to_owned()
}

fn fill(
    sentence: Sentence,
    secret: SecretKind,
    tries_left: Option<u8>,
    language: Language,
) -> String {
    let text = pick(sentence, language).replace("{secret}", secret.name(language));
    match tries_left {
        Some(tries) => text.replace("{tries}", &tries.to_string()),
        None => text,
    }
}

fn blocked_sentence(secret: SecretKind) -> Sentence {
    match secret {
        SecretKind::PrintedNumberB => BLOCKED_PRINTED_NUMBER,
        SecretKind::SigningPassword | SecretKind::AuthenticationPin | SecretKind::CardFacePin => {
            BLOCKED
        }
    }
}

fn transport_sentence(error: TransportError) -> Sentence {
    match error {
        TransportError::ServiceUnavailable => SERVICE_UNAVAILABLE,
        TransportError::NoReader => NO_READER,
        TransportError::NoCard => NO_CARD,
        TransportError::Removed => REMOVED,
        TransportError::Unresponsive => UNRESPONSIVE,
        TransportError::Busy => BUSY,
        TransportError::Failed { .. } => READER_FAILED,
    }
}

const SERVICE_UNAVAILABLE: Sentence = [
    "カードリーダーのサービスが動いていません。職員がサービスを起動してから、もう一度始めてください。",
    "カードを読(よ)む機械(きかい)が動(うご)いていません。係(かかり)の人(ひと)を呼(よ)んでください。",
    "The card reader service is not running. A staff member starts it; then begin again.",
];
const NO_READER: Sentence = [
    "カードリーダーが見つかりません。接続を確かめてください。",
    "カードを読(よ)む機械(きかい)が見(み)つかりません。係(かかり)の人(ひと)を呼(よ)んでください。",
    "No card reader was found. Check that it is connected.",
];
const NO_CARD: Sentence = [
    "カードが置かれていません。マイナンバーカードをリーダーに置いてください。",
    "カードがありません。マイナンバーカードを機械(きかい)に置(お)いてください。",
    "There is no card on the reader. Place the My Number Card on it.",
];
const REMOVED: Sentence = [
    "カードが離れました。署名はされていません。カードを置いたまま、もう一度始めてください。",
    "カードが機械(きかい)から離(はな)れました。署名(しょめい)はしていません。カードを置(お)いて、もう一度(いちど)してください。",
    "The card left the reader. Nothing was signed. Leave it in place and begin again.",
];
const UNRESPONSIVE: Sentence = [
    "カードが応答しません。向きを確かめて置き直してください。",
    "カードから返事(へんじ)がありません。カードを置(お)きなおしてください。",
    "The card does not answer. Check which way it lies and place it again.",
];
const BUSY: Sentence = [
    "ほかのソフトがカードを使っています。そのソフトを終えてから、もう一度始めてください。",
    "ほかのソフトがカードを使(つか)っています。終(お)わってから、もう一度(いちど)してください。",
    "Another program is using the card. Close it and begin again.",
];
const READER_FAILED: Sentence = [
    "カードリーダーとの通信に失敗しました。カードを置き直して、もう一度始めてください。",
    "カードを読(よ)む機械(きかい)がうまく動(うご)きませんでした。カードを置(お)きなおしてください。",
    "Communication with the reader failed. Place the card again and begin again.",
];
const NOT_MY_NUMBER_CARD: Sentence = [
    "このカードはマイナンバーカードではないか、公的個人認証の機能がありません。",
    "このカードは、マイナンバーカードではありません。別(べつ)のカードを置(お)いてください。",
    "This is not a My Number Card, or it lacks the JPKI application.",
];
const SIGNING_ABSENT: Sentence = [
    "このカードには署名用電子証明書がありません（15歳未満の方、顔認証マイナンバーカード、発行を希望しなかった方など）。ロックされているのではありません。窓口で職員が別の方法をご案内します。",
    "このカードでは署名(しょめい)ができません。カードはこわれていません。子(こ)どものカードなどは、署名(しょめい)ができません。係(かかり)の人(ひと)が別(べつ)のやり方(かた)を教(おし)えます。",
    "This card has no signing certificate (holders under 15, cards without PIN, or one never asked for). Nothing is locked. The staff will offer another way.",
];
const AUTHENTICATION_ABSENT: Sentence = [
    "このカードには利用者証明用電子証明書がありません。窓口で職員が別の方法をご案内します。",
    "このカードでは、この受付(うけつけ)ができません。係(かかり)の人(ひと)が別(べつ)のやり方(かた)を教(おし)えます。",
    "This card has no authentication certificate. The staff will offer another way.",
];
const CARD_FACE_ABSENT: Sentence = [
    "このカードからは氏名などを読み取れません。窓口で職員が確認します。",
    "このカードの名前(なまえ)などを読(よ)めません。係(かかり)の人(ひと)が確(たし)かめます。",
    "Name and address cannot be read from this card. The staff will check them.",
];
const SIGNATURE_UNKNOWN: Sentence = [
    "署名の途中でカードが離れました。署名は受け取っていないため、何も成立していません。もう一度始めてください。",
    "署名(しょめい)のとちゅうでカードが離(はな)れました。まだ何(なに)も決(き)まっていません。もう一度(いちど)してください。",
    "The card left while it was signing. No signature was received, so nothing took effect. Begin again.",
];
const UNREADABLE: Sentence = [
    "カードから想定外の応答がありました。何も記録していません。カードを置き直すか、職員にお知らせください。",
    "カードの返事(へんじ)がわかりませんでした。何(なに)も書(か)いていません。係(かかり)の人(ひと)を呼(よ)んでください。",
    "The card answered in an unexpected way. Nothing was recorded. Place it again or tell the staff.",
];
const WRONG: Sentence = [
    "{secret}が違います。あと{tries}回まちがえるとロックされます。",
    "{secret}がちがいます。あと{tries}回(かい)まちがえると、使(つか)えなくなります。",
    "The {secret} did not match. After {tries} more wrong entries it is locked.",
];
const FEW_LEFT: Sentence = [
    "{secret}の残り回数は{tries}回です。ロックを避けるため、ここで止めました。番号に自信がある場合だけ続けてください。",
    "{secret}は、あと{tries}回(かい)しか試(ため)せません。ここで止(と)めました。番号(ばんごう)をよく覚(おぼ)えているときだけ、続(つづ)けてください。",
    "The {secret} has only {tries} tries left. We stopped to avoid locking it. Continue only if you are sure of it.",
];
const BLOCKED: Sentence = [
    "{secret}はロックされています。市区町村の窓口で初期化できます。",
    "{secret}は、今(いま)使(つか)えません。役場(やくば)でなおすことができます。",
    "The {secret} is locked. The municipal office can reset it.",
];
const BLOCKED_PRINTED_NUMBER: Sentence = [
    "{secret}による読み取りはロックされています。暗証番号を使うか、職員が券面を目で確認します。",
    "{secret}では、今(いま)読(よ)めません。係(かかり)の人(ひと)がカードを見(み)て確(たし)かめます。",
    "Reading by {secret} is locked. Use the PIN, or let the staff look at the card.",
];
const OUTCOME_UNKNOWN: Sentence = [
    "{secret}の確認中にカードが離れました。合っていたかどうかは分かりません。残り回数を確かめてから、もう一度始めてください。",
    "{secret}を確(たし)かめているときに、カードが離(はな)れました。合(あ)っていたかどうか、わかりません。もう一度(いちど)、カードを置(お)いてください。",
    "The card left while the {secret} was being checked. Whether it matched is not known. Look at the tries left before you begin again.",
];
const REQUIRED: Sentence = [
    "先に{secret}を入力してください。",
    "先(さき)に{secret}を入(い)れてください。",
    "Enter the {secret} first.",
];
const LENGTH_BETWEEN: Sentence = [
    "{min}文字から{max}文字で入力してください。カードの回数は減っていません。",
    "{min}文字(もじ)から{max}文字(もじ)で入(い)れてください。",
    "Enter between {min} and {max} characters. No try was used.",
];
const LENGTH_EXACT: Sentence = [
    "{min}桁で入力してください。カードの回数は減っていません。",
    "数字(すうじ)を{min}、入(い)れてください。",
    "Enter exactly {min} digits. No try was used.",
];
const NOT_ALPHANUMERIC: Sentence = [
    "英字と数字だけで入力してください。カードの回数は減っていません。",
    "英語(えいご)の字(じ)と数字(すうじ)だけを入(い)れてください。",
    "Use letters and digits only. No try was used.",
];
const NOT_DIGITS: Sentence = [
    "数字だけで入力してください。カードの回数は減っていません。",
    "数字(すうじ)だけを入(い)れてください。",
    "Use digits only. No try was used.",
];
const NEEDS_LETTER_AND_DIGIT: Sentence = [
    "署名用パスワードには英字と数字の両方が入っています。4桁の暗証番号とは別のものです。カードの回数は減っていません。",
    "署名(しょめい)のパスワードには、英語(えいご)の字(じ)と数字(すうじ)の両方(りょうほう)があります。4つの数字(すうじ)の番号(ばんごう)ではありません。",
    "The signing password has both letters and digits; it is not a 4-digit PIN. No try was used.",
];
