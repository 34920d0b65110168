//! People who sign in: how their addresses, names and languages are read, what a business is called in addresses, when a door stays shut.
//!
//! Pure. Never knows a password, a token or a row.

pub mod invitation;
pub mod letters;
pub mod lockout;

use crate::domain::mail::Address;
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A mail address in the form that is stored and compared: lower case, without blanks around it. Debug shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads an address; `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        // An address to which no mail goes could never be told of anything.
        Address::parse(&text).ok()?;
        let (local, host) = text.rsplit_once('@')?;
        let host_fits = host.contains('.')
            && host.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|char| char.is_alphanumeric() || char == '-')
            });
        let odd = |char: char| char.is_whitespace() || char.is_control() || "@<>()[],;:\\\"".contains(char);
        let local_fits = (1..=64).contains(&local.len()) && !local.chars().any(odd);
        (text.len() <= 254 && host_fits && local_fits).then_some(Self(text))
    }

    /// Returns the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// Reads a name of a person or a business: 1 to 100 characters without line breaks.
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// Reads a telephone number in E.164; blanks, dashes, dots and brackets do not count.
#[must_use]
pub fn phone(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|char| !matches!(char, ' ' | '-' | '.' | '(' | ')')).collect();
    let digits = plain.strip_prefix('+')?;
    let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| plain.clone())
}

/// The languages of pages and mails.
pub const LANGUAGES: [&str; 3] = ["es", "en", "pt"];

/// Reads a language tag whose language is one of ours, such as `es-MX`.
#[must_use]
pub fn locale(tag: &str) -> Option<String> {
    let language = tag.split('-').next().unwrap_or_default();
    let fits = LANGUAGES.contains(&language)
        && tag.len() <= 35
        && tag.split('-').all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()) && (2..=8).contains(&part.len()));
    fits.then(|| tag.to_owned())
}

/// Longest short name made from a business's name; something may still be added to tell two apart.
const SLUG: usize = 32;

/// Makes a short name for addresses of a business's name: `Peluquería Núñez & Hijos` becomes `peluqueria-nunez-hijos`. A name without
/// a single Latin letter or digit becomes `business`.
#[must_use]
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for char in name.nfkd().filter(|char| !is_combining_mark(*char)).flat_map(char::to_lowercase) {
        if char.is_ascii_alphanumeric() {
            slug.push(char);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= SLUG {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.len() < 2 { "business".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case_and_odd_ones_refused() {
        assert_eq!(Email::parse(" Ana.Gomez+x@Shop.Test ").unwrap().as_str(), "ana.gomez+x@shop.test");
        let long = format!("{}@shop.test", "a".repeat(65));
        for text in [
            "",
            "a",
            "a@b",
            "@shop.test",
            "a b@shop.test",
            "a@shop..test",
            "a@-shop.test",
            "<a@shop.test>",
            "a@b.test\r\nBcc: c",
            "a,b@c.test",
            &long,
        ] {
            assert_eq!(Email::parse(text), None, "{text}");
        }
        assert_eq!(format!("{:?}", Email::parse("a@b.test").unwrap()), "Email(…)");
    }

    #[test]
    fn names_phones_and_languages_are_read() {
        assert_eq!(name("  Ana  "), Some("Ana".to_owned()));
        assert!(name(" ").is_none() && name("a\nb").is_none() && name(&"a".repeat(101)).is_none());
        assert_eq!(phone("+52 (662) 123-45.67"), Some("+526621234567".to_owned()));
        assert!(phone("6621234567").is_none() && phone("+0123456789").is_none() && phone("+1").is_none());
        assert!(
            locale("es-MX").is_some()
                && locale("pt").is_some()
                && locale("fr").is_none()
                && locale("es_MX").is_none()
                && locale("en-").is_none()
        );
    }

    #[test]
    fn a_business_gets_a_short_name_that_addresses_can_bear() {
        for (name, slug) in [
            ("Peluquería Núñez & Hijos", "peluqueria-nunez-hijos"),
            ("  ¡Hola!  ", "hola"),
            ("寿司", "business"),
            ("A", "business"),
            ("Straße 7", "stra-e-7"),
            ("Clínica Dental de la Santísima Trinidad del Norte", "clinica-dental-de-la-santisima-t"),
        ] {
            assert_eq!(slug_of(name), slug, "{name}");
        }
    }
}
