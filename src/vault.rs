//! Files that `ansible-vault` encrypted as a whole: formats 1.1 and 1.2 with AES256.
//!
//! A header line, `$ANSIBLE_VAULT;1.2;AES256;ID`, stands before lines of hexadecimal digits; what they spell are three
//! lines, again mostly hexadecimal: a salt, an HMAC, the data. The rules are those of ansible-core 2.19,
//! `parsing/vault/__init__.py`. The cryptography is that of the RustCrypto crates.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use aes::Aes256;
use block_padding::{Padding, Pkcs7};
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What every file under vault starts with.
const HEADER: &[u8] = b"$ANSIBLE_VAULT";
/// Rounds of PBKDF2.
const ROUNDS: u32 = 10_000;
/// The length of a key of AES256, and of the key of the HMAC.
const KEY: usize = 32;
/// The length of a block of AES, and of the first counter.
const BLOCK: usize = 16;

/// Why a file was not decrypted; never with a word of what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The file is not what `ansible-vault` writes, whatever the password: a fragment that says why.
    Damaged(&'static str),
    /// None of the passwords is the right one.
    WrongPassword {
        /// The vault id that the file names.
        id: Option<String>,
    },
}

/// Passwords with their vault ids. It has no `Debug`, which would print them.
#[derive(Default)]
pub struct Keyring {
    secrets: Vec<(String, Vec<u8>)>,
    /// Where a password opens only what has its id: the id of what has none.
    pub matching: Option<String>,
    /// What was derived, by the index of the password and the salt.
    derived: HashMap<(usize, Vec<u8>), Keys>,
}

/// What PBKDF2 makes of a password and a salt.
type Keys = [u8; 2 * KEY + BLOCK];

/// The parts of a file.
struct Envelope {
    id: Option<String>,
    salt: Vec<u8>,
    tag: Vec<u8>,
    data: Vec<u8>,
}

/// Whether these are the bytes of a file under vault.
pub fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(HEADER)
}

impl Keyring {
    /// Adds a password, to be tried after those that are there.
    pub fn add(&mut self, id: &str, password: Vec<u8>) {
        self.secrets.push((id.to_string(), password));
    }

    /// Whether there is no password.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Decrypts a file with the first password that fits; those of the id that the file names are tried first.
    ///
    /// # Errors
    /// A damaged file; no password that fits.
    pub fn decrypt(&mut self, file: &[u8]) -> Result<Vec<u8>, Failure> {
        let envelope = Envelope::parse(file)?;
        let id = envelope.id.as_ref().or(self.matching.as_ref());
        let fits = |secret: &usize| self.matching.is_none() || id == Some(&self.secrets[*secret].0);
        let mut order: Vec<usize> = (0..self.secrets.len()).filter(fits).collect();
        order.sort_by_key(|secret| envelope.id.as_ref() != Some(&self.secrets[*secret].0));
        for secret in order {
            let keys = self.keys(secret, &envelope.salt);
            if let Some(text) = envelope.open(keys)? {
                return Ok(text);
            }
        }
        Err(Failure::WrongPassword { id: envelope.id })
    }

    fn keys(&mut self, secret: usize, salt: &[u8]) -> &Keys {
        let password = &self.secrets[secret].1;
        self.derived.entry((secret, salt.to_vec())).or_insert_with(|| {
            let mut keys = [0; 2 * KEY + BLOCK];
            pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, &mut keys);
            keys
        })
    }
}

impl Envelope {
    /// Takes a file apart. Ansible looks at the cipher, but not at the version of the format.
    fn parse(file: &[u8]) -> Result<Self, Failure> {
        let mut lines = file.split(|byte| matches!(byte, b'\n' | b'\r'));
        let header = String::from_utf8_lossy(lines.next().unwrap_or_default());
        let fields: Vec<&str> = header.split(';').map(str::trim).collect();
        let [_, _, cipher, more @ ..] = fields.as_slice() else {
            return Err(Failure::Damaged("its first line is not `$ANSIBLE_VAULT;VERSION;CIPHER`"));
        };
        if *cipher != "AES256" {
            return Err(Failure::Damaged("its cipher is not AES256"));
        }
        let inner = from_hex(&lines.collect::<Vec<_>>().concat())?;
        let mut parts = inner.splitn(3, |byte| *byte == b'\n');
        let (Some(salt), Some(tag), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Failure::Damaged("it is not whole"));
        };
        let id = more.first().map(ToString::to_string);
        Ok(Envelope { id, salt: from_hex(salt)?, tag: from_hex(tag)?, data: from_hex(data)? })
    }

    /// The text; nothing where the keys are not its own.
    fn open(&self, keys: &Keys) -> Result<Option<Vec<u8>>, Failure> {
        let (cipher_key, rest) = keys.split_at(KEY);
        let (tag_key, counter) = rest.split_at(KEY);
        let unusable = |_| Failure::Damaged("its keys have a wrong length");
        let mut tag = Hmac::<Sha256>::new_from_slice(tag_key).map_err(unusable)?;
        tag.update(&self.data);
        // compares in constant time
        if tag.verify_slice(&self.tag).is_err() {
            return Ok(None);
        }
        let mut text = self.data.clone();
        let mut cipher = Ctr128BE::<Aes256>::new_from_slices(cipher_key, counter).map_err(unusable)?;
        cipher.apply_keystream(&mut text);
        let last = text.len().checked_sub(BLOCK).ok_or(Failure::Damaged("it holds no data"))?;
        let kept = Pkcs7::raw_unpad(&text[last..]).map_err(|_| Failure::Damaged("its padding is wrong"))?.len();
        text.truncate(last + kept);
        Ok(Some(text))
    }
}

/// Returns the bytes that hexadecimal digits spell.
fn from_hex(digits: &[u8]) -> Result<Vec<u8>, Failure> {
    base16ct::mixed::decode_vec(digits).map_err(|error| match error {
        base16ct::Error::InvalidLength => Failure::Damaged("it has an odd number of hexadecimal digits"),
        base16ct::Error::InvalidEncoding => Failure::Damaged("something in it is not a hexadecimal digit"),
    })
}
