//! The demonstration consortium on disk: keys, chain specification and one configuration file for each node.
//!
//! ```text
//! chain-spec.json            what all nodes share
//! members/<name>/*.pem       keys of the member and its staff (mode 600)
//! nodes/<name>/node.toml     configuration; data/ and log beside it
//! cards/                     test authority: roots and revocation lists that the villages pin
//! ```

use super::{
    cards,
    plan::{MEMBERS, MemberPlan, STAFF_UNTIL},
};
use crate::{
    commands::key::peer_id,
    key_file::{self, KeyKind},
};
use musubi_chain_spec::{ChainSpec, Environment};
use musubi_primitives::{AccountId, HpkeKey, VerifyingKey, parameter::Parameters};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where the nodes of one consortium listen, four ports each, and its card authority.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// JSON-RPC of the first node; the others follow.
    pub rpc: u16,
    /// Consensus swarm of the first node; the others follow.
    pub consensus: u16,
    /// Second swarm of the first node; the others follow.
    pub network: u16,
    /// Gateway of the first node; the others follow.
    pub gateway: u16,
    /// Where consoles look for the card agent of their machine.
    pub agent: u16,
    /// Where the card authority answers which certificates were revoked; without it the villages read its lists from files.
    pub responder: Option<u16>,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            rpc: 9944,
            consensus: 30333,
            network: 30433,
            gateway: 9980,
            agent: 8937,
            responder: None,
        }
    }
}

impl Ports {
    /// Ten ports for each kind, one after the other.
    pub fn starting_at(base: u16) -> Self {
        Self {
            rpc: base,
            consensus: base.saturating_add(10),
            network: base.saturating_add(20),
            gateway: base.saturating_add(30),
            agent: base.saturating_add(38),
            responder: None,
        }
    }

    /// With a card authority that answers, at the last of the gateways' ten ports.
    pub fn with_responder(self) -> Self {
        Self {
            responder: Some(self.gateway.saturating_add(9)),
            ..self
        }
    }
}

impl Ports {
    /// Checks that nobody listens where the nodes will.
    ///
    /// # Errors
    /// A sentence that names the port.
    pub fn check_free(&self) -> Result<(), String> {
        let nodes = (0..).zip(MEMBERS.iter().filter(|member| member.node));
        for (place, _) in nodes {
            for base in [self.rpc, self.consensus, self.network, self.gateway] {
                let port = base + place;
                std::net::TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
                    format!("port {port} cannot be used ({error}): another demonstration? Stop it, or give --ports")
                })?;
            }
        }
        Ok(())
    }
}

/// One node that was laid out.
#[derive(Clone, Debug)]
pub struct NodePlace {
    /// Name of the member that runs it.
    pub name: &'static str,
    /// `validator` or `member`.
    pub role: &'static str,
    /// Its configuration file.
    pub config: PathBuf,
    /// Address of its JSON-RPC, such as `127.0.0.1:9944`.
    pub rpc: String,
    /// Address of its gateway.
    pub gateway: String,
}

impl NodePlace {
    /// For programs that start the nodes.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name, "role": self.role, "config": self.config, "rpc": self.rpc, "gateway": self.gateway,
        })
    }
}

/// Lays a fresh consortium out below `folder`.
///
/// # Errors
/// A sentence that names the file that could not be written.
pub fn lay_out(folder: &Path, ports: Ports) -> Result<Vec<NodePlace>, String> {
    for member in MEMBERS {
        make_keys(folder, member)?;
    }
    cards::lay_out(&folder.join("cards"))?;
    write(
        &folder.join("chain-spec.json"),
        &chain_spec(folder)?.to_text(),
    )?;
    let nodes: Vec<(u16, &MemberPlan)> = (0..)
        .zip(MEMBERS.iter().filter(|member| member.node))
        .collect();
    nodes
        .iter()
        .map(|(place, member)| lay_out_node(folder, ports, *place, member, &nodes))
        .collect()
}

/// Lets nodes that have not started tell a collector of their calls.
///
/// # Errors
/// A sentence that names the configuration that could not be read or written.
pub fn trace(places: &[NodePlace], endpoint: &str) -> Result<(), String> {
    let telemetry = toml::Table::from_iter([("endpoint".to_owned(), endpoint.into())]);
    let section = toml::Table::from_iter([("telemetry".to_owned(), telemetry.into())]);
    for place in places {
        let config = std::fs::read_to_string(&place.config)
            .map_err(|error| format!("{}: {error}", place.config.display()))?;
        write(&place.config, &format!("{config}\n{section}"))?;
    }
    Ok(())
}

