//! A member that sends what is no message is let go, however its bytes are wrong; one whose messages only break off is not.

use crate::villages::{Archive, GENESIS, Village, hears, sees, village, within};
use codec::{Compact, Encode};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{
    PeerId, StreamProtocol, Swarm, SwarmBuilder, multiaddr::Protocol, noise,
    request_response as exchange, swarm::SwarmEvent, tcp, yamux,
};
use musubi_node_network::{Multiaddr, PeerProof, network_key};
use std::{io, sync::Arc, time::Duration};

const PROTOCOL: StreamProtocol = StreamProtocol::new("/musubi/members/1");
/// Bytes of the longest question that a node reads, and more.
const TOO_LONG: u32 = (1 << 20) + (1 << 17);
/// Such messages that shut a member out (node/network/src/peers.rs).
const SHUT_OUT_AFTER: usize = 2;
/// The first byte of "taken", and of "refused".
const TAKEN: u8 = 0;
const REFUSED: u8 = 1;

/// Bytes as they are; answers without their length.
#[derive(Clone, Default)]
struct Raw;

async fn framed(io: &mut (impl AsyncRead + Unpin + Send)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io.take(1 << 20).read_to_end(&mut bytes).await?;
    Ok(bytes.split_off(bytes.len().min(4)))
}

async fn written(io: &mut (impl AsyncWrite + Unpin + Send), bytes: &[u8]) -> io::Result<()> {
    io.write_all(bytes).await?;
    io.close().await
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
        written(io, &request).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        response: Vec<u8>,
    ) -> io::Result<()> {
        written(io, &response).await
    }
}

fn frame(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&length.to_be_bytes(), bytes].concat()
}

/// A member's node that says whatever the test has it say.
struct Speaker {
    swarm: Swarm<exchange::Behaviour<Raw>>,
    node: PeerId,
    greeting: Vec<u8>,
}

impl Speaker {
    /// The member with this number, about to speak with a village.
    fn new(number: u8, address: &Multiaddr) -> Self {
        let keys = network_key(&[number; 32]);
        let own = keys.public().to_peer_id();
        let proof = PeerProof::sign(&[number; 32], &GENESIS, &own).unwrap();
        let config = exchange::Config::default().with_request_timeout(Duration::from_secs(20));
        let mut swarm = SwarmBuilder::with_existing_identity(keys)
            .with_tokio()
            .with_tcp(
                tcp::Config::default(),
                noise::Config::new,
                yamux::Config::default,
            )
            .unwrap()
            .with_behaviour(|_| {
                exchange::Behaviour::new([(PROTOCOL, exchange::ProtocolSupport::Full)], config)
            })
            .unwrap()
            .with_swarm_config(|config| {
                config.with_idle_connection_timeout(Duration::from_secs(600))
            })
            .build();
        let mut address = address.clone();
        let Some(Protocol::P2p(node)) = address.pop() else {
            panic!("{address} names no peer");
        };
        swarm.add_peer_address(node, address);
        Self {
            swarm,
            node,
            greeting: frame(&[vec![0], proof.encode()].concat()),
        }
    }

    /// Greets, over a connection that is there or a new one; whether it is let in.
    async fn enter(&mut self) -> bool {
        let greeting = self.greeting.clone();
        self.say(greeting).await == Some(TAKEN)
    }

    /// The first byte of the answer; none when the stream or the connection ended without one.
    async fn say(&mut self, bytes: Vec<u8>) -> Option<u8> {
        let node = self.node;
        let id = self.swarm.behaviour_mut().send_request(&node, bytes);
        loop {
            match within(self.swarm.select_next_some()).await {
                SwarmEvent::Behaviour(exchange::Event::Message { message, .. }) => match message {
                    exchange::Message::Response {
                        request_id,
                        response,
                    } if request_id == id => return response.first().copied(),
                    exchange::Message::Response { .. } => {}
                    // The village greets too, and tells how far it is. It may have hung up meanwhile.
                    exchange::Message::Request { channel, .. } => {
                        let taken = frame(&[TAKEN]);
                        let _ = self.swarm.behaviour_mut().send_response(channel, taken);
                    }
                },
                SwarmEvent::Behaviour(exchange::Event::OutboundFailure { request_id, .. })
                    if request_id == id =>
                {
                    return None;
                }
                _ => {}
            }
        }
    }
}

/// A village of six members, and a second one beside it that is honest.
async fn two_villages() -> (Village, Village) {
    let first = village(1, 6, vec![], Arc::<Archive>::default()).await;
    let dial = vec![first.address.clone()];
    let second = village(2, 6, dial, Arc::default()).await;
    sees(&first, 1).await;
    sees(&second, 1).await;
    (first, second)
}

#[tokio::test]
async fn a_member_that_sends_no_messages_is_shut_out_and_honest_ones_go_on() {
    let (mut first, second) = two_villages().await;
    let rubbish = [
        (
            "an unknown kind",
            frame(&[vec![0xff], vec![7; 300]].concat()),
        ),
        ("a length over the bound", TOO_LONG.to_be_bytes().to_vec()),
        (
            "a million transactions that are not there",
            frame(&[vec![1], Compact(1_000_000_u32).encode()].concat()),
        ),
        (
            "bytes after the end",
            frame(&[vec![4], vec![0; 9]].concat()),
        ),
    ];
    for ((what, bytes), number) in rubbish.into_iter().zip(3..) {
        let mut speaker = Speaker::new(number, &first.address);
        assert!(speaker.enter().await, "it is a member");
        for _ in 0..SHUT_OUT_AFTER {
            assert_ne!(speaker.say(bytes.clone()).await, Some(TAKEN), "{what}");
        }
        assert!(!speaker.enter().await, "{what}: still let in");
    }
    sees(&first, 1).await;
    second.network.gossip(b"still here".to_vec()).unwrap();
    assert_eq!(hears(&mut first).await, vec![b"still here".to_vec()]);
}

#[tokio::test]
async fn one_such_message_or_many_that_break_off_cost_a_member_nothing_but_the_answer() {
    let (first, _second) = two_villages().await;
    let mut speaker = Speaker::new(3, &first.address);
    assert!(speaker.enter().await, "it is a member");
    for _ in 0..4 * SHUT_OUT_AFTER {
        let broken_off = frame(&[1; 600])[..200].to_vec();
        assert_eq!(speaker.say(broken_off).await, None);
    }
    let refused = speaker.say(frame(&[0xff])).await;
    assert_eq!(refused, Some(REFUSED));
    assert!(speaker.enter().await, "it is still let in");
}
