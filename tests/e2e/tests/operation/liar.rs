//! A member that lies: it has a member's real node key, passes Noise and the greeting, and then says what is well formed and wrong, and what is not
//! even well formed. The clinic's node is away meanwhile; the test speaks for it, in bytes of its own over the real protocol.

use crate::{
    hostile::{Noise, messages},
    practice::{CLINIC, Practice},
};
use codec::Encode;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, noise, request_response as exchange,
    swarm::SwarmEvent, tcp, yamux,
};
use musubi_node_network::{PeerProof, network_key};
use musubi_primitives::BlockHash;
use musubi_tests_support::{gateway::secret, rpc::DEADLINE};
use std::io;
use tokio::time::timeout;

/// The members' protocol.
const PROTOCOL: StreamProtocol = StreamProtocol::new("/musubi/members/1");
/// What a node's memory may grow by, at its highest point, in bytes.
const GROWTH_MAX: u64 = 400 << 20;
/// Questions that are open at once; a node works on eight of a peer's.
const AT_ONCE: usize = 32;
/// Messages out of bounds, or none at all, that a member may send before it is shut out; a node takes two.
const MALFORMED_MAX: usize = 8;
/// Messages that break off.
const BROKEN_OFF: usize = 40;
/// Bytes of the longest question that a node reads (node/network/src/message.rs), and more.
const TOO_LONG: u32 = (1 << 20) + (1 << 17);

/// Messages as bytes, whatever they mean.
#[derive(Clone, Default)]
struct Raw;

async fn framed(io: &mut (impl AsyncRead + Unpin + Send)) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let mut bytes = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    io.read_exact(&mut bytes).await?;
    Ok(bytes)
}

#[async_trait::async_trait]
impl exchange::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        framed(io).await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        framed(io).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&request).await?;
        io.close().await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        response: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&response).await?;
        io.close().await
    }
}

/// Bytes with their length before them.
fn frame(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&length.to_be_bytes(), bytes].concat()
}

/// "Taken", the answer to whatever a node tells.
const TAKEN: u8 = 0;
/// "Refused", the first byte of that answer.
const REFUSED: u8 = 1;

/// The liar's end of the members' network.
struct Liar {
    swarm: Swarm<exchange::Behaviour<Raw>>,
    node: PeerId,
    greeting: Vec<u8>,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    Refused,
    /// The stream or the connection ended.
    Lost,
}

impl Liar {
    async fn with_the_clinics_key(practice: &Practice) -> Self {
        let genesis = practice.consortium.rpc(1).await.hash_at(0).await;
        let genesis: BlockHash = genesis.as_str().unwrap().parse().unwrap();
        let seed = secret(&practice.key("yotei-clinic", "network"));
        let keys = network_key(&seed);
        let own = keys.public().to_peer_id();
        let proof = PeerProof::sign(&seed, &genesis, &own).unwrap();
        let mut swarm = SwarmBuilder::with_existing_identity(keys)
            .with_tokio()
            .with_tcp(
                tcp::Config::default(),
                noise::Config::new,
                yamux::Config::default,
            )
            .unwrap()
            .with_behaviour(|_| {
                let config = exchange::Config::default().with_request_timeout(DEADLINE);
                exchange::Behaviour::new([(PROTOCOL, exchange::ProtocolSupport::Full)], config)
            })
            .unwrap()
            .with_swarm_config(|config| config.with_idle_connection_timeout(DEADLINE))
            .build();
        let seed = secret(&practice.key("rusutsu", "network"));
        let config = std::fs::read_to_string(practice.consortium.config(0)).unwrap();
        let (_, after) = config.split_once("[network]").unwrap();
        let (_, after) = after.split_once("listen = \"").unwrap();
        let address: Multiaddr = after.split('"').next().unwrap().parse().unwrap();
        let node = network_key(&seed).public().to_peer_id();
        swarm.add_peer_address(node, address);
        Self {
            swarm,
            node,
            // The first kind of question is the greeting.
            greeting: frame(&[vec![0], proof.encode()].concat()),
        }
    }

    /// Greets, over a connection that is there or a new one; whether it is let in.
    async fn enter(&mut self) -> bool {
        let greeting = self.greeting.clone();
        self.ask(greeting).await == Fate::Answered
    }

    async fn ask(&mut self, message: Vec<u8>) -> Fate {
        let mut fates = self.tell(vec![message]).await;
        fates.pop().unwrap()
    }

    /// Sends messages all at once; what became of each.
    async fn tell(&mut self, messages: Vec<Vec<u8>>) -> Vec<Fate> {
        let count = messages.len();
        for message in messages {
            let node = self.node;
            self.swarm.behaviour_mut().send_request(&node, message);
        }
        let mut fates = Vec::new();
        while fates.len() < count {
            let next = timeout(DEADLINE, self.swarm.select_next_some()).await;
            let next = next.expect("the node answers or hangs up");
            fates.extend(self.on(next));
        }
        fates
    }

