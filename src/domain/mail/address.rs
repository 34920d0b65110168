//! E-mail addresses, parsed once: what passes here cannot break out of a header or a command.
//!
//! Narrower than the standards allow: no quoted local parts, no comments, no addresses of hosts by number. Never says that somebody reads it.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// Longest address that SMTP carries (RFC 5321 4.5.3.1.3, less the brackets).
const MOST: usize = 254;
/// Longest part before the `@`.
const MOST_LOCAL: usize = 64;

/// Not an address that we send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an e-mail address such as ana@example.com")]
pub struct AddressError;

/// An e-mail address: ASCII before the `@`, a domain with a dot after it. Domains may be international.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// Reads an address; blanks around it are not part of it.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError)?;
        let fits = text.len() <= MOST && is_local(local) && is_domain(domain);
        if fits { Ok(Self(text.to_owned())) } else { Err(AddressError) }
    }

    /// Returns it as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the `@` and the domain.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or_default()
    }
}

/// Logs and reports never show whose address it is.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

/// Dot-atoms of RFC 5322.
fn is_local(local: &str) -> bool {
    let sign = |sign: char| sign.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(sign);
    local.len() <= MOST_LOCAL && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(sign))
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let sign = |sign: char| sign == '-' || if sign.is_ascii() { sign.is_ascii_alphanumeric() } else { sign.is_alphanumeric() };
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(sign)
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_are_read() {
        for text in
            ["ana@example.com", " a.b+c@sub.example.mx ", "o'neil@example.co", "x@münchen.example", "1@2.com", "a@xn--bcher-kva.example"]
        {
            assert_eq!(Address::parse(text).unwrap().as_str(), text.trim());
        }
        assert_eq!(Address::parse("a.b@c.example").unwrap().parts(), ("a.b", "c.example"));
    }

    #[test]
    fn what_could_break_out_or_is_none_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let wide = format!("a@{}.example", "b.".repeat(130));
        for text in [
            "",
            "@",
            "a@",
            "@b.com",
            "a@b",
            "a b@c.com",
            "a@b@c.com",
            "a@b..com",
            ".a@b.com",
            "a.@b.com",
            "a\r\nBcc: x@y.com",
            "a@b.com\r\nRCPT TO:<x@y.com>",
            "a@b.com>",
            "<a@b.com>",
            "a@b.com,c@d.com",
            "\"a b\"@c.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@-b.com",
            "á@b.com",
            "a@b.com\u{2028}x",
            "a\0@b.com",
            &long,
            &wide,
        ] {
            assert_eq!(Address::parse(text), Err(AddressError), "{text:?}");
        }
    }

    #[test]
    fn an_address_is_never_shown_by_accident() {
        assert_eq!(format!("{:?}", Address::parse("ana@example.com").unwrap()), "Address(…)");
        assert_eq!(serde_json::from_str::<Address>("\"ana@example.com\"").unwrap().as_str(), "ana@example.com");
        assert!(serde_json::from_str::<Address>("\"ana\"").is_err());
    }
}
