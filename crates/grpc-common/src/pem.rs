//! What a PEM text holds.

/// The label of an encrypted private key in the form of PKCS #8.
const ENCRYPTED_PKCS8: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
/// The header of one in the older forms.
const ENCRYPTED_HEADER: &str = "Proc-Type: 4,ENCRYPTED";

/// Whether `text` holds an encrypted private key, which is of no use without its passphrase.
///
/// ```
/// let text = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n...";
/// assert!(grpc_common::has_encrypted_key(text));
/// ```
pub fn has_encrypted_key(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| line == ENCRYPTED_PKCS8 || line == ENCRYPTED_HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_keys_are_told_from_others_in_both_forms() {
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\r\nMIIC\r\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nMIIC\n",
        ] {
            assert!(has_encrypted_key(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "-----BEGIN PRIVATE KEY-----\nMIIC\n",
            "-----BEGIN CERTIFICATE-----\nMIIC\n",
        ] {
            assert!(!has_encrypted_key(text.as_bytes()), "{text}");
        }
    }
}
