//! Signing in: what a password costs to guess, and who may make a business.

use crate::config::read::Reader;

/// The cost below which a stolen table could be worked through.
const LEAST_COST: u32 = if cfg!(any(test, feature = "testing")) { 4 } else { 10 };

/// What an operator sets about signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountsConfig {
    /// The cost of bcrypt: each step doubles the work.
    pub bcrypt_cost: u32,
    /// Whether anybody may make a business.
    pub sign_up_open: bool,
    /// The version of the terms that whoever makes an account must accept.
    pub terms_version: String,
}

pub(super) fn read(reader: &mut Reader) -> AccountsConfig {
    let bcrypt_cost = reader.number("bcrypt_cost", LEAST_COST, 16);
    let sign_up = reader.required("sign_up");
    if !matches!(sign_up.as_str(), "open" | "closed") {
        reader.wrong("sign_up", "must be \"open\" or \"closed\"");
    }
    let terms_version = reader.required("terms_version");
    let plain = terms_version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if !plain || !(1..=40).contains(&terms_version.len()) {
        reader.wrong("terms_version", "must be 1 to 40 letters, digits, dots and dashes, such as 2026-11");
    }
    AccountsConfig { bcrypt_cost, sign_up_open: sign_up == "open", terms_version }
}