/// The folder with a member's keys.
pub fn key_folder(folder: &Path, member: &str) -> PathBuf {
    folder.join("members").join(member)
}

/// An Ed25519 or X25519 secret of a member.
///
/// # Errors
/// A sentence that names the key file.
pub fn secret(
    folder: &Path,
    member: &str,
    key: &str,
    kind: KeyKind,
) -> Result<Zeroizing<[u8; 32]>, String> {
    key_file::read(
        &key_folder(folder, member).join(format!("{key}.pem")),
        kind,
        None,
    )
    .map_err(|error| error.to_string())
}

fn make_keys(folder: &Path, member: &MemberPlan) -> Result<(), String> {
    let place = key_folder(folder, member.name);
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    for (name, kind) in member.key_names() {
        let secret = key_file::new_secret().map_err(|error| error.to_string())?;
        key_file::write(&place.join(format!("{name}.pem")), kind, &secret, None)
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn chain_spec(folder: &Path) -> Result<ChainSpec, String> {
    let members = MEMBERS
        .iter()
        .map(|member| genesis_member(folder, member))
        .collect::<Result<Vec<_>, _>>()?;
    let mut keys = Vec::new();
    let mut validators = Vec::new();
    for (id, member) in (0u32..).zip(MEMBERS) {
        for (name, role) in member.staff {
            let hpke = x25519_public(folder, member.name, &format!("{name}-hpke"))?;
            keys.push(json!({"account": account(folder, member.name, name)?, "member": id, "role": role, "hpke": hpke, "until": STAFF_UNTIL}));
        }
        if member.validator {
            validators
                .push(json!({"member": id, "key": verifying(folder, member.name, "consensus")?}));
        }
    }
    Ok(ChainSpec {
        version: musubi_chain_spec::VERSION,
        name: "Musubi demonstration".to_owned(),
        id: "musubi-demo".to_owned(),
        environment: Environment::Development,
        genesis: json!({"consortium": {
            "members": members, "keys": keys, "validators": validators, "parameters": Parameters::default(),
        }}),
        continues: None,
    })
}

fn genesis_member(folder: &Path, member: &MemberPlan) -> Result<Value, String> {
    let nodes = if member.node {
        vec![verifying(folder, member.name, "network")?]
    } else {
        Vec::new()
    };
    Ok(json!({
        "kind": member.kind,
        "keys": {
            "operator": account(folder, member.name, "operator")?,
            "verifier": verifying(folder, member.name, "verifier")?,
            "hpke": x25519_public(folder, member.name, "hpke")?,
        },
        "nodes": nodes,
    }))
}

fn ed25519_public(folder: &Path, member: &str, key: &str) -> Result<[u8; 32], String> {
    let secret = secret(folder, member, key, KeyKind::Ed25519)?;
    Ok(ed25519_dalek::SigningKey::from_bytes(&secret)
        .verifying_key()
        .to_bytes())
}

/// The account of one of a member's keys.
///
/// # Errors
/// A sentence that names the key file.
pub fn account(folder: &Path, member: &str, key: &str) -> Result<AccountId, String> {
    ed25519_public(folder, member, key).map(AccountId)
}

fn verifying(folder: &Path, member: &str, key: &str) -> Result<VerifyingKey, String> {
    ed25519_public(folder, member, key).map(VerifyingKey)
}

fn x25519_public(folder: &Path, member: &str, key: &str) -> Result<HpkeKey, String> {
    let secret = secret(folder, member, key, KeyKind::X25519)?;
    Ok(HpkeKey(
        x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(*secret)).to_bytes(),
    ))
}

fn lay_out_node(
    folder: &Path,
    ports: Ports,
    place: u16,
    member: &MemberPlan,
    nodes: &[(u16, &MemberPlan)],
) -> Result<NodePlace, String> {
    let home = folder.join("nodes").join(member.name);
    std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    let peers = |key: &str, base: u16| -> Result<Vec<String>, String> {
        let others = nodes.iter().filter(|(other, _)| *other != place);
        others
            .map(|(other, plan)| peer_address(folder, plan, key, base + other))
            .collect()
    };
    let rpc = format!("127.0.0.1:{}", ports.rpc + place);
    let gateway = format!("127.0.0.1:{}", ports.gateway + place);
    let config = node_config(
        member,
        [&rpc, &gateway],
        ports,
        place,
        &peers("consensus", ports.consensus)?,
        &peers("network", ports.network)?,
    );
    let path = home.join("node.toml");
    write(&path, &config)?;
    Ok(NodePlace {
        name: member.name,
        role: if member.validator {
            "validator"
        } else {
            "member"
        },
        config: path,
        rpc,
        gateway,
    })
}

fn peer_address(
    folder: &Path,
    member: &MemberPlan,
    key: &str,
    port: u16,
) -> Result<String, String> {
    let secret = secret(folder, member.name, key, KeyKind::Ed25519)?;
    let id = match key {
        // The members' network derives its identity from the node key, so that the two swarms' address books cannot mix.
        "network" => musubi_node_network::network_key(&secret)
            .public()
            .to_peer_id(),
        _ => peer_id(&secret),
    };
    Ok(format!("/ip4/127.0.0.1/tcp/{port}/p2p/{id}"))
}

fn node_config(
    member: &MemberPlan,
    [rpc, gateway]: [&str; 2],
    ports: Ports,
    place: u16,
    consensus_peers: &[String],
    network_peers: &[String],
) -> String {
    let key = |name: &str| format!("../../members/{}/{name}.pem", member.name);
    let mut keys = toml::Table::new();
    for name in member.node_keys() {
        keys.insert(name.to_owned(), key(name).into());
    }
    let listen = |address: &str| toml::Table::from_iter([("listen".to_owned(), address.into())]);
    let mut config = toml::Table::from_iter([
        ("name".to_owned(), member.name.into()),
        ("spec".to_owned(), "../../chain-spec.json".into()),
        ("data".to_owned(), "data".into()),
        ("keys".to_owned(), keys.into()),
        (
            "consensus".to_owned(),
            swarm(ports.consensus + place, consensus_peers).into(),
        ),
        (
            "network".to_owned(),
            swarm(ports.network + place, network_peers).into(),
        ),
        ("rpc".to_owned(), listen(rpc).into()),
        ("gateway".to_owned(), listen(gateway).into()),
        ("facade".to_owned(), facade(member, gateway).into()),
        ("counter".to_owned(), counter(ports, place).into()),
        ("explorer".to_owned(), explorer(member).into()),
    ]);
    if member.validator {
        let cards = cards::config("../../cards", ports.responder);
        config.insert("cards".to_owned(), cards.into());
    }
    config.to_string()
}

/// The facade of a member's node; its clients are added by hand.
fn facade(member: &MemberPlan, gateway: &str) -> toml::Table {
    let keys = member.node_keys().into_iter().filter(|name| {
        let staff = member.staff.iter().map(|(staff, _)| staff);
        !["vault", "relay"].contains(name) && staff.into_iter().any(|staff| staff == name)
    });
    let path = |name: &str| format!("../../members/{}/{name}-hpke.pem", member.name).into();
    let keys: Vec<toml::Value> = keys.map(path).collect();
    toml::Table::from_iter([
        ("origin".to_owned(), format!("http://{gateway}").into()),
        ("ticket_keys".to_owned(), keys.into()),
    ])
}

/// Each node's console calls the others' gateways, as theirs call this one.
fn counter(ports: Ports, place: u16) -> toml::Table {
    let nodes = MEMBERS.iter().zip(0u32..).filter(|(member, _)| member.node);
    let others = (0..).zip(nodes).filter(|(other, _)| *other != place);
    let gateways = others.map(|(other, (_, id))| {
        let origin = format!("http://127.0.0.1:{}", ports.gateway + other);
        (id.to_string(), toml::Value::from(origin))
    });
    let gateways = toml::Table::from_iter(gateways);
    let agent = format!("http://127.0.0.1:{}", ports.agent);
    toml::Table::from_iter([
        ("agent".to_owned(), agent.into()),
        ("gateways".to_owned(), gateways.into()),
    ])
}

/// Villages look at the chain by the explorer, under the names that the demonstration gives its members; consoles use the same names.
fn explorer(member: &MemberPlan) -> toml::Table {
    let names = (0..).zip(MEMBERS);
    let names = names.map(|(id, member): (u32, _)| (id.to_string(), member.title.into()));
    toml::Table::from_iter([
        ("enabled".to_owned(), member.validator.into()),
        ("members".to_owned(), toml::Table::from_iter(names).into()),
    ])
}

fn swarm(port: u16, peers: &[String]) -> toml::Table {
    let listen = format!("/ip4/127.0.0.1/tcp/{port}");
    let peers = peers
        .iter()
        .map(|peer| toml::Value::from(peer.as_str()))
        .collect::<Vec<_>>();
    toml::Table::from_iter([
        ("listen".to_owned(), listen.into()),
        ("peers".to_owned(), peers.into()),
    ])
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
