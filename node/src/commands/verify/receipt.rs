//! A consent receipt checked offline: that it is unaltered, which municipality signed it, and whether the key is that municipality's.
//!
//! The receipt names its key; that alone proves nothing, since anybody has a key. The specification says which keys the founding members
//! began with. A key that came later, with a member or by a change of keys, stands on the chain only: the reader then says which key the
//! member has, as some node that the reader trusts shows it.

use crate::{
    commands::{care::chain, spec},
    recovery,
};
use musubi_consent::{ConsentReceipt, receipt::SCHEMA, rendering::japan_time};
use musubi_primitives::{MemberId, VerifyingKey};
use serde_json::Value;
use std::path::Path;

/// Whether bytes mean to be a receipt.
pub(super) fn is_receipt(bytes: &[u8]) -> bool {
    let value: Option<Value> = serde_json::from_slice(bytes).ok();
    let schema = value
        .as_ref()
        .and_then(|value| value.get("schema")?.as_str());
    let kind = SCHEMA.rsplit_once('/').map(|(kind, _)| kind);
    schema
        .and_then(|schema| schema.rsplit_once('/'))
        .map(|(found, _)| found)
        == kind
}

/// Checks a receipt; says who signed what.
///
/// # Errors
/// A sentence that says what does not hold, or what is still to be known.
pub(super) fn run(
    path: &Path,
    bytes: &[u8],
    spec: &Path,
    key: Option<VerifyingKey>,
) -> Result<String, String> {
    let fail = |reason: String| format!("{}: {reason}", path.display());
    let receipt = ConsentReceipt::parse(bytes).map_err(|error| fail(chain(&error)))?;
    let genesis = recovery::genesis_of_file(spec)?.hash();
    if receipt.genesis() != genesis {
        return Err(fail(format!(
            "a receipt of the chain with genesis {}, the specification's is {genesis}",
            receipt.genesis()
        )));
    }
    let (member, signed_with) = receipt.verifier();
    let source = whose_key(spec, key, member, signed_with).map_err(fail)?;
    let (event, at) = receipt.event();
    let event = serde_json::to_value(event).map_err(|error| error.to_string())?;
    Ok([
        format!("unaltered: the receipt is as key {signed_with} signed it"),
        format!("signed by: member {member}, whose key this is by {source}"),
        format!(
            "says: consent {} {} at {} (Japan time)",
            receipt.consent(),
            event.as_str().unwrap_or_default(),
            japan_time(at)
        ),
        format!(
            "SHA-256, as in the QR code on paper: {}",
            hex::encode(receipt.digest())
        ),
    ]
    .join("\n"))
}

/// Where it is known from that the key is the member's.
fn whose_key(
    spec: &Path,
    told: Option<VerifyingKey>,
    member: MemberId,
    signed_with: VerifyingKey,
) -> Result<&'static str, String> {
    let founding = founding_key(spec, member)?;
    match (told, founding) {
        (Some(told), _) if told == signed_with => Ok("the reader's word"),
        (None, Some(founding)) if founding == signed_with => Ok("the chain specification"),
        (Some(other), _) | (None, Some(other)) => Err(format!(
            "not proved to be that municipality's: signed with key {signed_with}, and member {member} has {other}. If its keys were \
             changed since, look at a node that you trust for the key of that time, and give it with --verifier-key"
        )),
        (None, None) => Err(format!(
            "not proved to be that municipality's: the specification names no key of member {member}, which signed with {signed_with}. \
             Look at a node that you trust for that member's verifier key, and give it with --verifier-key"
        )),
    }
}

/// The verifier key that a founding member began with. None for members that came later, and on a chain that goes on from another.
fn founding_key(spec: &Path, member: MemberId) -> Result<Option<VerifyingKey>, String> {
    let spec = spec::read(spec)?;
    if spec.continues.is_some() {
        return Ok(None);
    }
    let place = usize::try_from(member.0).map_err(|error| error.to_string())?;
    let members = spec.genesis.pointer("/consortium/members");
    let key = members.and_then(|members| members.get(place)?.pointer("/keys/verifier"));
    key.map(|key| serde_json::from_value(key.clone()).map_err(|error| error.to_string()))
        .transpose()
}
