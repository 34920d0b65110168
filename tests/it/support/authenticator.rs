//! An app that makes codes of a second factor from what people type into it.

use anyhow::{Context, Result};
use recado::crypto::totp::SecondFactor;
use secrecy::SecretSlice;

/// Reads a secret as apps do.
pub fn app(secret: &str, email: &str) -> Result<SecondFactor> {
    Ok(SecondFactor::new(&SecretSlice::from(bytes(secret)?), "Recado", email)?)
}

/// Returns the bytes of a secret.
pub fn bytes(secret: &str) -> Result<Vec<u8>> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in secret.chars() {
        bits = bits << 5 | u32::try_from(alphabet.find(letter).context("base32")?)?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255)?);
        }
    }
    Ok(bytes)
}
