//! Messages on a stream: four bytes of length, then SCALE. A length over the bound ends the stream before anything is read.

use crate::message::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX, Request, Response};
use async_trait::async_trait;
use codec::{DecodeAll, Encode};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, FutureExt};
use libp2p::{StreamProtocol, request_response};
use std::io;

/// The one protocol of this swarm.
pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/musubi/members/1");

/// Reads and writes bounded messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct BoundedCodec;

/// A question came in that is none, and why. It is handed on like a question: of a reading that failed, libp2p tells nobody, and whoever
/// sends such things would never be let go.
#[derive(Clone, Debug, thiserror::Error)]
#[error("it cannot be read: {0}")]
pub(crate) struct Unreadable(String);

/// Whole bytes that are over the bound or no message are [`io::ErrorKind::InvalidData`]. Fewer bytes than announced are
/// [`io::ErrorKind::UnexpectedEof`]: so ends also what an honest node was sending when its time was up.
async fn read<M: DecodeAll>(
    io: &mut (impl AsyncRead + Unpin + Send),
    bytes_max: usize,
) -> io::Result<M> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a message of {length} bytes; the bound is {bytes_max}"),
        ));
    }
    let mut bytes = Vec::new();
    // Grows with what arrives, so that a length alone reserves nothing.
    io.take(u64::try_from(length).map_err(io::Error::other)?)
        .read_to_end(&mut bytes)
        .await?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    M::decode_all(&mut bytes.as_slice())
        .map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
}

/// Whether a stranger's bytes, with their length before them, are a question or an answer within all bounds; for those who try hostile ones.
pub fn reads(bytes: &[u8]) -> bool {
    // A slice has all its bytes at once: reading from it never waits.
    let (mut question, mut answer) = (bytes, bytes);
    let question = read::<Request>(&mut question, REQUEST_BYTES_MAX).now_or_never();
    let answer = read::<Response>(&mut answer, RESPONSE_BYTES_MAX).now_or_never();
    matches!(question, Some(Ok(question)) if question.is_bounded()) || matches!(answer, Some(Ok(_)))
}

async fn write(
    io: &mut (impl AsyncWrite + Unpin + Send),
    message: &impl Encode,
    bytes_max: usize,
) -> io::Result<()> {
    let bytes = message.encode();
    if bytes.len() > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a message over the bound",
        ));
    }
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    io.write_all(&length.to_be_bytes()).await?;
    io.write_all(&bytes).await?;
    io.close().await
}

#[async_trait]
impl request_response::Codec for BoundedCodec {
    type Protocol = StreamProtocol;
    type Request = Result<Request, Unreadable>;
    type Response = Response;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Self::Request> {
        match read(io, REQUEST_BYTES_MAX).await {
            Ok(question) => Ok(Ok(question)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Ok(Err(Unreadable(error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Response> {
        read(io, RESPONSE_BYTES_MAX).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Self::Request,
    ) -> io::Result<()> {
        let question = request.map_err(io::Error::other)?;
        write(io, &question, REQUEST_BYTES_MAX).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        response: Response,
    ) -> io::Result<()> {
        write(io, &response, RESPONSE_BYTES_MAX).await
    }
}
