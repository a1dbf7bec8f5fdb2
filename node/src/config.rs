//! The node's configuration, with one precedence: defaults, then the TOML file, then `MUSUBI_…` variables, then flags.
//!
//! A variable names its key with two underscores for each dot: `MUSUBI_RPC__LISTEN=127.0.0.1:9955` sets `rpc.listen`.

mod facade;

pub use facade::{ClientConfig, FacadeConfig, ScaleConfig};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use musubi_consent::Text;
use musubi_node_workers::RevocationSettings;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// Everything a node can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// Name in logs and metrics; no place of a protected person.
    pub name: String,
    /// Chain specification file.
    pub spec: PathBuf,
    /// Folder for everything the node writes.
    pub data: PathBuf,
    /// Key files.
    pub keys: KeyConfig,
    /// Consensus swarm.
    pub consensus: SwarmConfig,
    /// Swarm for transactions, vault blobs and snapshots.
    pub network: SwarmConfig,
    /// JSON-RPC, metrics and health.
    pub rpc: RpcConfig,
    /// REST for clinics, counters and phones.
    pub gateway: GatewayConfig,
    /// FHIR for this member's own systems, on the gateway's listener.
    pub facade: FacadeConfig,
    /// The counter console, on the gateway's listener.
    pub counter: CounterConfig,
    /// The audit explorer, on the listener of `rpc`.
    pub explorer: ExplorerConfig,
    /// Cards.
    pub cards: CardConfig,
    /// The schedule check.
    pub care: CareConfig,
    /// Sealed records.
    pub vault: VaultConfig,
    /// Store.
    pub store: StoreConfig,
    /// Logs.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
}

/// Where the node's keys lie. Paths are relative to the configuration file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyConfig {
    /// Key of the consensus swarm; it votes where the validator set has it, and follows elsewhere.
    pub consensus: PathBuf,
    /// Identity in the second swarm.
    pub network: PathBuf,
    /// The member's vault account: acknowledges, delivers and erases.
    pub vault: Option<PathBuf>,
    /// The member's officer service account: attests.
    pub officer: Option<PathBuf>,
    /// A second officer account of the municipality, which alone speaks on the chain for people under protection; without it nobody is
    /// protected here.
    pub relay: Option<PathBuf>,
    /// X25519 key that records and evidence are sealed to.
    pub hpke: Option<PathBuf>,
    /// Former keys of that kind: what is kept under them is wrapped again to the present one at the next start.
    pub former_hpke: Vec<PathBuf>,
    /// Key of the encrypted register.
    pub register: Option<PathBuf>,
    /// The member's verifier key: signs delivery and erasure receipts.
    pub verifier: Option<PathBuf>,
    /// The member's gateway service account: commits records that staff send.
    pub gateway: Option<PathBuf>,
    /// P-256 key that signs health cards.
    pub issuer: Option<PathBuf>,
}

/// The REST side for clinics' systems, counters and phones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Address and port; without it there is no gateway.
    pub listen: Option<SocketAddr>,
    /// Origin of its pages as browsers see it, such as `https://musubi.vill.example.jp`; without it the gateway takes no passkeys.
    pub origin: Option<String>,
}

/// The counter and clinic console.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CounterConfig {
    /// Where the card agent of a counter's machine listens; `musubi card agent` has the same default.
    pub agent: String,
    /// Origins of other members' gateways, by number: this node's console calls them, and theirs may call this gateway.
    pub gateways: BTreeMap<String, String>,
}

impl Default for CounterConfig {
    fn default() -> Self {
        Self {
            agent: "http://127.0.0.1:8937".to_owned(),
            gateways: BTreeMap::new(),
        }
    }
}

impl CounterConfig {
    /// [`Self::gateways`] by number.
    ///
    /// # Errors
    /// A sentence that names what is no number or no origin.
    pub fn neighbours(&self) -> Result<BTreeMap<u32, String>, String> {
        let checked = |(number, origin): (&String, &String)| {
            let number: u32 = number
                .parse()
                .map_err(|_| format!("counter.gateways {number:?}: expected a member's number"))?;
            Ok((number, checked_origin("counter.gateways", origin)?))
        };
        self.gateways.iter().map(checked).collect()
    }

