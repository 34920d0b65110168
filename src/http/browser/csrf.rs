//! The proof that a request with a cookie comes from a page of ours: where the browser says it comes from, a header that no foreign page can
//! add without being asked for, and for everything inside a session a token that only our pages know.

use crate::crypto::mac::{hmac_sha256, verify_hmac_sha256};
use crate::crypto::platform::Platform;
use crate::crypto::random::{RandomError, random_bytes};
use crate::domain::ids::SessionId;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, ORIGIN};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use url::Url;

/// The header that a foreign page cannot send without asking first; its value is not looked at.
const MARK: &str = "x-requested-with";
/// The header with the token.
const TOKEN: &str = "x-csrf-token";
/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 256;

/// Returns true for methods that change nothing.
#[must_use]
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Makes sure that a request comes from a page of ours.
///
/// # Errors
/// 403.
pub fn require_own_page(request: &HttpRequest, public_url: &Url) -> Result<(), Problem> {
    let headers = request.headers();
    let own = match word(headers, "sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => word(headers, ORIGIN.as_str()).is_some_and(|origin| origin == public_url.origin().ascii_serialization()),
    };
    if own && headers.contains_key(MARK) {
        return Ok(());
    }
    Err(refused("a request with cookies must come from our own page and carry the header X-Requested-With"))
}

/// Makes sure that a request carries the token of its session.
///
/// # Errors
/// 403.
pub fn require_token(headers: &HeaderMap, platform: &Platform, session: SessionId) -> Result<(), Problem> {
    if word(headers, TOKEN).is_some_and(|token| fits(token, platform, session)) {
        return Ok(());
    }
    Err(refused("a request with cookies that changes something needs the header X-CSRF-Token: GET /api/v1/auth/csrf"))
}

fn refused(detail: &str) -> Problem {
    Problem::forbidden(detail).with_code("csrf")
}

fn word<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Makes a token for a session: `tag.random`, both in Base64. Every one stays good while the session lives.
///
/// # Errors
/// [`RandomError`].
pub fn make_token(platform: &Platform, session: SessionId) -> Result<String, RandomError> {
    let random = URL_SAFE_NO_PAD.encode(random_bytes::<16>()?);
    let key = platform.csrf_keys().next().map(|key| *key.expose_secret()).unwrap_or_default();
    let tag = hmac_sha256(&key, &[session.0.as_bytes(), b"!", random.as_bytes()]);
    Ok(format!("{}.{random}", URL_SAFE_NO_PAD.encode(tag)))
}

fn fits(token: &str, platform: &Platform, session: SessionId) -> bool {
    let Some((tag, random)) = token.split_once('.').filter(|_| token.len() <= MAX_TOKEN) else { return false };
    let Ok(tag) = URL_SAFE_NO_PAD.decode(tag) else { return false };
    let parts: [&[u8]; 3] = [session.0.as_bytes(), b"!", random.as_bytes()];
    platform.csrf_keys().any(|key| verify_hmac_sha256(key.expose_secret(), &parts, &tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use uuid::Uuid;

    fn own(headers: &[(&str, &str)]) -> bool {
        let request = headers.iter().fold(TestRequest::post(), |request, header| request.insert_header(*header)).to_http_request();
        require_own_page(&request, &Url::parse("https://desk.test").unwrap()).is_ok()
    }

    #[test]
    fn only_our_own_page_passes() {
        let mark = ("x-requested-with", "console");
        assert!(own(&[mark, ("sec-fetch-site", "same-origin")]));
        assert!(own(&[mark, ("sec-fetch-site", "none")]));
        assert!(own(&[mark, ("origin", "https://desk.test")]));
        for site in ["same-site", "cross-site", "", "Same-Origin"] {
            assert!(!own(&[mark, ("sec-fetch-site", site), ("origin", "https://desk.test")]), "{site}");
        }
        for origin in ["https://evil.test", "http://desk.test", "https://desk.test:8443", "https://desk.test.evil.test", "null", ""] {
            assert!(!own(&[mark, ("origin", origin)]), "{origin}");
        }
        assert!(!own(&[mark]), "a request that says nothing of where it comes from");
        assert!(!own(&[("sec-fetch-site", "same-origin")]), "a request without the mark");
    }

    #[test]
    fn a_token_is_good_for_its_session_only() {
        let (platform, session) = (Platform::for_tests(&[1]), SessionId(Uuid::from_bytes([1; 16])));
        let token = make_token(&platform, session).unwrap();
        assert!(fits(&token, &platform, session));
        assert!(fits(&token, &Platform::for_tests(&[1, 2]), session), "after the key has changed");
        assert!(!fits(&token, &platform, SessionId(Uuid::nil())));
        assert!(!fits(&token, &Platform::for_tests(&[2]), session));
        for text in ["", ".", "x.y", &format!("{token}x"), &format!(".{}", token.split_once('.').unwrap().1), &"a.".repeat(1000)] {
            assert!(!fits(text, &platform, session), "{text}");
        }
    }
}
