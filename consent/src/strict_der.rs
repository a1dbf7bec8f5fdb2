//! DER that is decoded only after every length in it was held against the bytes that are there.
//!
//! The `der` crate reserves memory for a claimed length before it looks whether so many bytes follow: ten bytes from a card or a
//! responder could ask for 256 MiB. Everything foreign is decoded through [`decode`].

use std::ops::Range;

use der::{Decode as _, DecodeOwned, ErrorKind, Header, Reader as _, SliceReader, Tag};

/// How deep elements may lie in one another. Certificates, lists and answers need twelve.
const DEPTH_MAX: usize = 32;

/// Fewest bytes in which a length beyond 64 KiB can be claimed: a tag and four length bytes.
const CLAIM_BYTES_MIN: usize = 5;

/// A byte that is a legal number, text, key identifier and object identifier however often it is repeated, and as a header claims one byte.
const HARMLESS: u8 = 0x01;

/// Decodes one value that fills `bytes`, none of whose parts claims to be longer than what holds it.
///
/// # Errors
///
/// What is malformed.
pub(crate) fn decode<T: DecodeOwned>(bytes: &[u8]) -> der::Result<T> {
    let mut opaque = Vec::new();
    require_lengths(bytes, 0, DEPTH_MAX, &mut opaque)?;
    if !opaque.is_empty() {
        // The decoder may take an opaque element for one that holds others, and notices the wrong tag only afterwards. So
        // it first decodes a copy in which these elements claim nothing; one that is misread fails there.
        let mut harmless = bytes.to_vec();
        for element in opaque {
            if let Some(content) = harmless.get_mut(element) {
                content.fill(HARMLESS);
            }
        }
        T::from_der(&harmless)?;
    }
    T::from_der(bytes)
}

/// Walks the headers of all elements, and of those inside constructed ones. Notes where the content of opaque elements lies whose tag
/// does not say what they hold, if it is long enough to claim something.
fn require_lengths(
    bytes: &[u8],
    start: usize,
    depth_left: usize,
    opaque: &mut Vec<Range<usize>>,
) -> der::Result<()> {
    let mut reader = SliceReader::new(bytes)?;
    while !reader.is_finished() {
        let header = Header::decode(&mut reader)?;
        let begin = start.saturating_add(usize::try_from(reader.position())?);
        let content = reader.read_slice(header.length)?;
        if header.tag.is_constructed() {
            let deeper = depth_left.checked_sub(1).ok_or(ErrorKind::Overlength)?;
            require_lengths(content, begin, deeper, opaque)?;
        } else if matches!(header.tag, Tag::ContextSpecific { .. })
            && CLAIM_BYTES_MIN <= content.len()
        {
            opaque.push(begin..begin.saturating_add(content.len()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::{Any, asn1::OctetString};
    use x509_cert::ext::pkix::AuthorityKeyIdentifier;

    #[test]
    fn what_fits_is_decoded() {
        let bytes = [0x04, 0x02, 0xAA, 0xBB];
        assert_eq!(
            decode::<OctetString>(&bytes).unwrap().as_bytes(),
            [0xAA, 0xBB]
        );
    }

    #[test]
    fn a_length_beyond_the_end_is_refused_at_any_depth() {
        let claim = [0x04, 0x84, 0x0F, 0xFF, 0xFF, 0xFF, 0x00];
        assert!(decode::<Any>(&claim).is_err());
        let inside = [&[0x30, 0x07][..], &claim].concat();
        assert!(decode::<Any>(&inside).is_err());
    }

    #[test]
    fn an_opaque_element_is_not_read_as_one_that_holds_others() {
        // authorityCertIssuer as [1] primitive: its content would be read as names, and the first one claims 256 MiB.
        let misread = [0x30, 0x08, 0x81, 0x06, 0x82, 0x84, 0x0F, 0xFF, 0xFF, 0xFF];
        assert!(decode::<AuthorityKeyIdentifier>(&misread).is_err());
        // The same bytes as a key identifier claim nothing.
        let key = [0x30, 0x08, 0x80, 0x06, 0x82, 0x84, 0x0F, 0xFF, 0xFF, 0xFF];
        let identifier = decode::<AuthorityKeyIdentifier>(&key).unwrap();
        assert_eq!(identifier.key_identifier.unwrap().as_bytes(), &key[4..]);
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |depth| {
            (0..depth).fold(vec![0x05, 0x00], |inner: Vec<u8>, _| {
                let length = u8::try_from(inner.len()).unwrap();
                [&[0x30, length][..], &inner].concat()
            })
        };
        assert!(decode::<Any>(&nested(DEPTH_MAX)).is_ok());
        assert!(decode::<Any>(&nested(DEPTH_MAX + 1)).is_err());
    }
}
