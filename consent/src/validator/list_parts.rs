//! A revocation list read in place: where its parts lie, and its entries one after the other. Nothing here allocates.
//!
//! A list may be sixteen megabytes long and come from anybody, so nothing is collected before its signature holds
//! ([`super::revocation_list`]). Every part but the entries is short; the entries are walked, not kept.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, IntRef, OctetStringRef};
use der::{Decode as _, ErrorKind, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};
use x509_cert::time::Time;

use super::certificate::slice;

/// Longest name, algorithm or extension block of a list, in bytes; JPKI's measure about 300.
const PART_BYTES_MAX: usize = 4096;

/// Longest serial number, in bytes (RFC 5280, 4.1.2.2: twenty, and one for the sign).
const SERIAL_BYTES_MAX: usize = 21;

/// Version 2 in DER: the only one that may carry extensions (RFC 5280, 5.1.2.1).
const VERSION_2: [u8; 3] = [0x02, 0x01, 0x01];

/// The parts of a list, each as the DER that it stands in.
pub(super) struct ListParts<'a> {
    pub(super) signed_bytes: &'a [u8],
    pub(super) signature: &'a [u8],
    /// Algorithm inside and outside of what is signed.
    pub(super) algorithms: [&'a [u8]; 2],
    pub(super) issuer: &'a [u8],
    pub(super) this_update: Time,
    pub(super) next_update: Option<Time>,
    pub(super) entries: Entries<'a>,
    /// Empty when the list has none.
    pub(super) extensions: &'a [u8],
}

impl<'a> ListParts<'a> {
    /// Finds the parts of a DER list. Looks at the length of every part and at the inside of none.
    pub(super) fn find(der: &'a [u8]) -> der::Result<Self> {
        let (signed_bytes, signature) = slice(der)?;
        let mut outer = only_element(der, Tag::Sequence)?;
        let mut signed = opened(&mut outer, Tag::Sequence)?;
        let outer_algorithm = short(&mut outer)?;
        AnyRef::decode(&mut outer)?;
        outer.finish(())?;
        if short(&mut signed)? != VERSION_2 {
            return Err(ErrorKind::Value { tag: Tag::Integer }.into());
        }
        let parts = Self {
            signed_bytes,
            signature,
            algorithms: [short(&mut signed)?, outer_algorithm],
            issuer: short(&mut signed)?,
            this_update: Time::decode(&mut signed)?,
            next_update: Option::decode(&mut signed)?,
            entries: Entries(if_next(&mut signed, Tag::Sequence)?),
            extensions: extensions(&mut signed)?,
        };
        signed.finish(parts)
    }
}

/// The serial number of a revoked certificate, at a fixed size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Serial {
    length: u8,
    bytes: [u8; SERIAL_BYTES_MAX],
}

impl Serial {
    /// None for one that is longer than any certificate's.
    pub(super) fn new(serial: &[u8]) -> Option<Self> {
        let mut bytes = [0; SERIAL_BYTES_MAX];
        bytes.get_mut(..serial.len())?.copy_from_slice(serial);
        let length = u8::try_from(serial.len()).ok()?;
        Some(Self { length, bytes })
    }
}

/// One revoked certificate.
pub(super) struct Entry {
    pub(super) serial: Serial,
    pub(super) since: Time,
    /// An extension without which the entry cannot be understood: nobody here understands any.
    pub(super) critical_extension: Option<ObjectIdentifier>,
}

/// The entries of a list, in its order; ends after the first malformed one.
#[derive(Clone)]
pub(super) struct Entries<'a>(Option<SliceReader<'a>>);

impl Iterator for Entries<'_> {
    type Item = der::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.as_mut().filter(|rest| !rest.is_finished())?;
        let entry = entry(rest);
        if entry.is_err() {
            self.0 = None;
        }
        Some(entry)
    }
}

fn entry(rest: &mut SliceReader<'_>) -> der::Result<Entry> {
    let mut entry = opened(rest, Tag::Sequence)?;
    let serial =
        Serial::new(IntRef::decode(&mut entry)?.as_bytes()).ok_or(ErrorKind::Overlength)?;
    let since = Time::decode(&mut entry)?;
    let mut extensions = if_next(&mut entry, Tag::Sequence)?;
    let mut critical_extension = None;
    while let Some(rest) = extensions.as_mut().filter(|rest| !rest.is_finished()) {
        critical_extension = self::critical_extension(rest)?.or(critical_extension);
    }
    entry.finish(Entry {
        serial,
        since,
        critical_extension,
    })
}

/// Reads one extension; its identifier when it is critical.
fn critical_extension(rest: &mut SliceReader<'_>) -> der::Result<Option<ObjectIdentifier>> {
    let mut extension = opened(rest, Tag::Sequence)?;
    let identifier = ObjectIdentifier::decode(&mut extension)?;
    let is_critical = extension.peek_tag()? == Tag::Boolean && bool::decode(&mut extension)?;
    OctetStringRef::decode(&mut extension)?;
    extension.finish(is_critical.then_some(identifier))
}

/// The block inside `[0]` at the end of what is signed.
fn extensions<'a>(signed: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    let tag = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber::N0,
    };
    match if_next(signed, tag)? {
        Some(mut inside) => {
            let block = short(&mut inside)?;
            inside.finish(block)
        }
        None => Ok(&[]),
    }
}

/// The inside of the one element that fills `der`.
fn only_element(der: &[u8], tag: Tag) -> der::Result<SliceReader<'_>> {
    let mut reader = SliceReader::new(der)?;
    let inside = opened(&mut reader, tag)?;
    reader.finish(inside)
}

/// The inside of the next element, which has this tag.
fn opened<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> der::Result<SliceReader<'a>> {
    let element = AnyRef::decode(reader)?;
    element.tag().assert_eq(tag)?;
    SliceReader::new(element.value())
}

/// The inside of the next element, if there is one with this tag.
fn if_next<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> der::Result<Option<SliceReader<'a>>> {
    if reader.is_finished() || reader.peek_tag()? != tag {
        return Ok(None);
    }
    opened(reader, tag).map(Some)
}

/// The whole next element, which must be short.
fn short<'a>(reader: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    let element = reader.tlv_bytes()?;
    if PART_BYTES_MAX < element.len() {
        return Err(ErrorKind::Overlength.into());
    }
    Ok(element)
}
