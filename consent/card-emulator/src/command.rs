//! Reading short command APDUs as a card does (ISO 7816-4, 5.1): four header bytes, then data and expected length.

/// A command as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command<'a> {
    /// Class and instruction.
    pub(crate) operation: [u8; 2],
    pub(crate) p1: u8,
    pub(crate) p2: u8,
    pub(crate) data: &'a [u8],
    /// Expected answer length, 256 where Le is zero; none where the command has no Le.
    pub(crate) expected: Option<usize>,
}

impl<'a> Command<'a> {
    /// None for anything that is not a well-formed short APDU; a card answers 6700.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[class, instruction, p1, p2], body) = bytes.split_first_chunk()?;
        let (data, expected) = match body {
            [] => (&[][..], None),
            [expected] => (&[][..], Some(expected_length(*expected))),
            [length, rest @ ..] => {
                let (data, after) = rest.split_at_checked(usize::from(*length))?;
                match after {
                    [] => (data, None),
                    [expected] => (data, Some(expected_length(*expected))),
                    _ => return None,
                }
            }
        };
        Some(Self {
            operation: [class, instruction],
            p1,
            p2,
            data,
            expected,
        })
    }
}

fn expected_length(byte: u8) -> usize {
    if byte == 0 { 256 } else { usize::from(byte) }
}
