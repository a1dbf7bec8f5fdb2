//! Messages on a stream: four bytes of length, then SCALE. A length over the bound ends the stream before anything is read.

use crate::message::{MESSAGE_BYTES_MAX, Request, Response};
use async_trait::async_trait;
use codec::{DecodeAll, Encode};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{StreamProtocol, request_response};
use std::io;

/// The one protocol of this swarm.
pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/musubi/members/1");

/// Reads and writes bounded messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct BoundedCodec;

async fn read<M: DecodeAll>(io: &mut (impl AsyncRead + Unpin + Send)) -> io::Result<M> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a message of {length} bytes; the bound is {MESSAGE_BYTES_MAX}"),
        ));
    }
    let mut bytes = Vec::new();
    // Grows with what arrives, so that a length alone reserves nothing.
    io.take(u64::try_from(length).map_err(io::Error::other)?)
        .read_to_end(&mut bytes)
        .await?;
    M::decode_all(&mut bytes.as_slice())
        .map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
}

async fn write(io: &mut (impl AsyncWrite + Unpin + Send), message: &impl Encode) -> io::Result<()> {
    let bytes = message.encode();
    if bytes.len() > MESSAGE_BYTES_MAX {
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
    type Request = Request;
    type Response = Response;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Request> {
        read(io).await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Response> {
        read(io).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Request,
    ) -> io::Result<()> {
        write(io, &request).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        response: Response,
    ) -> io::Result<()> {
        write(io, &response).await
    }
}
