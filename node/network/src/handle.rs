//! The handle on a running network: spreading transactions, asking peers, moving blobs.

use crate::{
    message::{
        BLOB_BYTES_MAX, BLOB_REQUEST_BYTES_MAX, PIECE_BYTES_MAX, Refusal, Request, Response,
        TRANSACTION_BYTES_MAX,
    },
    peers::Misdeed,
};
use libp2p::{Multiaddr, PeerId};
use musubi_primitives::{BlockHash, MemberId, VerifyingKey};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How long a transfer waits for its peer to come back before it gives up.
const RETURN_TIMEOUT: Duration = Duration::from_secs(30);

/// What the network tells the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Transactions not seen before, to be checked. Those that hold and still wait a while later are passed on by [`Network::offer`]; for those that
    /// never will, [`Network::blame`].
    Transactions {
        /// Who sent them.
        from: PeerId,
        /// SCALE extrinsics.
        transactions: Vec<Vec<u8>>,
    },
}

/// A connected, proved member node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerView {
    /// Its peer id.
    pub id: PeerId,
    /// Its node key.
    pub key: VerifyingKey,
    /// Its member.
    pub member: MemberId,
    /// Its newest finalised head, as it said.
    pub head: Option<(u64, BlockHash)>,
}

/// Why a peer gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The peer said no.
    #[error("the peer refuses: {0}")]
    Refused(Refusal),
    /// The connection broke, or the answer took too long.
    #[error("the peer cannot be reached")]
    Unreachable,
    /// The answer does not fit the question.
    #[error("the peer answered something else")]
    Nonsense,
    /// Too much is waiting to be sent already.
    #[error("too much is waiting to be sent")]
    Busy,
    /// More bytes than may be sent.
    #[error("{0} bytes are more than may be sent")]
    Oversized(usize),
    /// The network was stopped.
    #[error("the network was stopped")]
    Stopped,
}

/// What the handle asks of the swarm's task.
#[derive(Debug)]
pub(crate) enum Command {
    Gossip(Vec<u8>),
    Offer(Vec<Vec<u8>>),
    Blame(PeerId, Misdeed),
    Announce {
        height: u64,
        hash: BlockHash,
    },
    Ask {
        peer: PeerId,
        request: Request,
        reply: oneshot::Sender<Result<Response, AskError>>,
    },
    Dial(Multiaddr),
    Disconnect(PeerId),
}

/// The handle; clones share the network. It stops when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) peers: watch::Receiver<Vec<PeerView>>,
    pub(crate) listening: watch::Receiver<Vec<Multiaddr>>,
    pub(crate) local: PeerId,
}

impl Network {
    /// This node's peer id.
    pub fn local_peer_id(&self) -> PeerId {
        self.local
    }

    /// Proved members that are connected now.
    pub fn peers(&self) -> Vec<PeerView> {
        self.peers.borrow().clone()
    }

    /// The same, to be followed.
    pub fn follow_peers(&self) -> watch::Receiver<Vec<PeerView>> {
        self.peers.clone()
    }

    /// Addresses that this node listens on.
    pub fn follow_addresses(&self) -> watch::Receiver<Vec<Multiaddr>> {
        self.listening.clone()
    }

    /// Passes a checked transaction on to every member node that does not have it, if it came in here and not from a peer: a peer's own
    /// peers have it from that one.
    ///
    /// # Errors
    /// When it is too large, or too much waits already: the caller slows down.
    pub fn gossip(&self, transaction: Vec<u8>) -> Result<(), AskError> {
        if transaction.len() > TRANSACTION_BYTES_MAX {
            return Err(AskError::Oversized(transaction.len()));
        }
        self.hand_over(Command::Gossip(transaction))
    }

