//! From the configuration to desks: each gets the keys that its work needs and no others.

use super::{
    attester::Attester,
    care::Care,
    chain::Chain,
    counter::Counter,
    custodian::Custodian,
    duties::Duties,
    elsewhere::Elsewhere,
    forms::Forms,
    intake::{AtWork, Intake},
    ledger::Ledger,
    papers::Stationery,
    revocations::Sources,
    voice::Voice,
};
use crate::{
    commands::{care::chain as words, key::passphrase},
    config::{CardEnvironment, NodeConfig},
    key_file::{self, KeyKind},
};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::sealing::HpkeSecret;
use musubi_consent::{Environment, TrustedRoots, evidence::HpkePrivateKey};
use musubi_node_gateway::DeskError;
use musubi_node_network::Network;
use musubi_node_register::{Register, RegisterKey};
use musubi_node_vault::{Keeper, Limits, Vault, VaultStore};
use musubi_node_workers::CacheKey;
use musubi_primitives::{HpkeKey, MemberId, VerifyingKey, commitment::hash_parts, domain};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};
use zeroize::Zeroizing;

/// The most bytes of a root certificate or revocation list.
const CARD_FILE_BYTES_MAX: u64 = 16 << 20;

/// The member's keys that this node was given.
pub(super) struct Keys {
    vault: Option<SigningKey>,
    verifier: Option<SigningKey>,
    officer: Option<SigningKey>,
    relay: Option<SigningKey>,
    gateway: Option<SigningKey>,
    hpke: Option<Zeroizing<[u8; 32]>>,
    former_hpke: Vec<Zeroizing<[u8; 32]>>,
    register: Option<Zeroizing<[u8; 32]>>,
}

impl Keys {
    pub(super) fn read(config: &NodeConfig) -> Result<Self, String> {
        let passphrase = passphrase(None)?;
        let read = |path: &Option<PathBuf>, kind| -> Result<_, String> {
            let secret = path
                .as_ref()
                .map(|path| key_file::read(path, kind, passphrase.as_deref()));
            secret.transpose().map_err(|error| error.to_string())
        };
        let signing = |path: &Option<PathBuf>| -> Result<_, String> {
            let secret = read(path, KeyKind::Ed25519)?;
            Ok(secret.map(|secret| SigningKey::from_bytes(&secret)))
        };
        let keys = &config.keys;
        Ok(Self {
            vault: signing(&keys.vault)?,
            verifier: signing(&keys.verifier)?,
            officer: signing(&keys.officer)?,
            relay: signing(&keys.relay)?,
            gateway: signing(&keys.gateway)?,
            hpke: read(&keys.hpke, KeyKind::X25519)?,
            former_hpke: former(&keys.former_hpke, passphrase.as_deref())?,
            register: read(&keys.register, KeyKind::X25519)?,
        })
    }

    pub(super) fn custodian(
        &self,
        config: &NodeConfig,
        chain: &Chain,
        member: MemberId,
    ) -> Result<Option<Custodian>, String> {
        let (Some(_), Some(verifier), Some(hpke)) = (&self.vault, &self.verifier, &self.hpke)
        else {
            return Ok(None);
        };
        let limits = Limits {
            author_bytes: config.vault.author_bytes,
            ..Limits::default()
        };
        let store = VaultStore::open(&folder(config, "vault")?).map_err(|error| words(&error))?;
        let keeper = Keeper {
            genesis: chain.genesis(),
            member,
            sealing: HpkeSecret::from_bytes(**hpke),
            signing: verifier.clone(),
        };
        let vault = Vault::new(store, keeper, limits, Arc::new(chain.clone()));
        for former in &self.former_hpke {
            let adopted = vault.adopt_from(&HpkeSecret::from_bytes(**former));
            let adopted = adopted.map_err(|error| words(&error))?;
            tracing::info!(adopted, "envelopes wrapped again to the present key");
        }
        Custodian::new(vault).map(Some)
    }

    pub(super) fn counter(
        &self,
        config: &NodeConfig,
        chain: &Chain,
        member: MemberId,
    ) -> Result<Option<Counter>, String> {
        let (Some(officer), Some(register)) = (&self.officer, &self.register) else {
            return Ok(None);
        };
        let key = hash_parts(&[domain::REGISTER_KEY, register.as_ref()]);
        let register = Register::open(&folder(config, "register")?, RegisterKey::from_bytes(key));
        let register = Arc::new(register.map_err(|error| words(&error))?);
        Ok(Some(Counter {
            chain: chain.clone(),
            voice: Voice {
                chain: chain.clone(),
                register: Arc::clone(&register),
                officer: officer.clone(),
                relay: self.relay.clone(),
            },
            register,
            member,
            editing: Arc::default(),
        }))
    }

