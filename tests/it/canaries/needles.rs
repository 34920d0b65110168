//! The canaries, and the forms in which one could be hiding.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeMap;

/// Shortest canary: a shorter one could stand somewhere by chance.
const SHORTEST: usize = 16;

/// Secrets by name.
#[derive(Debug, Default)]
pub struct Needles {
    /// Every byte as one character, since the search in texts is the fast one.
    all: BTreeMap<String, Vec<String>>,
    first: String,
}

impl Needles {
    /// Remembers a secret and every form of it.
    pub fn plant(&mut self, name: &str, secret: &str) {
        if self.first.is_empty() {
            secret.clone_into(&mut self.first);
        }
        self.plant_bytes(name, secret.as_bytes());
    }

    /// As [`Needles::plant`], for a secret that is no text.
    pub fn plant_bytes(&mut self, name: &str, secret: &[u8]) {
        assert!(secret.len() >= SHORTEST, "{name} is too short to be told from chance");
        let forms = forms(secret).iter().map(|form| widened(form)).collect();
        assert!(self.all.insert(name.to_owned(), forms).is_none(), "{name} twice");
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the first one that was planted.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// Names those that stand in `bytes`, in whatever form.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let text = widened(bytes);
        let stands = |forms: &Vec<String>| forms.iter().any(|form| text.contains(form));
        self.all.iter().filter(|(_, forms)| stands(forms)).map(|(name, _)| name.as_str()).collect()
    }
}

fn widened(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Raw, hex, Base64 at each of the three places in a group, URL-encoded in part and in full.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex = |upper: bool| -> Vec<u8> {
        secret.iter().flat_map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }.into_bytes()).collect()
    };
    let escaped: String = secret.iter().map(|byte| format!("%{byte:02X}")).collect();
    let form: String = url::form_urlencoded::byte_serialize(secret).collect();
    let mut all =
        vec![secret.to_vec(), hex(false), hex(true), escaped.to_lowercase().into_bytes(), escaped.into_bytes(), form.into_bytes()];
    for before in 0..3 {
        let padded = [vec![0; before], secret.to_vec()].concat();
        // Only the characters that the secret alone decides.
        let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            all.push(text.as_bytes()[from..to].to_vec());
        }
    }
    all.sort();
    all.dedup();
    all
}

#[test]
fn a_planted_canary_is_found_in_every_form_and_a_near_miss_is_not() {
    let secret = "sk-canary/+7~ñ0123456789";
    let mut needles = Needles::default();
    needles.plant("it", secret);
    let hidden: Vec<String> = vec![
        format!("a {secret} b"),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        url::form_urlencoded::Serializer::new(String::new()).append_pair("key", secret).finish(),
        secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        STANDARD_NO_PAD.encode(format!("{{\"key\":\"{secret}\"}}")),
        STANDARD_NO_PAD.encode(format!(".{{\"key\":\"{secret}\"}}")),
        URL_SAFE_NO_PAD.encode(format!("..{{\"key\":\"{secret}\"}}")),
    ];
    for text in &hidden {
        assert_eq!(needles.found_in(text.as_bytes()), ["it"], "{text}");
    }
    for text in ["", "sk-canary", "sk-canary/+7~ñ012345678", &STANDARD_NO_PAD.encode("sk-canary/+7~n0123456789")] {
        assert!(needles.found_in(text.as_bytes()).is_empty(), "{text}");
    }
}
