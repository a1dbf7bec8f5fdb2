//! The basic four facts (name, address, birth date, sex) of the text application.
//!
//! Opened by its PIN or by 照合番号B. The individual number next to it has no [`ElementaryFile`] value and no opener.

use crate::apdu::{Command, StatusWord, exchange};
use crate::error::{Attempt, CardError, SecretKind, TriesPolicy};
use crate::jpki::{
    enough_tries, leave, query_tries, read_tlv_file, select_file, try_select_file, verify,
};
use crate::layout::{ElementaryFile, TEXT_APPLICATION};
use crate::pin::{PrintedNumberB, UserPin};
use crate::transport::Transport;

/// Tag of the whole file, as two bytes.
const TAG_BASIC_FOUR: u16 = 0xFF20;
/// Tag of the table of offsets, counted from the start of the file.
const TAG_OFFSETS: u16 = 0xDF21;
/// Tags of name, address, birth date and sex, in the order in which they must stand.
const TAGS: [u16; 4] = [0xDF22, 0xDF23, 0xDF24, 0xDF25];

/// Sex as the card writes it (JIS X 0303).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Code 0.
    Unknown,
    /// Code 1.
    Male,
    /// Code 2.
    Female,
    /// Code 9.
    NotApplicable,
}

/// What the face of the card shows. Never logged: `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicFour {
    /// 氏名; family and given name are split by U+3000.
    pub name: String,
    /// 住所, with full-width digits.
    pub address: String,
    /// 生年月日 as eight ASCII digits YYYYMMDD, Gregorian. Unknown parts are zeros.
    pub birth_date: String,
    /// 性別.
    pub sex: Sex,
}

impl std::fmt::Debug for BasicFour {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BasicFour(redacted)")
    }
}

impl BasicFour {
    /// Reads file 0002, strictly: every tag in order, every offset exact, nothing left over.
    ///
    /// # Errors
    ///
    /// [`CardError::Malformed`] where the bytes differ from that layout.
    pub fn parse(file: &[u8]) -> Result<Self, CardError> {
        parse_basic_four(file).ok_or(CardError::Malformed(Attempt::Read))
    }
}

/// What opens the basic four.
#[derive(Clone, Copy, Debug)]
pub enum FaceOpener<'a> {
    /// The 4-digit PIN of 券面事項入力補助, known to the holder.
    Pin(&'a UserPin),
    /// The number printed on the card, typed or scanned at the counter.
    PrintedNumber(&'a PrintedNumberB),
}

impl FaceOpener<'_> {
    fn file(&self) -> ElementaryFile {
        match self {
            Self::Pin(_) => ElementaryFile::CardFacePin,
            Self::PrintedNumber(_) => ElementaryFile::PrintedNumberB,
        }
    }

    fn kind(&self) -> SecretKind {
        match self {
            Self::Pin(_) => SecretKind::CardFacePin,
            Self::PrintedNumber(_) => SecretKind::PrintedNumberB,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Pin(pin) => pin.bytes(),
            Self::PrintedNumber(number) => number.bytes(),
        }
    }
}

/// A card whose text application is selected.
pub struct CardFace<T: Transport> {
    transport: T,
}

impl<T: Transport> std::fmt::Debug for CardFace<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CardFace")
    }
}

impl<T: Transport> CardFace<T> {
    /// Selects the text application.
    ///
    /// # Errors
    ///
    /// [`CardError::CardFaceAbsent`] when the card has none; otherwise what the card or reader did.
    pub fn open(transport: T) -> Result<Self, CardError> {
        let mut face = Self { transport };
        let response = exchange(
            &mut face.transport,
            &Command::select_application(&TEXT_APPLICATION),
        )
        .map_err(|error| error.during(Attempt::SelectApplication))?;
        match response.status {
            StatusWord::OK => Ok(face),
            _ => Err(CardError::CardFaceAbsent),
        }
    }

    /// Reads the basic four: one counter query, one VERIFY, one file; then leaves the application.
    ///
    /// # Errors
    ///
    /// A [`CardError`] that says whether and how a try was spent.
    pub fn read(
        mut self,
        opener: FaceOpener<'_>,
        policy: TriesPolicy,
    ) -> Result<BasicFour, CardError> {
        if try_select_file(&mut self.transport, opener.file())? == StatusWord::NOT_FOUND {
            return Err(CardError::CardFaceAbsent);
        }
        enough_tries(query_tries(&mut self.transport)?, opener.kind(), policy)?;
        verify(&mut self.transport, opener.kind(), opener.bytes())?;
        select_file(&mut self.transport, ElementaryFile::BasicFour)?;
        BasicFour::parse(&read_tlv_file(&mut self.transport)?)
    }
}

impl<T: Transport> Drop for CardFace<T> {
    fn drop(&mut self) {
        leave(&mut self.transport);
    }
}

fn parse_basic_four(file: &[u8]) -> Option<BasicFour> {
    let (content, after) = take_tlv(file, TAG_BASIC_FOUR)?;
    let (offsets, mut rest) = take_tlv(content, TAG_OFFSETS)?;
    let offsets: [u8; 8] = offsets.try_into().ok()?;
    let mut values = [&[][..]; 4];
    for ((tag, value), offset) in TAGS
        .into_iter()
        .zip(&mut values)
        .zip(offsets.chunks_exact(2))
    {
        let position = file.len() - after.len() - rest.len();
        if offset != u16::try_from(position).ok()?.to_be_bytes() {
            return None;
        }
        (*value, rest) = take_tlv(rest, tag)?;
    }
    let [name, address, birth_date, sex] = values;
    (rest.is_empty() && after.is_empty()).then_some(BasicFour {
        name: parse_text(name)?,
        address: parse_text(address)?,
        birth_date: parse_date(birth_date)?,
        sex: parse_sex(sex)?,
    })
}

/// Splits off one TLV object with exactly this two-byte tag: its value and what follows it.
fn take_tlv(bytes: &[u8], tag: u16) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(&tag.to_be_bytes())?;
    let (length, rest) = match rest {
        [short @ 0..=0x7F, rest @ ..] => (usize::from(*short), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn parse_text(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().map(str::to_owned)
}

fn parse_date(value: &[u8]) -> Option<String> {
    let is_date = value.len() == 8 && value.iter().all(u8::is_ascii_digit);
    if is_date { parse_text(value) } else { None }
}

fn parse_sex(value: &[u8]) -> Option<Sex> {
    match value {
        b"0" => Some(Sex::Unknown),
        b"1" => Some(Sex::Male),
        b"2" => Some(Sex::Female),
        b"9" => Some(Sex::NotApplicable),
        _ => None,
    }
}
