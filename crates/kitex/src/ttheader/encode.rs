//! Writes a header.

use bytes::{BufMut, Bytes, BytesMut};

use super::decode::{ACL_TOKEN, INTS, STRINGS};
use super::{Header, Infos};
use crate::error::EncodeError;
use crate::protocol::TTHEADER;

impl Header {
    /// Appends all of the header that follows the length of the frame.
    ///
    /// # Errors
    /// If an info or all of them are too long. Part of it is written then.
    pub(crate) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.put_slice(&TTHEADER);
        out.put_u16(self.flags);
        out.put_i32(self.sequence);
        let words = out.len();
        out.put_u16(0);
        let start = out.len();
        out.put_u8(self.protocol_id);
        // Number of transforms.
        out.put_u8(0);
        self.infos.encode(out)?;
        let unpadded = out.len() - start;
        out.put_bytes(0, unpadded.next_multiple_of(4) - unpadded);
        let length = (out.len() - start) / 4;
        let length = u16::try_from(length).map_err(|_| EncodeError::HeaderTooLarge)?;
        out[words..start].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }
}

impl Infos {
    fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        if let Some(token) = &self.acl_token {
            out.put_u8(ACL_TOKEN);
            put(token, out)?;
        }
        if !self.strings.is_empty() {
            out.put_u8(STRINGS);
            out.put_u16(short(self.strings.len())?);
            for (key, value) in &self.strings {
                put(key, out)?;
                put(value, out)?;
            }
        }
        if !self.ints.is_empty() {
            out.put_u8(INTS);
            out.put_u16(short(self.ints.len())?);
            for (key, value) in &self.ints {
                out.put_u16(*key);
                put(value, out)?;
            }
        }
        Ok(())
    }
}

fn put(text: &Bytes, out: &mut BytesMut) -> Result<(), EncodeError> {
    out.put_u16(short(text.len())?);
    out.put_slice(text);
    Ok(())
}

fn short(length: usize) -> Result<u16, EncodeError> {
    u16::try_from(length).map_err(|_| EncodeError::InfoTooLong)
}
