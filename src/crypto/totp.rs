//! The second factor: codes of six digits that change every 30 seconds (RFC 6238, SHA-1, as all apps know it).
//!
//! Says which time step a code belongs to; that a step is accepted once only is the database's business. Never asks the clock itself.

use crate::domain::time::Timestamp;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use std::fmt::Write;
use thiserror::Error;
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Length of a secret, in bytes.
pub const SECRET: usize = 20;
/// Digits of a code.
const DIGITS: usize = 6;

/// The name or the secret cannot be used.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("the second factor cannot be set up with this name and secret")]
pub struct TotpError;

/// One account's second factor.
pub struct SecondFactor(Totp);

impl SecondFactor {
    /// Takes a secret; `issuer` and `account` are what the app shows. A colon in either becomes a space: the format has no other way.
    ///
    /// # Errors
    /// [`TotpError`] for a short secret.
    pub fn new(secret: &SecretSlice<u8>, issuer: &str, account: &str) -> Result<Self, TotpError> {
        let plain = |name: &str| name.replace(':', " ");
        let builder = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_secret(Secret::new(secret.expose_secret().into()))
            .with_account_name(plain(account))
            .with_issuer(Some(plain(issuer)));
        builder.build().map(Self).or(Err(TotpError))
    }

    /// Returns the time step whose code this is, the one before and after the present one included. Spaces do not count.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let code: String = code.chars().filter(|char| !char.is_whitespace()).collect();
        if code.len() != DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.0.check(&code, seconds(now)?).and_then(|step| i64::try_from(step).ok())
    }

    /// Returns the secret as people type it.
    #[must_use]
    pub fn base32(&self) -> SecretString {
        SecretString::from(self.0.secret().to_base32())
    }

    /// Returns the address that apps read from the picture.
    ///
    /// # Errors
    /// [`TotpError`] if it cannot be written.
    pub fn address(&self) -> Result<SecretString, TotpError> {
        self.0.to_url().map(SecretString::from).or(Err(TotpError))
    }

    /// Returns the present code, for tests.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> String {
        self.0.generate(seconds(now).unwrap_or_default()).to_string()
    }
}

fn seconds(now: Timestamp) -> Option<u64> {
    u64::try_from(now.micros().div_euclid(1_000_000)).ok()
}

/// Draws a text as a QR code, in SVG: black on white with the quiet zone of four modules.
///
/// # Errors
/// [`TotpError`] for a text too long for any code.
pub fn qr_svg(text: &SecretString) -> Result<String, TotpError> {
    let code = qrcodegen::QrCode::encode_text(text.expose_secret(), qrcodegen::QrCodeEcc::Medium).or(Err(TotpError))?;
    let (size, quiet) = (code.size(), 4);
    let side = size + 2 * quiet;
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + quiet, y + quiet);
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor() -> SecondFactor {
        SecondFactor::new(&SecretSlice::from(b"12345678901234567890".to_vec()), "Acme Desk", "ana@shop.test").unwrap()
    }

    #[test]
    fn the_published_vectors_of_rfc_6238_hold() {
        for (unix, code, step) in [
            (59, "287082", 1),
            (1_111_111_109, "081804", 0x0235_23EC),
            (1_111_111_111, "050471", 0x0235_23ED),
            (1_234_567_890, "005924", 0x0273_EF07),
            (2_000_000_000, "279037", 0x03F9_40AA),
            (20_000_000_000, "353130", 0x27BC_86AA),
        ] {
            let at = Timestamp::from_secs(unix);
            assert_eq!(factor().code_at(at), code);
            assert_eq!(factor().step_of(code, at), Some(step), "{unix}");
        }
    }

    #[test]
    fn the_published_counters_of_rfc_4226_hold() {
        let codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (counter, code) in (0_i64..).zip(codes) {
            assert_eq!(factor().code_at(Timestamp::from_secs(counter * 30)), code);
        }
    }

    #[test]
    fn the_neighbouring_steps_are_taken_and_no_others() {
        let at = |seconds: i64| Timestamp::from_secs(1_111_111_111 + seconds);
        let step = factor().step_of("050471", at(0));
        for (seconds, good) in [(-32, false), (-31, true), (0, true), (28, true), (58, true), (59, false), (3600, false)] {
            let found = factor().step_of("050471", at(seconds));
            assert_eq!(found, if good { step } else { None }, "{seconds}");
        }
    }

    #[test]
    fn only_six_digits_are_looked_at() {
        let at = Timestamp::from_secs(59);
        assert_eq!(factor().step_of("287 082", at), Some(1));
        for code in ["", "28708", "2870822", "28708a", "２８７０８２", "-87082", "94287082"] {
            assert_eq!(factor().step_of(code, at), None, "{code}");
        }
    }

    #[test]
    fn the_address_is_what_apps_read() {
        let address = factor().address().unwrap();
        let url = url::Url::parse(address.expose_secret()).unwrap();
        assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
        let pairs: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs["secret"], "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(pairs["issuer"], "Acme Desk");
        assert_eq!(factor().base32().expose_secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let odd = SecondFactor::new(&SecretSlice::from(vec![1; SECRET]), "A: B", "a@b.test").unwrap();
        assert!(odd.address().unwrap().expose_secret().contains("A%20%20B"));
        assert!(SecondFactor::new(&SecretSlice::from(vec![1; 15]), "A", "a@b.test").is_err());
    }

    #[test]
    fn the_picture_has_its_finders_and_its_quiet_zone() {
        let svg = qr_svg(&factor().address().unwrap()).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        // The corner of the first finder stands at the end of the quiet zone; nothing is drawn before it.
        assert!(svg.contains("M4 4h1v1h-1z") && svg.contains("M10 4h1v1h-1z") && !svg.contains("M3 ") && !svg.contains("M5 5h1"));
        assert!(qr_svg(&SecretString::from("x".repeat(5000))).is_err());
    }
}
