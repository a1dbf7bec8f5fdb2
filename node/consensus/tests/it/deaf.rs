//! Two validators between whom a connection breaks for one side before the other: each must hear the other again, or no block is ever decided.

use crate::consortium::{BUSY, Consortium, PATIENCE, address, always, free_ports};
use musubi_node_consensus::Status;
use musubi_node_core::ports::ConsensusHost;
use std::time::Duration;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{interval, timeout},
};

/// How often the test looks whether a peer is connected; the engine tells nobody.
const POLL: Duration = Duration::from_millis(20);

/// What becomes of the first connection over the wire, and of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// The wire carries.
    Whole,
    /// The first connection is gone for the caller; whoever was called does not know.
    HalfBroken,
    /// The caller has called again.
    Twice,
    /// Whoever was called hears that the first connection is gone.
    Settled,
}

/// A wire to a port. Whoever listens there hears late that the first connection has broken.
async fn wire(listener: TcpListener, to: u16, stage: watch::Sender<Stage>) {
    loop {
        let (mut caller, _) = listener.accept().await.unwrap();
        let mut called = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        if *stage.borrow() >= Stage::HalfBroken {
            stage.send_replace(Stage::Twice);
            tokio::spawn(async move { copy_bidirectional(&mut caller, &mut called).await });
            continue;
        }
        let mut stage = stage.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                carried = copy_bidirectional(&mut caller, &mut called) => panic!("the first connection ended by itself: {carried:?}"),
                _ = stage.wait_for(|now| *now == Stage::HalfBroken) => {}
            }
            drop(caller);
            stage.wait_for(|now| *now == Stage::Settled).await.unwrap();
        });
    }
}

/// Waits until a node has so many peers.
async fn has_peers(status: &Status, count: u64) {
    let look = async {
        let mut look = interval(POLL);
        while status.snapshot().peers != count {
            look.tick().await;
        }
    };
    timeout(PATIENCE, look).await.expect("peers come and go");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_missed_the_end_of_a_connection_is_heard_over_the_next() {
    let mut consortium = Consortium::new(2, &always(2), BUSY);
    let (stage, _) = watch::channel(Stage::Whole);
    let [called, caller] = &mut consortium.nodes[..] else {
        panic!("two nodes")
    };
    let listen = called.config.listen.to_string();
    let port = listen.rsplit('/').next().unwrap().parse().unwrap();
    let entrance = free_ports(1)[0];
    let listener = TcpListener::bind(("127.0.0.1", entrance)).await.unwrap();
    tokio::spawn(wire(listener, port, stage.clone()));
    called.config.peers.clear();
    caller.config.peers[0].address = address(entrance);
    for node in [&mut *called, &mut *caller] {
        node.config.peers_only = false;
        node.start().await;
    }
    caller.reaches(2).await;

    let mut again = stage.subscribe();
    stage.send_replace(Stage::HalfBroken);
    again.wait_for(|now| *now == Stage::Twice).await.unwrap();
    has_peers(caller.status(), 1).await;
    stage.send_replace(Stage::Settled);
    let height = caller.chain.tip().max(called.chain.tip()) + 3;
    for node in &consortium.nodes {
        node.reaches(height).await;
    }
    consortium.agree_up_to(height);
    consortium.stop().await;
}
