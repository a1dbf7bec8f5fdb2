//! Bytes: UTF-8 with and without its mark is read; everything else is named, with its line.

use musubi_portability::encoding::{EncodingError, text};
use proptest::prelude::*;

#[test]
fn utf8_is_read_with_and_without_its_mark() {
    assert_eq!(text("氏名,日\n".as_bytes()), Ok("氏名,日\n"));
    assert_eq!(
        text(&["\u{feff}".as_bytes(), "氏名".as_bytes()].concat()),
        Ok("氏名")
    );
    assert_eq!(text(b""), Ok(""));
}

#[test]
fn other_encodings_are_named_with_their_first_line() {
    // 氏名 in each of them, on line two.
    let on_line_two = |bytes: &[u8]| [b"id,name\n".as_slice(), bytes, b"\n"].concat();
    assert_eq!(
        text(&on_line_two(&[0x8E, 0x81, 0x96, 0xBC])),
        Err(EncodingError::ShiftJis { line: 2 })
    );
    assert_eq!(
        text(&on_line_two(&[0xBB, 0xE1, 0xCC, 0xBE])),
        Err(EncodingError::EucJp { line: 2 })
    );
    assert_eq!(
        text(&on_line_two(b"\x1b$B;aL>\x1b(B")),
        Err(EncodingError::Iso2022Jp { line: 2 })
    );
    assert_eq!(text(&[0xFF, 0xFE, 0x0F, 0x6C]), Err(EncodingError::Utf16));
    assert_eq!(
        text(&on_line_two(&[0xFF])),
        Err(EncodingError::Unknown { line: 2 })
    );
    let said = EncodingError::ShiftJis { line: 2 }.to_string();
    assert!(said.contains("line 2") && said.contains("UTF-8"), "{said}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = text(&bytes);
    }
}