    /// What its pages may call beside their own gateway.
    ///
    /// # Errors
    /// As [`Self::neighbours`].
    pub fn callable(&self) -> Result<Vec<String>, String> {
        let mut origins = vec![checked_origin("counter.agent", &self.agent)?];
        origins.extend(self.neighbours()?.into_values());
        Ok(origins)
    }
}

/// An origin as browsers write it: it goes into a page's policy, where anything after it would mean something else.
fn checked_origin(key: &str, text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("{key} {text:?}: {error}"))?;
    let origin = url.origin().ascii_serialization();
    if origin == text && matches!(url.scheme(), "http" | "https") {
        return Ok(origin);
    }
    Err(format!(
        "{key} {text:?}: expected an origin such as https://gateway.village.example.jp, without a path"
    ))
}

/// What the schedule check knows beyond the rules that come with the binary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CareConfig {
    /// Files with further rule sets (`musubi/schedule/1`). Which set applies, the chain says by its hash.
    pub rules: Vec<PathBuf>,
    /// Products by the codes of a record system: `"system|code"` to the code of the rules, such as `"PCV20"`.
    pub products: BTreeMap<String, String>,
}

/// The audit explorer: a search index beside the chain, and its pages at `/explorer`, for operators.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExplorerConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// What this node's people call the members, by number; the chain knows no names.
    pub members: BTreeMap<String, String>,
}

impl ExplorerConfig {
    /// [`Self::members`] by number.
    ///
    /// # Errors
    /// A sentence that names what is no number.
    pub fn names(&self) -> Result<BTreeMap<u32, String>, String> {
        let name = |(number, name): (&String, &String)| {
            let number = number
                .parse()
                .map_err(|_| format!("explorer.members {number:?}: expected a member's number"))?;
            Ok((number, name.clone()))
        };
        self.members.iter().map(name).collect()
    }
}

/// Which cards this municipality accepts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardConfig {
    /// Pinned root certificates (DER). Production takes only the published ones.
    pub roots: Vec<PathBuf>,
    /// `production`, `jpki-test` or `emulated`; a live chain takes `production` only.
    pub environment: CardEnvironment,
    /// Revocation lists (DER) of the municipality's own residents.
    pub revocation_lists: Vec<PathBuf>,
    /// Where the authority is asked what these lists do not know; nowhere by default.
    pub revocation: RevocationSettings,
    /// Valid signatures whose revocation answer is still out.
    pub pending: PendingConfig,
    /// TrueType font with Japanese for statements and receipts; the machine's usual one by default.
    pub paper_font: Option<PathBuf>,
    /// Folder with the privacy notices that are handed over, each a file named after its identifier; receipts hold their hashes.
    pub notices: Option<PathBuf>,
    /// Address under which the municipality's privacy policy can be read; receipts name it.
    pub policy_url: Option<Text>,
}

/// How long a revocation answer is waited for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PendingConfig {
    /// How long whoever brings a signature is kept waiting for it, in milliseconds.
    pub wait_ms: u64,
    /// How long after the signature was taken in the answer may come, in milliseconds; seven days after signing it is too late anyway.
    pub deadline_ms: u64,
}

impl PendingConfig {
    /// [`Self::wait_ms`].
    pub fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms)
    }

    /// [`Self::deadline_ms`].
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

/// The world that the pinned roots belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardEnvironment {
    /// Real cards.
    #[default]
    Production,
    /// J-LIS's test cards.
    JpkiTest,
    /// Cards in software.
    Emulated,
}

/// One libp2p swarm.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SwarmConfig {
    /// Multiaddress to listen on.
    pub listen: String,
    /// Multiaddresses of other members, each ending in `/p2p/<peer id>`.
    pub peers: Vec<String>,
}

/// The node's HTTP listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RpcConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// File with the operators' bearer token; without it unsafe methods answer on loopback only.
    pub operator_token: Option<PathBuf>,
}

/// The vault.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaultConfig {
    /// The most bytes of ciphertext kept for one author, this member's own records included; 64 GiB by default.
    pub author_bytes: u64,
}

impl Default for VaultConfig {
    fn default() -> Self {
        Self {
            author_bytes: musubi_node_vault::Limits::default().author_bytes,
        }
    }
}

/// The database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Keep every old state.
    pub archive: bool,
    /// Without `archive`: how many blocks' states stay readable.
    pub pruning_window: u32,
    /// How a node without blocks of its own comes to where the others are.
    pub join: Join,
}