    fn hand_over(&self, command: Command) -> Result<(), AskError> {
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => AskError::Busy,
                mpsc::error::TrySendError::Closed(_) => AskError::Stopped,
            })
    }

    /// Offers checked transactions that still wait here, whoever sent them: member nodes that do not have them get them.
    ///
    /// # Errors
    /// When too much waits already; then they are offered no more.
    pub fn offer(&self, transactions: Vec<Vec<u8>>) -> Result<(), AskError> {
        self.hand_over(Command::Offer(transactions))
    }

    /// A peer sent a transaction that no honest node passes on; enough of those shut it out.
    pub async fn blame(&self, peer: PeerId) -> Result<(), AskError> {
        self.tell(Command::Blame(peer, Misdeed::BadTransaction))
            .await
    }

    /// A peer gave, as proved, what proves nothing: it is shut out at once.
    pub async fn denounce(&self, peer: PeerId) -> Result<(), AskError> {
        self.tell(Command::Blame(peer, Misdeed::FalseProof)).await
    }

    /// Tells the peers this node's newest finalised head, and those that connect later.
    pub async fn announce(&self, height: u64, hash: BlockHash) -> Result<(), AskError> {
        self.tell(Command::Announce { height, hash }).await
    }

    /// Connects to an address that ends in `/p2p/<peer id>`, and keeps coming back to it.
    pub async fn dial(&self, address: Multiaddr) -> Result<(), AskError> {
        self.tell(Command::Dial(address)).await
    }

    /// Closes the connections with a peer.
    pub async fn disconnect(&self, peer: PeerId) -> Result<(), AskError> {
        self.tell(Command::Disconnect(peer)).await
    }

    /// Fetches what a vault gives for `request`, piece by piece; a broken connection costs the piece it broke in, no more.
    ///
    /// # Errors
    /// When the vault refuses, is away for 30 s, or breaks a bound.
    pub async fn read_blob(
        &self,
        holder: &VerifyingKey,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, AskError> {
        if request.len() > BLOB_REQUEST_BYTES_MAX {
            return Err(AskError::Oversized(request.len()));
        }
        let mut blob = Vec::new();
        loop {
            let offset = u64::try_from(blob.len()).map_err(|_| AskError::Nonsense)?;
            let question = Request::ReadBlob {
                request: request.clone(),
                offset,
            };
            let Response::Piece { total, bytes } = self.ask_patiently(holder, question).await?
            else {
                return Err(AskError::Nonsense);
            };
            let end = u64::try_from(bytes.len())
                .ok()
                .and_then(|length| offset.checked_add(length));
            if total > BLOB_BYTES_MAX
                || end.is_none_or(|end| end > total)
                || (bytes.is_empty() && offset < total)
            {
                return Err(AskError::Nonsense);
            }
            blob.extend(bytes);
            if end == Some(total) {
                return Ok(blob);
            }
        }
    }

    /// Hands a blob to a vault, from wherever the vault says that it stopped last time.
    ///
    /// # Errors
    /// When the vault refuses, is away for 30 s, or makes no progress.
    pub async fn write_blob(
        &self,
        holder: &VerifyingKey,
        label: Vec<u8>,
        blob: &[u8],
    ) -> Result<(), AskError> {
        let total = u64::try_from(blob.len()).map_err(|_| AskError::Nonsense)?;
        if label.len() > BLOB_REQUEST_BYTES_MAX || total > BLOB_BYTES_MAX {
            return Err(AskError::Oversized(blob.len()));
        }
        let piece_max = usize::try_from(PIECE_BYTES_MAX).map_err(|_| AskError::Nonsense)?;
        let mut offset = 0u64;
        loop {
            let rest = usize::try_from(offset)
                .ok()
                .and_then(|start| blob.get(start..))
                .ok_or(AskError::Nonsense)?;
            let bytes = rest.get(..piece_max).unwrap_or(rest).to_vec();
            let question = Request::WriteBlob {
                label: label.clone(),
                offset,
                total,
                bytes,
            };
            let Response::Held(held) = self.ask_patiently(holder, question).await? else {
                return Err(AskError::Nonsense);
            };
            match held {
                held if held == total => return Ok(()),
                held if held > offset && held < total => offset = held,
                _ => return Err(AskError::Nonsense),
            }
        }
    }

    /// Asks a member's node; when the connection breaks, waits for it to come back and asks again.
    async fn ask_patiently(
        &self,
        holder: &VerifyingKey,
        request: Request,
    ) -> Result<Response, AskError> {
        loop {
            let peer = tokio::time::timeout(RETURN_TIMEOUT, self.find(holder))
                .await
                .map_err(|_| AskError::Unreachable)??;
            match self.ask(peer, request.clone()).await {
                Err(AskError::Unreachable) => self.wait_until_gone(&peer).await?,
                answered => return answered,
            }
        }
    }

    async fn find(&self, holder: &VerifyingKey) -> Result<PeerId, AskError> {
        let mut peers = self.peers.clone();
        let found = peers
            .wait_for(|peers| peers.iter().any(|peer| peer.key == *holder))
            .await
            .map_err(|_| AskError::Stopped)?;
        found
            .iter()
            .find(|peer| peer.key == *holder)
            .map(|peer| peer.id)
            .ok_or(AskError::Unreachable)
    }

    /// A request failed: either its connection is gone, which the list of peers is about to say, or the peer is too slow.
    async fn wait_until_gone(&self, peer: &PeerId) -> Result<(), AskError> {
        let mut peers = self.peers.clone();
        let gone = peers.wait_for(|peers| peers.iter().all(|known| known.id != *peer));
        let waited = tokio::time::timeout(Duration::from_secs(1), gone).await;
        waited.map_or(Ok(()), |gone| {
            gone.map(|_| ()).map_err(|_| AskError::Stopped)
        })
    }

    /// Asks one peer once; it has 20 s to answer.
    pub(crate) async fn ask(&self, peer: PeerId, request: Request) -> Result<Response, AskError> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::Ask {
            peer,
            request,
            reply,
        })
        .await?;
        match answer.await.map_err(|_| AskError::Stopped)?? {
            Response::Refused(refusal) => Err(AskError::Refused(refusal)),
            response => Ok(response),
        }
    }

    async fn tell(&self, command: Command) -> Result<(), AskError> {
        self.commands
            .send(command)
            .await
            .map_err(|_| AskError::Stopped)
    }
}