    fn on(&mut self, event: SwarmEvent<exchange::Event<Vec<u8>, Vec<u8>>>) -> Option<Fate> {
        let SwarmEvent::Behaviour(event) = event else {
            return None;
        };
        match event {
            exchange::Event::Message { message, .. } => match message {
                exchange::Message::Response { response, .. } => Some(match response.first() {
                    Some(&REFUSED) => Fate::Refused,
                    _ => Fate::Answered,
                }),
                // The node greets too, and tells how far it is.
                exchange::Message::Request { channel, .. } => {
                    let taken = frame(&[TAKEN]);
                    // It may have hung up meanwhile.
                    let _ = self.swarm.behaviour_mut().send_response(channel, taken);
                    None
                }
            },
            exchange::Event::OutboundFailure { .. } => Some(Fate::Lost),
            exchange::Event::InboundFailure { .. } | exchange::Event::ResponseSent { .. } => None,
        }
    }
}

/// Well-formed questions and news of which nothing is true, and which an honest node at another height could not tell from its own.
fn lie(noise: &mut Noise) -> Vec<u8> {
    let some = |noise: &mut Noise| noise.bytes(32);
    let bytes = match noise.below(6) {
        // A head that nobody has.
        0 => [vec![2], noise.next().encode(), some(noise)].concat(),
        // The final block of a height that will not come.
        1 => [vec![3], Some(noise.next() | 1 << 40).encode()].concat(),
        // Earlier headers from where there are none.
        2 => [vec![4], noise.next().encode()].concat(),
        // State of a block that never was.
        3 => [vec![5], some(noise), Some(some(noise)).encode()].concat(),
        // A blob for a request that means nothing.
        4 => [vec![6], noise.bytes(200).encode(), noise.next().encode()].concat(),
        // Part of a blob under a label that means nothing.
        _ => {
            let (label, part) = (noise.bytes(200).encode(), noise.bytes(2_000).encode());
            [vec![7], label, 0_u64.encode(), 1_000_000_u64.encode(), part].concat()
        }
    };
    frame(&bytes)
}

/// Part of a blob that claims to be longer than any may be.
fn out_of_bounds() -> Vec<u8> {
    let claim = (vec![1_u8; 20], 0_u64, u64::MAX, vec![2_u8; 20]);
    frame(&[vec![7], claim.encode()].concat())
}

/// What is no message at all, or one that no node sends, in turn.
fn rubbish(number: usize, noise: &mut Noise) -> Vec<u8> {
    match number % 4 {
        0 => frame(&[vec![0xFF], noise.bytes(300)].concat()),
        // A length over the bound.
        1 => TOO_LONG.to_be_bytes().to_vec(),
        // A million transactions, none of which is there.
        2 => frame(&[vec![1], codec::Compact(1_000_000_u32).encode()].concat()),
        _ => out_of_bounds(),
    }
}

/// Fewer bytes than announced.
fn broken_off() -> Vec<u8> {
    frame(&[0; 600])[..200].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_messages_of_a_member_that_lies_are_answered_within_bounds_until_it_is_shut_out() {
    let mut practice = Practice::begin().await;
    practice.consortium.node(CLINIC).process.kill();
    let mut liar = Liar::with_the_clinics_key(&practice).await;
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    assert!(liar.enter().await, "it is a member");
    let before = practice.peak_memory(0);
    let (mut answered, mut refused) = (0, 0);
    let lies = messages() / 4;
    while answered + refused < lies {
        let all = (0..AT_ONCE).map(|_| lie(&mut noise)).collect();
        for fate in liar.tell(all).await {
            assert_ne!(
                fate,
                Fate::Lost,
                "a lie that could be a mistake costs no connection"
            );
            answered += u64::from(fate == Fate::Answered);
            refused += u64::from(fate == Fate::Refused);
        }
    }
    assert!(
        answered > 0 && refused > 0,
        "{answered} answered, {refused} refused"
    );
    practice.blocks(1).await;

    // What breaks off ends its own stream and nothing else: an honest node whose time is up leaves the same.
    for _ in 0..BROKEN_OFF {
        assert_eq!(liar.ask(broken_off()).await, Fate::Lost);
    }
    // Now what no node says by mistake.
    let mut sent = 0;
    while liar.enter().await {
        assert!(
            sent < MALFORMED_MAX,
            "still let in after {sent} messages that are none, or out of bounds"
        );
        liar.ask(rubbish(sent, &mut noise)).await;
        sent += 1;
    }
    let peak = practice.peak_memory(0);
    println!(
        "{answered} lies answered, {refused} refused, shut out after {sent} that no node sends; memory at its highest: {} MiB before, {} MiB after",
        before >> 20,
        peak >> 20
    );
    assert!(
        peak < before + GROWTH_MAX,
        "{before} bytes before, {peak} after"
    );
    // Whoever knocks all the same is refused each time, and that costs nothing.
    for _ in 0..100 {
        assert!(!liar.enter().await);
    }
    practice.blocks(3).await;
    practice.assert_level(0).await;
}
