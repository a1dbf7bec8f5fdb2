//! Garbage on the port changes nothing.

use crate::villages::{hears, members, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The port in an address of the form `/ip4/127.0.0.1/tcp/<port>/p2p/<id>`.
fn port(address: &musubi_node_network::Multiaddr) -> u16 {
    address
        .to_string()
        .split('/')
        .nth(4)
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn members_go_on_while_strangers_send_noise() {
    let mut all = members(2).await;
    let port = port(&all[0].address);
    for noise in [
        vec![0u8; 100_000],
        vec![0xff; 10],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\x13/multistream/1.0.0\n\x07/noise\n\xff\xff".to_vec(),
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        // The node may close before it has read everything.
        let _ = stream.write_all(&noise).await;
        let _ = stream.shutdown().await;
        let _ = within(stream.read_to_end(&mut Vec::new())).await;
    }
    all[1].network.gossip(b"still here".to_vec()).unwrap();
    assert_eq!(hears(&mut all[0]).await, vec![b"still here".to_vec()]);
    assert_eq!(all[0].network.peers().len(), 1);
}
