//! Limits on received frames.

/// The limits of one frame. Whatever a peer announces, nothing is allocated for bytes that have
/// not arrived.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FrameLimits {
    /// Maximum length of a frame without its length field, in bytes. Default 1 MiB.
    pub frame: usize,
    /// Maximum length of the infos of TTHeader, in bytes. Default 16 KiB.
    pub header: usize,
    /// Maximum number of infos of TTHeader. Default 256.
    pub infos: usize,
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self {
            frame: 1024 * 1024,
            header: 16 * 1024,
            infos: 256,
        }
    }
}
