//! Tokens at their borders, and everything that must not pass for one.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

fn platform() -> Platform {
    Platform::for_tests(&[1])
}

fn subject() -> Subject {
    let id = |byte: u8| Uuid::from_bytes([byte; 16]);
    Subject { account: id(1), tenant: id(2), session: id(3), version: 4 }
}

fn token() -> String {
    let token = issue(&platform(), Audience::Console, subject(), (NOW, ACCESS_SECONDS), Uuid::from_bytes([9; 16])).unwrap();
    token.expose_secret().to_owned()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOW.micros() + seconds * 1_000_000)
}

/// Signs any header and claims with the real key of an audience.
fn signed(header: &Value, claims: &Value, audience: Audience) -> String {
    let text = format!("{}.{}", encode(header).unwrap(), encode(claims).unwrap());
    let key = platform().newest().derive(audience.label());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(hmac_sha256(key.expose_secret(), &[text.as_bytes()])))
}

fn header() -> Value {
    json!({"alg": "HS256", "kid": "k1", "typ": "at+jwt"})
}

fn claims() -> Value {
    let id = |byte: u8| Uuid::from_bytes([byte; 16]);
    let now = NOW.micros() / 1_000_000;
    json!({"iss": "recado", "aud": "console", "sub": id(1), "tid": id(2), "sid": id(3), "rv": 4, "iat": now, "exp": now + 900, "jti": id(9)})
}

fn accepted(token: &str) -> bool {
    verify(&platform(), Audience::Console, token, NOW).is_ok()
}

#[test]
fn the_published_vector_of_rfc_7515_holds() {
    let key = URL_SAFE_NO_PAD.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow").unwrap();
    let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let tag = URL_SAFE_NO_PAD.encode(hmac_sha256(&key, &[text.as_bytes()]));
    assert_eq!(tag, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

#[test]
fn a_token_says_what_it_was_issued_for() {
    let read = verify(&platform(), Audience::Console, &token(), NOW).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), claims());
    assert!(accepted(&signed(&header(), &claims(), Audience::Console)), "the forger of these tests knows the form");
}

#[test]
fn trust_a02_a_token_lives_fifteen_minutes_and_the_leeway_of_five_seconds() {
    for (seconds, good) in [(0, true), (899, true), (900, true), (904, true), (905, false), (906, false), (86_400, false)] {
        assert_eq!(verify(&platform(), Audience::Console, &token(), at(seconds)).is_ok(), good, "{seconds} s");
    }
    // A server whose clock is behind takes it within the leeway only.
    assert!(verify(&platform(), Audience::Console, &token(), at(-5)).is_ok());
    assert!(verify(&platform(), Audience::Console, &token(), at(-6)).is_err());
}

#[test]
fn no_other_algorithm_is_taken_whatever_the_header_says() {
    for alg in ["none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA"] {
        let other = json!({"alg": alg, "kid": "k1", "typ": "at+jwt"});
        assert!(!accepted(&signed(&other, &claims(), Audience::Console)), "{alg}");
        let unsigned = format!("{}.{}.", encode(&other).unwrap(), encode(&claims()).unwrap());
        assert!(!accepted(&unsigned), "{alg} unsigned");
    }
    for alg in [json!(null), json!(1), json!(["HS256"])] {
        assert!(!accepted(&signed(&json!({"alg": alg, "kid": "k1", "typ": "at+jwt"}), &claims(), Audience::Console)));
    }
}

#[test]
fn a_key_is_named_by_its_number_and_by_nothing_else() {
    for kid in ["../../x", "k1' OR '1'='1", "k2", "k", "", "1", "k+1", "k-1", "k01x", "/dev/null", "k99999999999999999999", "kk1"] {
        let other = json!({"alg": "HS256", "kid": kid, "typ": "at+jwt"});
        assert!(!accepted(&signed(&other, &claims(), Audience::Console)), "{kid}");
    }
    for extra in ["jku", "x5u", "jwk", "crit", "x5c"] {
        let mut other = header();
        other[extra] = json!("https://evil.test/keys");
        assert!(!accepted(&signed(&other, &claims(), Audience::Console)), "{extra}");
    }
    for missing in ["alg", "kid", "typ"] {
        let mut other = header();
        other.as_object_mut().unwrap().remove(missing);
        assert!(!accepted(&signed(&other, &claims(), Audience::Console)), "without {missing}");
    }
}

#[test]
fn every_claim_is_needed_and_has_its_type() {
    for name in ["iss", "aud", "sub", "tid", "sid", "rv", "iat", "exp", "jti"] {
        let mut less = claims();
        less.as_object_mut().unwrap().remove(name);
        assert!(!accepted(&signed(&header(), &less, Audience::Console)), "without {name}");
    }
    for (name, value) in [
        ("exp", json!("1760000900")),
        ("exp", json!(1_760_000_900.5)),
        ("exp", json!(null)),
        ("exp", json!([1_760_000_900])),
        ("iat", json!("0")),
        ("iss", json!("other")),
        ("aud", json!("mfa")),
        ("aud", json!("widget")),
        ("aud", json!(["console"])),
        ("sub", json!("1")),
        ("nbf", json!(0)),
    ] {
        let mut changed = claims();
        changed[name] = value.clone();
        assert!(!accepted(&signed(&header(), &changed, Audience::Console)), "{name} {value}");
    }
}

#[test]
fn a_token_of_one_audience_is_nothing_to_another() {
    let mfa = issue(&platform(), Audience::Mfa, subject(), (NOW, 300), Uuid::nil()).unwrap();
    assert!(verify(&platform(), Audience::Mfa, mfa.expose_secret(), NOW).is_ok());
    assert!(verify(&platform(), Audience::Console, mfa.expose_secret(), NOW).is_err());
    assert!(verify(&platform(), Audience::Mfa, &token(), NOW).is_err());
    // Claims of the console under the key of the second step, and the other way round.
    assert!(!accepted(&signed(&header(), &claims(), Audience::Mfa)));
}

#[test]
fn a_new_key_signs_while_the_old_one_still_verifies() {
    let both = Platform::for_tests(&[1, 2]);
    assert!(verify(&both, Audience::Console, &token(), NOW).is_ok());
    let newer = issue(&both, Audience::Console, subject(), (NOW, ACCESS_SECONDS), Uuid::nil()).unwrap();
    assert!(verify(&both, Audience::Console, newer.expose_secret(), NOW).is_ok());
    assert!(verify(&platform(), Audience::Console, newer.expose_secret(), NOW).is_err(), "an unknown key");
    let last = Platform::for_tests(&[2]);
    assert!(verify(&last, Audience::Console, &token(), NOW).is_err(), "the old key is gone");
}

#[test]
fn rubbish_and_a_megabyte_are_refused() {
    let huge = format!("{}.{}.{}", "a".repeat(1_000_000), "b", "c");
    for text in ["", ".", "..", "...", "a.b", "a.b.c", "é.é.é", huge.as_str(), &format!("{}.x", token()), &format!(" {}", token())] {
        assert!(!accepted(text));
    }
}

proptest! {
    #[test]
    fn no_flipped_bit_passes(at in 0_usize..4096, bit in 0_u8..7) {
        let mut bytes = token().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(!accepted(&changed));
    }
}
