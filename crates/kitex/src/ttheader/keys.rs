//! The keys of infos that mean something to Kitex.

/// Integer key: `framed` or `unframed`.
pub const TRANSPORT_TYPE: u16 = 1;
/// Integer key: the id of the caller's log.
pub const LOG_ID: u16 = 2;
/// Integer key: the name of the calling service.
pub const FROM_SERVICE: u16 = 3;
/// Integer key: the name under which the called service is registered.
pub const TO_SERVICE: u16 = 6;
/// Integer key: the called method.
pub const TO_METHOD: u16 = 9;
/// Integer key: the address that is called.
pub const DEST_ADDRESS: u16 = 11;
/// Integer key: the timeout of the call in milliseconds.
pub const RPC_TIMEOUT: u16 = 12;
/// Integer key: the timeout of connecting in milliseconds.
pub const CONNECT_TIMEOUT: u16 = 17;
/// Integer key: the method of the caller from which it calls.
pub const FROM_METHOD: u16 = 20;
/// Integer key: the kind of message, as [`crate::MessageKind`] numbers them.
pub const MESSAGE_KIND: u16 = 22;
/// Integer key: the kind of frame in a stream.
pub const FRAME_KIND: u16 = 27;

/// String key: the name of the service in the IDL.
pub const IDL_SERVICE: &str = "isn";
/// String key: the address of the other side.
pub const REMOTE_ADDRESS: &str = "rip";
/// String key: `1` announces that this side is about to close the connection.
pub const CLOSE_SOON: &str = "crrst";
/// String key: CRC-32C of the payload.
pub const CRC32C: &str = "crc32c";
/// String key: the services along which the cancellation of a stream came, separated by commas.
pub const CANCEL_PATH: &str = "ttscp";
/// String key: the code of a business error, not 0.
pub const BUSINESS_STATUS: &str = "biz-status";
/// String key: the sentence of a business error.
pub const BUSINESS_MESSAGE: &str = "biz-message";
/// String key: further facts about a business error, a JSON object with strings.
pub const BUSINESS_EXTRA: &str = "biz-extra";
