//! Wires between the nodes of a consortium, which a test cuts, in one direction or both, makes slow, and mends.
//!
//! Every connection between two nodes goes over a wire of its own. Over one that is cut nothing comes any more, not even the end of a
//! connection, and nobody is told; what was sent meanwhile comes when it is mended, as TCP sends it again. The wires are sockets of this
//! process: network namespaces would need root.

use crate::Consortium;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What a wire takes from one end before it offers it to the other.
const CHUNK_BYTES: usize = 16 << 10;

/// From a node to a node, by their places in the plan.
type Direction = (usize, usize);

/// What is wrong with the wires.
#[derive(Debug, Default)]
struct Faults {
    cut: BTreeSet<Direction>,
    slow: BTreeMap<Direction, Duration>,
}

/// All wires of a consortium.
#[derive(Clone, Debug)]
pub struct Wires(Arc<watch::Sender<Faults>>);

impl Wires {
    /// Leads all connections between the nodes of a consortium over wires, before the first of them starts.
    pub async fn lay(consortium: &Consortium) -> Self {
        let wires = Self(Arc::default());
        let configs: Vec<String> = (0..consortium.size())
            .map(|place| read(consortium, place))
            .collect();
        let homes: BTreeMap<u16, usize> = configs
            .iter()
            .enumerate()
            .flat_map(|(place, config)| ports(config).0.into_iter().map(move |port| (port, place)))
            .collect();
        for (from, config) in configs.iter().enumerate() {
            let mut changed = config.clone();
            for port in ports(config).1 {
                let entrance = wires.wire((from, homes[&port]), port).await;
                changed = changed.replace(&peer(port), &peer(entrance));
            }
            std::fs::write(consortium.config(from), changed).expect("it can be written");
        }
        wires
    }

    /// Cuts the wires from some nodes to others, in this direction only.
    pub fn cut(&self, from: &[usize], to: &[usize]) {
        self.0.send_modify(|faults| {
            for from in from {
                faults.cut.extend(to.iter().map(|to| (*from, *to)));
            }
        });
    }

    /// Makes the wires between some nodes and others slow: each chunk takes so long, in both directions.
    pub fn slow(&self, some: &[usize], others: &[usize], delay: Duration) {
        self.0.send_modify(|faults| {
            for one in some {
                for other in others {
                    faults.slow.insert((*one, *other), delay);
                    faults.slow.insert((*other, *one), delay);
                }
            }
        });
    }

    /// Cuts the wires between some nodes and others, in both directions.
    pub fn part(&self, some: &[usize], others: &[usize]) {
        self.cut(some, others);
        self.cut(others, some);
    }

    /// Mends all wires.
    pub fn mend(&self) {
        self.0.send_replace(Faults::default());
    }

    /// Opens the entrance of a wire to a port; its own port.
    async fn wire(&self, direction: Direction, to: u16) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let entrance = listener.local_addr().expect("it is bound").port();
        let faults = self.0.subscribe();
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(connect(caller, to, direction, faults.clone()));
            }
        });
        entrance
    }
}

/// Carries one connection; a caller whom nobody answers is hung up on, as a closed port would.
async fn connect(
    caller: TcpStream,
    to: u16,
    (from, home): Direction,
    mut faults: watch::Receiver<Faults>,
) {
    whole(&mut faults, (from, home)).await;
    let Ok(called) = TcpStream::connect(("127.0.0.1", to)).await else {
        return;
    };
    // Both nodes want every message at once.
    let _ = (caller.set_nodelay(true), called.set_nodelay(true));
    let (from_caller, to_caller) = caller.into_split();
    let (from_called, to_called) = called.into_split();
    tokio::spawn(carry(from_called, to_caller, (home, from), faults.clone()));
    carry(from_caller, to_called, (from, home), faults).await;
}

/// Carries bytes one way until either end is closed.
async fn carry(
    mut source: OwnedReadHalf,
    mut sink: OwnedWriteHalf,
    direction: Direction,
    mut faults: watch::Receiver<Faults>,
) {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = source.read(&mut chunk).await.unwrap_or(0);
        whole(&mut faults, direction).await;
        if count == 0 || sink.write_all(&chunk[..count]).await.is_err() {
            return;
        }
    }
}

/// Waits until a wire carries in this direction, and as long as it takes.
async fn whole(faults: &mut watch::Receiver<Faults>, direction: Direction) {
    let delay = faults.borrow().slow.get(&direction).copied();
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    // A test that is over cuts no more.
    let _ = faults
        .wait_for(|faults| !faults.cut.contains(&direction))
        .await;
}

fn read(consortium: &Consortium, place: usize) -> String {
    std::fs::read_to_string(consortium.config(place)).expect("a configuration")
}

fn peer(port: u16) -> String {
    format!("\"/ip4/127.0.0.1/tcp/{port}/p2p/")
}

/// The ports of a configuration's multiaddresses: the node's own, and those of its peers, which have a peer id.
fn ports(config: &str) -> (Vec<u16>, Vec<u16>) {
    let (mut own, mut peers) = (Vec::new(), Vec::new());
    for address in config.split("\"/ip4/127.0.0.1/tcp/").skip(1) {
        let digits = address.find(|letter: char| !letter.is_ascii_digit());
        let (port, rest) = address.split_at(digits.expect("a quotation mark at the end"));
        let ports = if rest.starts_with("/p2p/") {
            &mut peers
        } else {
            &mut own
        };
        ports.push(port.parse().expect("a port"));
    }
    (own, peers)
}
