//! The order to go on: what the operators of the validators that are left sign, and what a node checks of it.

use super::snapshot::Snapshot;
use codec::{DecodeAll, Encode};
use ed25519_dalek::{Signer, SigningKey};
use musubi_chain_spec::continuation::{Continuation, OperatorSignature, Seat};
use musubi_client_sdk::proofs::storage;
use musubi_primitives::{
    MemberId, VerifyingKey,
    commitment::hash_parts,
    finality::{Validator, ValidatorSet, verify_ed25519},
};
use pallet_consortium::member::{Member, Standing};

/// What the signature is for (this tag occurs nowhere else; those of the chain itself stand in `primitives/domain.rs`).
const DOMAIN: &[u8] = b"musubi/chain/continuation/v1";

/// An order without signatures.
pub fn plan(snapshot: &Snapshot, file: &str, validators: Vec<Seat>) -> Continuation {
    Continuation {
        genesis: snapshot.genesis.to_string(),
        height: u64::from(snapshot.header.number),
        block: snapshot.block().to_string(),
        snapshot: file.to_owned(),
        sha256: snapshot.sha256(),
        validators,
        signatures: Vec::new(),
    }
}

/// Adds an operator's signature, in place of an earlier one of the same member.
pub fn sign(order: &mut Continuation, member: u32, key: &SigningKey) {
    let signature = key.sign(&message(order));
    order.signatures.retain(|other| other.member != member);
    order.signatures.push(OperatorSignature {
        member,
        signature: format!("0x{}", hex::encode(signature.to_bytes())),
    });
}

/// Checks an order against its snapshot: the block is the one that it names, every validator is a member in good standing there, and the
/// operator of each has signed. The validators that go on.
///
/// # Errors
/// What does not hold, and whose signature is missing.
pub fn check(order: &Continuation, snapshot: &Snapshot) -> Result<Vec<Validator>, String> {
    let named = (order.genesis.as_str(), order.block.as_str(), order.height);
    let (genesis, block) = (snapshot.genesis.to_string(), snapshot.block().to_string());
    if named
        != (
            genesis.as_str(),
            block.as_str(),
            u64::from(snapshot.header.number),
        )
    {
        return Err("continues: the snapshot is of another block".to_owned());
    }
    let message = message(order);
    let seats = order.validators.iter();
    let validators = seats.map(|seat| validator(order, snapshot, seat, &message));
    let validators = validators.collect::<Result<Vec<_>, _>>()?;
    let set = ValidatorSet::new(validators.clone());
    set.map_err(|error| format!("continues.validators: {error}"))?;
    Ok(validators)
}

fn validator(
    order: &Continuation,
    snapshot: &Snapshot,
    seat: &Seat,
    message: &[u8; 32],
) -> Result<Validator, String> {
    let number = seat.member;
    let key: VerifyingKey = seat.key.parse().map_err(|_| {
        format!("continues.validators: the key of member {number} is no Ed25519 key")
    })?;
    let operator = operator(snapshot, MemberId(number))
        .ok_or_else(|| format!("continues.validators: {number} is no member in good standing"))?;
    let has_signed = order
        .signatures
        .iter()
        .filter(|signature| signature.member == number)
        .filter_map(|signature| signature_bytes(&signature.signature))
        .any(|signature| verify_ed25519(&operator, &signature, message));
    if !has_signed {
        return Err(format!(
            "continues.signatures: the operator of member {number} has not signed this order (musubi recover sign)"
        ));
    }
    Ok(Validator {
        key,
        member: MemberId(number),
        power: 1,
    })
}

/// The operator's key of a member in good standing, as the snapshot's state has it.
fn operator(snapshot: &Snapshot, member: MemberId) -> Option<VerifyingKey> {
    let (members, number) = (storage::value("Consortium", "Members"), member.encode());
    // Between the prefix and the number stands a hash of the number.
    let is_its = |key: &[u8]| key.starts_with(&members) && key.ends_with(&number);
    let (_, value) = snapshot.state.iter().find(|(key, _)| is_its(key))?;
    let member = Member::decode_all(&mut value.as_slice()).ok()?;
    (member.standing == Standing::Active).then_some(VerifyingKey(member.keys.operator.0))
}

fn message(order: &Continuation) -> [u8; 32] {
    let seats: Vec<(u32, &str)> = order
        .validators
        .iter()
        .map(|seat| (seat.member, seat.key.as_str()))
        .collect();
    let signed = (
        &order.genesis,
        order.height,
        &order.block,
        &order.sha256,
        seats,
    )
        .encode();
    hash_parts(&[DOMAIN, &signed])
}

fn signature_bytes(text: &str) -> Option<[u8; 64]> {
    let mut bytes = [0; 64];
    hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
    Some(bytes)
}
