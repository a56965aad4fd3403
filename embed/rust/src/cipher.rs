use crate::Error;

/// Encrypts what is stored. Say what failed with [`Error::new`]: `Code::UnprotectFailed` (wrong key, damage),
/// `Code::KeyNotFound`, `Code::NotEncrypted`, `Code::KeyUnavailable` (try again)…
pub trait Cipher: Send {
    fn protect(&mut self, content: &[u8]) -> Result<Vec<u8>, Error>;

    fn unprotect(&mut self, content: &[u8]) -> Result<Vec<u8>, Error>;
}