    pub(super) fn attester(
        &self,
        config: &NodeConfig,
        counter: &Counter,
    ) -> Result<Option<Attester>, String> {
        let Some((hpke, register)) = self
            .hpke
            .as_ref()
            .zip(self.register.as_ref())
            .filter(|_| !config.cards.roots.is_empty())
        else {
            return Ok(None);
        };
        let roots = roots(config)?;
        let cache_key = CacheKey::derived_from(register);
        let revocations = Sources::open(config, &roots, cache_key, &counter.chain)?;
        Ok(Some(Attester {
            chain: counter.chain.clone(),
            register: Arc::clone(&counter.register),
            member: counter.member,
            voice: counter.voice.clone(),
            verifier: self.verifier.clone(),
            stationery: Arc::new(Stationery {
                font: config.cards.paper_font.clone(),
                notices: config.cards.notices.clone(),
                policy_url: config.cards.policy_url.clone(),
                ..Stationery::default()
            }),
            opener: Arc::new(HpkePrivateKey::from_bytes(**hpke)),
            roots: Arc::new(roots),
            revocations: Arc::new(revocations),
            patience: config.cards.pending,
            editing: Arc::clone(&counter.editing),
            finishing: Arc::default(),
        }))
    }

    pub(super) fn intake(
        &self,
        chain: &Chain,
        elsewhere: Arc<Elsewhere>,
        (care, forms): (Arc<Care>, Arc<Forms>),
        member: MemberId,
    ) -> Option<Intake> {
        let (gateway, hpke) = self.gateway.as_ref().zip(self.hpke.as_ref())?;
        let secret = HpkeSecret::from_bytes(**hpke);
        let member_key: HpkeKey = secret.public();
        let id_secret = hash_parts(&[domain::RECORD_ID, hpke.as_ref()]);
        Some(Intake {
            chain: chain.clone(),
            custodian: elsewhere.custodian.clone(),
            elsewhere,
            member,
            member_key,
            gateway: gateway.clone(),
            id_secret: Zeroizing::new(id_secret),
            at_work: AtWork::default(),
            care,
            forms,
        })
    }

    pub(super) fn duties(
        &self,
        chain: &Chain,
        custodian: &Custodian,
        network: &Network,
        (intake, ledger): (Option<Intake>, Option<Ledger>),
        member: MemberId,
    ) -> Option<Duties> {
        Some(Duties {
            chain: chain.clone(),
            custodian: custodian.clone(),
            network: network.clone(),
            member,
            vault_key: self.vault.clone()?,
            intake,
            ledger,
            looked_at: AtomicU64::default(),
        })
    }
}

/// The key by which the chain knows this node.
pub(super) fn node_key(config: &NodeConfig) -> Result<VerifyingKey, String> {
    let seed = key_file::read(
        &config.keys.network,
        KeyKind::Ed25519,
        passphrase(None)?.as_deref(),
    );
    let seed = seed.map_err(|error| error.to_string())?;
    Ok(VerifyingKey(
        SigningKey::from_bytes(&seed).verifying_key().to_bytes(),
    ))
}

/// The member whose node this is, as the chain says of its key; none while the chain does not know the node, or its member is suspended.
pub(super) async fn member(
    chain: &Chain,
    node: &VerifyingKey,
) -> Result<Option<MemberId>, DeskError> {
    chain.read("MusubiApi_member_of_node", node).await
}

fn former(paths: &[PathBuf], passphrase: Option<&str>) -> Result<Vec<Zeroizing<[u8; 32]>>, String> {
    let read = |path: &PathBuf| key_file::read(path, KeyKind::X25519, passphrase);
    let secrets = paths.iter().map(read).collect::<Result<_, _>>();
    secrets.map_err(|error| error.to_string())
}

pub(super) fn folder(config: &NodeConfig, name: &str) -> Result<PathBuf, String> {
    let path = config.data.join(name);
    std::fs::create_dir_all(&path).map_err(|error| format!("data {}: {error}", path.display()))?;
    Ok(path)
}

/// Refuses cards that the chain does not take: one for real people takes real cards only. Reads the roots, so that a file that cannot be
/// pinned stops the start, whether or not the node's member is known to the chain already.
pub fn check_cards(
    config: &NodeConfig,
    chain: musubi_chain_spec::Environment,
) -> Result<(), String> {
    if config.cards.roots.is_empty() {
        return Ok(());
    }
    let (is_live, cards) = (
        chain == musubi_chain_spec::Environment::Production,
        config.cards.environment,
    );
    if is_live && cards != CardEnvironment::Production {
        return Err(format!(
            "cards.environment: the chain specification {} is for production, where test cards count for nothing: set \"production\" \
             and pin the published roots",
            config.spec.display()
        ));
    }
    roots(config).map(drop)
}

fn roots(config: &NodeConfig) -> Result<TrustedRoots, String> {
    let environment = match config.cards.environment {
        CardEnvironment::Production => Environment::Production,
        CardEnvironment::JpkiTest => Environment::JpkiTest,
        CardEnvironment::Emulated => Environment::Emulated,
    };
    let ders = config
        .cards
        .roots
        .iter()
        .map(|path| bounded("cards.roots", path))
        .collect::<Result<Vec<_>, _>>()?;
    TrustedRoots::new(environment, &ders).map_err(|error| format!("cards.roots: {}", words(&error)))
}

pub(super) fn bounded(key: &str, path: &Path) -> Result<Vec<u8>, String> {
    let fail = |cause: String| format!("{key} {}: {cause}", path.display());
    let size = std::fs::metadata(path)
        .map_err(|error| fail(error.to_string()))?
        .len();
    if size > CARD_FILE_BYTES_MAX {
        return Err(fail(format!(
            "{size} bytes, at most {CARD_FILE_BYTES_MAX} are read"
        )));
    }
    std::fs::read(path).map_err(|error| fail(error.to_string()))
}