/// How a node that is new to a chain gets its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Join {
    /// From the others, when they are far ahead: proved by certificates from genesis on, without the blocks in between.
    Snapshot,
    /// By executing every block since genesis.
    Replay,
}

/// Logs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `tracing` filter, such as `warn,musubi=debug`.
    pub filter: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// Traces for a collector that speaks OpenTelemetry; none by default.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Where a collector in the node's own network takes OTLP as JSON, such as `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: Option<String>,
    /// Share of calls that are traced, from 0 to 1.
    pub share: f64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            name: "node".to_owned(),
            spec: PathBuf::from("chain-spec.json"),
            data: PathBuf::from("data"),
            keys: KeyConfig::default(),
            consensus: SwarmConfig {
                listen: "/ip4/127.0.0.1/tcp/30333".to_owned(),
                peers: Vec::new(),
            },
            network: SwarmConfig {
                listen: "/ip4/127.0.0.1/tcp/30433".to_owned(),
                peers: Vec::new(),
            },
            rpc: RpcConfig::default(),
            gateway: GatewayConfig::default(),
            facade: FacadeConfig::default(),
            counter: CounterConfig::default(),
            explorer: ExplorerConfig::default(),
            cards: CardConfig::default(),
            care: CareConfig::default(),
            vault: VaultConfig::default(),
            store: StoreConfig::default(),
            log: LogConfig::default(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            share: 1.0,
        }
    }
}

impl Default for KeyConfig {
    fn default() -> Self {
        Self {
            consensus: PathBuf::from("keys/consensus.pem"),
            network: PathBuf::from("keys/network.pem"),
            vault: None,
            officer: None,
            relay: None,
            hpke: None,
            former_hpke: Vec::new(),
            register: None,
            verifier: None,
            gateway: None,
            issuer: None,
        }
    }
}

impl Default for PendingConfig {
    fn default() -> Self {
        Self {
            wait_ms: 3_000,
            deadline_ms: 72 * 3600 * 1000,
        }
    }
}

impl Default for SwarmConfig {
    fn default() -> Self {
        Self {
            listen: "/ip4/127.0.0.1/tcp/0".to_owned(),
            peers: Vec::new(),
        }
    }
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9944)),
            operator_token: None,
        }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            archive: false,
            pruning_window: 4096,
            join: Join::Snapshot,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "warn,musubi=info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// Why the configuration cannot be used; names file, key and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there.
    #[error("configuration file {0} does not exist")]
    Missing(PathBuf),
    /// A key is unknown, missing or of the wrong form.
    #[error("configuration {}: {cause}", path.as_ref().map_or_else(|| "from the environment".to_owned(), |path| path.display().to_string()))]
    Invalid {
        /// The file, if one was given.
        path: Option<PathBuf>,
        /// Key, source and expectation.
        cause: String,
    },
}

/// Values given as flags; they outrank all others.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flags {
    /// `--name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `--data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// `--spec`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<PathBuf>,
    /// `--rpc-listen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc: Option<RpcFlags>,
}

/// Flags below `rpc`.
#[derive(Clone, Debug, Serialize)]
pub struct RpcFlags {
    /// `--rpc-listen`.
    pub listen: SocketAddr,
}

