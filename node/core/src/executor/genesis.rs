//! Genesis: the first state, built from the chain specification without a store, so that its hash is known before a store is opened.

use super::{
    outcome::{Block, Header, split_nodes},
    read::HEIGHT_PARAMETERS,
    session::{CallError, Session},
    spec::Specs,
    state::Hasher,
};
use crate::ports::{BlockBytes, BlockCommit, LocalFault};
use codec::{Decode, Encode};
use musubi_primitives::{
    BlockHash,
    finality::{Validator, ValidatorSet},
    mountain_range::{MountainRange, leaf_hash},
    parameter::HeightParameters,
};
use musubi_runtime::api;
use sp_core::{H256, storage::well_known_keys::EXTRINSIC_INDEX};
use sp_runtime::traits::Header as _;

/// Why a specification gives no genesis.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The runtime does not know this configuration.
    #[error("genesis: {0}")]
    Refused(String),
    /// The runtime stopped while building it.
    #[error("genesis: {0}")]
    Call(#[from] CallError),
}

impl From<LocalFault> for GenesisError {
    fn from(fault: LocalFault) -> Self {
        Self::Call(fault.into())
    }
}

/// The first block and its state.
#[derive(Clone, Debug)]
pub struct Genesis {
    commit: BlockCommit,
}

impl Genesis {
    /// Hash of the first block.
    pub fn hash(&self) -> BlockHash {
        self.commit.block.hash
    }

    /// Who decides the first two blocks.
    pub fn validators(&self) -> &ValidatorSet {
        &self.commit.validators
    }

    /// What a new store receives.
    pub fn commit(&self) -> BlockCommit {
        self.commit.clone()
    }
}

/// Builds genesis from the runtime's configuration as JSON. Keys that the configuration leaves out have the runtime's defaults.
///
/// # Errors
/// When the runtime refuses the configuration; the message names the key.
pub fn build_genesis(specs: Specs, config: &serde_json::Value) -> Result<Genesis, GenesisError> {
    let mut session = Session::empty(specs);
    let config = merged(default_config(&mut session)?, config);
    let arguments = config.to_string().into_bytes().encode();
    let result = session.run(|| {
        sp_io::storage::set(EXTRINSIC_INDEX, &0u32.encode());
        let result = api::dispatch("GenesisBuilder_build_state", &arguments);
        sp_io::storage::clear(EXTRINSIC_INDEX);
        result
    })?;
    let result =
        result.ok_or_else(|| CallError::UnknownMethod("GenesisBuilder_build_state".to_owned()))?;
    Result::<(), String>::decode(&mut &result[..])
        .map_err(|error| GenesisError::Refused(error.to_string()))?
        .map_err(GenesisError::Refused)?;
    let parameters: HeightParameters = session.call_as(HEIGHT_PARAMETERS, &[])?;
    commit_of(session, parameters.validators)
}

/// Builds the first block of a chain that goes on from another one's state, under other validators. Heights begin anew, and with them what the
/// runtime keeps by height: hashes of earlier blocks and the mountain range of headers.
///
/// # Errors
/// When the state needs a specification that this program lacks.
pub fn continue_genesis(
    specs: Specs,
    state: &[(Vec<u8>, Vec<u8>)],
    validators: &[Validator],
) -> Result<Genesis, GenesisError> {
    let mut session = filled(specs, state)?;
    session.run(|| {
        for (pallet, item) in [
            ("System", "BlockHash"),
            ("System", "Digest"),
            ("Trail", "History"),
        ] {
            // Far fewer keys than the limit are below each.
            sp_io::storage::clear_prefix(&item_key(pallet, item), None);
        }
        sp_io::storage::set(&item_key("System", "Number"), &0u32.encode());
        sp_io::storage::set(&item_key("System", "ParentHash"), &H256::zero().encode());
        for item in ["Seats", "Deciding"] {
            sp_io::storage::set(&item_key("Consortium", item), &validators.encode());
        }
    })?;
    let parameters: HeightParameters = session.call_as(HEIGHT_PARAMETERS, &[])?;
    commit_of(session, parameters.validators)
}

/// The root that these keys and values have as a state.
///
/// # Errors
/// A fault of this machine.
pub fn state_root(specs: Specs, state: &[(Vec<u8>, Vec<u8>)]) -> Result<[u8; 32], GenesisError> {
    let changes = filled(specs, state)?.into_changes()?;
    Ok(changes.transaction_storage_root.0)
}

fn filled(specs: Specs, state: &[(Vec<u8>, Vec<u8>)]) -> Result<Session, GenesisError> {
    let mut session = Session::empty(specs);
    session.run(|| {
        for (key, value) in state {
            sp_io::storage::set(key, value);
        }
    })?;
    Ok(session)
}

/// Where a pallet keeps an item: FRAME's prefix of its keys.
fn item_key(pallet: &str, item: &str) -> Vec<u8> {
    let halves = [pallet, item].map(|name| sp_io::hashing::twox_128(name.as_bytes()));
    halves.concat()
}

/// The runtime's own configuration, complete: it refuses one with missing keys.
fn default_config(session: &mut Session) -> Result<serde_json::Value, GenesisError> {
    let text: Option<Vec<u8>> =
        session.call_as("GenesisBuilder_get_preset", &None::<String>.encode())?;
    let refused = || GenesisError::Refused("the runtime has no default configuration".to_owned());
    let text = text.ok_or_else(refused)?;
    serde_json::from_slice(&text).map_err(|error| GenesisError::Refused(error.to_string()))
}

/// `defaults` with every key that `config` has taken from there (RFC 7396, without removal).
fn merged(defaults: serde_json::Value, config: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value::Object;
    match (defaults, config) {
        (Object(mut defaults), Object(config)) => {
            for (key, value) in config {
                let default = defaults.remove(key).unwrap_or_default();
                defaults.insert(key.clone(), merged(default, value));
            }
            Object(defaults)
        }
        (_, config) => config.clone(),
    }
}

fn commit_of(session: Session, validators: ValidatorSet) -> Result<Genesis, GenesisError> {
    let changes = session.into_changes()?;
    let block = first_block(changes.transaction_storage_root);
    let (nodes_added, _) = split_nodes(changes.transaction);
    let mut mountain_nodes = Vec::new();
    MountainRange::default().append(leaf_hash(&block.hash().0), |position, node| {
        mountain_nodes.push((position, node));
    });
    let commit = BlockCommit {
        block: BlockBytes {
            hash: block.hash(),
            bytes: block.encode(),
        },
        height: 0,
        state_root: block.header.state_root.0,
        certificate: None,
        validators,
        nodes_added,
        nodes_dropped: Vec::new(),
        mountain_nodes,
        events: Vec::<()>::new().encode(),
        trail_rows: Vec::new(),
        extrinsic_hashes: Vec::new(),
    };
    Ok(Genesis { commit })
}

fn first_block(state_root: H256) -> Block {
    let no_extrinsics = sp_trie::empty_trie_root::<sp_trie::LayoutV1<Hasher>>();
    let header = Header::new(
        0,
        no_extrinsics,
        state_root,
        H256::zero(),
        Default::default(),
    );
    Block {
        header,
        extrinsics: Vec::new(),
    }
}
