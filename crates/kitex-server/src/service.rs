//! The service that clients call.

use kitex_codec::{Codec, Protocol};

/// A service of the server, and the names by which clients know it.
#[derive(Clone, Copy, Debug)]
pub struct KitexService {
    /// Its name in the IDL, such as `Orders`: the info `isn` of TTHeader.
    pub name: &'static str,
    /// Its full name in gRPC, such as `orders.v1.Orders`. Methods have one name in both.
    pub grpc_name: &'static str,
    /// Whether Thrift is served.
    pub thrift: bool,
    /// Whether Kitex Protobuf is served.
    pub protobuf: bool,
}

impl KitexService {
    /// The protocols in which its clients begin; none if it serves neither encoding.
    pub fn protocols(&self) -> Vec<Protocol> {
        let mut protocols = Vec::new();
        if self.thrift || self.protobuf {
            protocols.push(Protocol::TtHeader);
        }
        if self.thrift {
            protocols.extend([
                Protocol::Framed,
                Protocol::Buffered,
                Protocol::TtHeaderStreaming,
            ]);
        }
        if self.protobuf {
            protocols.push(Protocol::FramedProtobuf);
        }
        protocols
    }

    /// Whether messages in this encoding are served.
    pub(crate) fn serves(&self, codec: Codec) -> bool {
        match codec {
            Codec::Thrift => self.thrift,
            Codec::Protobuf => self.protobuf,
        }
    }
}