/// Reads the configuration; relative paths in it are taken from the file's folder.
///
/// # Errors
/// See [`ConfigError`].
pub fn load(file: Option<&Path>, flags: &Flags) -> Result<NodeConfig, ConfigError> {
    let mut figment = Figment::from(Serialized::defaults(NodeConfig::default()));
    if let Some(path) = file {
        if !path.is_file() {
            return Err(ConfigError::Missing(path.to_path_buf()));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    let figment = figment
        .merge(environment())
        .merge(Serialized::defaults(flags));
    let config: NodeConfig = figment.extract().map_err(|error| ConfigError::Invalid {
        path: file.map(Path::to_path_buf),
        cause: describe(&error),
    })?;
    Ok(config.relative_to(file.and_then(Path::parent).unwrap_or(Path::new("."))))
}

/// `MUSUBI_…` variables but for those that are not configuration.
fn environment() -> Env {
    Env::prefixed("MUSUBI_")
        .ignore(&["KEY_PASSPHRASE", "CONFIG", "WEB_DIST"])
        .split("__")
}

fn describe(error: &figment::Error) -> String {
    let one = |error: figment::Error| {
        let key = error.path.join(".");
        let source = error
            .metadata
            .as_ref()
            .map(|metadata| format!(" (from {})", metadata.name))
            .unwrap_or_default();
        if key.is_empty() {
            format!("{}{source}", error.kind)
        } else {
            format!("key {key}: {}{source}", error.kind)
        }
    };
    error
        .clone()
        .into_iter()
        .map(one)
        .collect::<Vec<_>>()
        .join("; ")
}

impl NodeConfig {
    fn relative_to(mut self, folder: &Path) -> Self {
        let place = |path: &mut PathBuf| *path = folder.join(&*path);
        let optional = |path: &mut Option<PathBuf>| {
            if let Some(path) = path {
                *path = folder.join(&*path);
            }
        };
        place(&mut self.spec);
        place(&mut self.data);
        place(&mut self.keys.consensus);
        place(&mut self.keys.network);
        self.care.rules.iter_mut().for_each(place);
        self.keys.former_hpke.iter_mut().for_each(place);
        let cards = &mut self.cards;
        cards
            .roots
            .iter_mut()
            .chain(&mut cards.revocation_lists)
            .for_each(place);
        self.facade.paths().for_each(place);
        for path in [
            &mut self.keys.vault,
            &mut self.keys.officer,
            &mut self.keys.relay,
            &mut self.keys.hpke,
            &mut self.keys.register,
            &mut self.keys.verifier,
            &mut self.keys.gateway,
            &mut self.keys.issuer,
            &mut self.rpc.operator_token,
            &mut self.cards.paper_font,
            &mut self.cards.notices,
        ] {
            optional(path);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> Result<NodeConfig, ConfigError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("node.toml");
        std::fs::write(&path, text).expect("writes");
        load(Some(&path), &Flags::default())
    }

    #[test]
    fn flags_outrank_the_file_and_the_file_outranks_defaults() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("node.toml");
        std::fs::write(&path, "name = \"village\"\n[rpc]\nlisten = \"127.0.0.1:1\"")
            .expect("writes");
        let flags = Flags {
            rpc: Some(RpcFlags {
                listen: SocketAddr::from(([127, 0, 0, 1], 2)),
            }),
            ..Flags::default()
        };
        let config = load(Some(&path), &flags).expect("loads");
        assert_eq!(
            (config.name.as_str(), config.rpc.listen.port()),
            ("village", 2)
        );
        assert_eq!(config.data, folder.path().join("data"));
    }

    #[test]
    fn a_mistake_names_file_key_and_expectation() {
        let unknown = load_text("[rpc]\nlisen = \"x\"")
            .expect_err("unknown key")
            .to_string();
        assert!(
            unknown.contains("lisen") && unknown.contains("node.toml"),
            "{unknown}"
        );
        let wrong = load_text("[store]\narchive = \"perhaps\"")
            .expect_err("wrong form")
            .to_string();
        assert!(
            wrong.contains("store.archive") && wrong.contains("bool"),
            "{wrong}"
        );
        let neither = load_text("[store]\njoin = \"magic\"")
            .expect_err("no such way")
            .to_string();
        assert!(
            neither.contains("store.join") && neither.contains("replay"),
            "{neither}"
        );
        let missing = load(Some(Path::new("/nowhere/node.toml")), &Flags::default())
            .expect_err("no file")
            .to_string();
        assert!(missing.contains("/nowhere/node.toml"), "{missing}");
    }

    #[test]
    fn the_authority_is_asked_at_plain_addresses_and_nowhere_by_default() {
        let text = |address: &str| {
            format!(
                "[[cards.revocation.responders]]\ncertificate_use = \"signing\"\naddress = \"{address}\""
            )
        };
        let silent = load_text("name = \"village\"").expect("loads").cards;
        assert!(silent.revocation.responders.is_empty() && silent.revocation.lists.is_empty());
        let asking = load_text(&text("http://ocsp.example.lg.jp/signing")).expect("loads");
        assert_eq!(asking.cards.revocation.responders.len(), 1);
        let secured = load_text(&text("https://ocsp.example.lg.jp/signing"))
            .expect_err("no TLS that could be mistaken for trust")
            .to_string();
        assert!(
            secured.contains("cards.revocation.responders") && secured.contains("http://host/path"),
            "{secured}"
        );
    }
}
