//! The address of an SMTP server, read once: `smtp://` or `smtps://`, with name and password before the host. Debug shows no password.

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use thiserror::Error;
use url::Url;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all: for a server on this machine or in a network of one's own.
    None,
    /// From the first byte: `smtps://`.
    Wrapped,
    /// Before anything is said, or not used: `?tls=required`.
    StartTls,
    /// If the server offers it: `?tls=opportunistic`.
    IfOffered,
}

/// Why an address is not taken. Never shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ServerError {
    /// Its form.
    #[error("must be smtps://user:password@host, smtp://user:password@host?tls=required or smtp://host")]
    Form,
    /// The password could be read on its way.
    #[error("holds a password, so it needs smtps:// or ?tls=required")]
    Readable,
}

/// An SMTP server and how to speak with it.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) hello: Option<ClientId>,
    login: Option<(String, SecretString)>,
}

impl SmtpServer {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn parse(text: &str) -> Result<Self, ServerError> {
        let url = Url::parse(text).map_err(|_unshown| ServerError::Form)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ServerError::Form)?.to_owned();
        let mut asked = None;
        for (key, value) in url.query_pairs() {
            if key != "tls" || asked.is_some() {
                return Err(ServerError::Form);
            }
            asked = Some(value.into_owned());
        }
        let (encryption, port) = match (url.scheme(), asked.as_deref()) {
            ("smtps", None) => (Encryption::Wrapped, 465),
            ("smtp", Some("required")) => (Encryption::StartTls, 587),
            ("smtp", Some("opportunistic")) => (Encryption::IfOffered, 587),
            ("smtp", None) => (Encryption::None, 25),
            _ => return Err(ServerError::Form),
        };
        let login = match url.password() {
            Some(password) => Some((decoded(url.username())?, SecretString::from(decoded(password)?))),
            None if url.username().is_empty() => None,
            None => return Err(ServerError::Form),
        };
        let local = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        if login.is_some() && !local && matches!(encryption, Encryption::None | Encryption::IfOffered) {
            return Err(ServerError::Readable);
        }
        let hello = match url.path().trim_matches('/') {
            "" => None,
            name if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) => {
                Some(ClientId::Domain(name.to_owned()))
            }
            _ => return Err(ServerError::Form),
        };
        // An IPv6 address stands in brackets in addresses and without them everywhere else.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(port), encryption, hello, login })
    }

    /// Returns the host, for reports.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns how the connection is encrypted.
    #[must_use]
    pub const fn encryption(&self) -> Encryption {
        self.encryption
    }

    pub(super) fn login(&self) -> Option<Credentials> {
        self.login.as_ref().map(|(name, password)| Credentials::new(name.clone(), password.expose_secret().to_owned()))
    }
}

/// Undoes the percent-encoding. A control character is no part of a name or password: it could end the line.
fn decoded(text: &str) -> Result<String, ServerError> {
    let pairs = format!("x={}", text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D"));
    let value = url::form_urlencoded::parse(pairs.as_bytes()).next().map(|(_, value)| value).unwrap_or(Cow::Borrowed(""));
    if value.contains(|sign: char| sign.is_control() || sign == '\u{fffd}') {
        return Err(ServerError::Form);
    }
    Ok(value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, u16, Encryption) {
        let server = SmtpServer::parse(text).unwrap();
        (server.host, server.port, server.encryption)
    }

    #[test]
    fn addresses_are_read_as_they_are_usually_written() {
        assert_eq!(read("smtps://a:b@mail.example.com"), ("mail.example.com".to_owned(), 465, Encryption::Wrapped));
        assert_eq!(read("smtp://a:b@mail.example.com?tls=required"), ("mail.example.com".to_owned(), 587, Encryption::StartTls));
        assert_eq!(read("smtp://mail.example.com?tls=opportunistic"), ("mail.example.com".to_owned(), 587, Encryption::IfOffered));
        assert_eq!(read("smtp://127.0.0.1:2525"), ("127.0.0.1".to_owned(), 2525, Encryption::None));
        assert_eq!(read("smtp://[::1]:2525/me.example"), ("::1".to_owned(), 2525, Encryption::None));
    }

    #[test]
    fn names_and_passwords_are_decoded() {
        let server = SmtpServer::parse("smtps://ana%40example.com:p%2Bq+r%26s%3Dt%25@h.example").unwrap();
        let (name, password) = server.login.unwrap();
        assert_eq!((name.as_str(), password.expose_secret()), ("ana@example.com", "p+q+r&s=t%"));
    }

    #[test]
    fn what_is_no_address_or_lets_the_password_be_read_is_refused() {
        for text in
            ["", "mail.example.com", "http://h", "smtp://", "smtp://a@h", "smtp://h?tls=yes", "smtps://h?tls=required", "smtp://h?x=1"]
        {
            assert_eq!(SmtpServer::parse(text).unwrap_err(), ServerError::Form, "{text}");
        }
        for text in ["smtps://a:b%0D%0Ac@h.example", "smtps://a:b@h.example/x%20y"] {
            assert_eq!(SmtpServer::parse(text).unwrap_err(), ServerError::Form, "{text}");
        }
        for text in ["smtp://a:b@h.example", "smtp://a:b@h.example?tls=opportunistic"] {
            assert_eq!(SmtpServer::parse(text).unwrap_err(), ServerError::Readable, "{text}");
        }
        assert!(SmtpServer::parse("smtp://a:b@localhost:2525").is_ok());
    }

    #[test]
    fn debug_shows_no_password() {
        assert!(!format!("{:?}", SmtpServer::parse("smtps://ana:hunter2@h.example").unwrap()).contains("hunter2"));
    }
}
