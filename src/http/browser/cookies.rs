//! The two cookies: one that opens the API for a quarter of an hour, one that renews it and goes to `/api/v1/auth` only.
//!
//! Both are `HttpOnly`, `Secure` and `SameSite=Strict`, with the prefixes that bind them to this host. On plain http to a loopback address,
//! where browsers keep no such cookies, the names lose their prefix and `Secure`.

use crate::crypto::jwt::ACCESS_SECONDS;
use crate::store::accounts::SignedIn;
use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// Seconds that the refresh cookie lives: 30 days.
const REFRESH_SECONDS: i64 = 30 * 24 * 60 * 60;
/// Where the refresh cookie goes.
const REFRESH_PATH: &str = "/api/v1/auth";

/// How cookies are named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jar {
    secure: bool,
}

/// Cookies of one name that a request shows.
#[derive(Debug)]
pub enum Shown {
    /// None.
    Nothing,
    /// One.
    One(SecretString),
    /// Several: somebody has planted one, and nobody can say which is ours.
    Several,
}

impl Jar {
    /// Names cookies for an installation with this address.
    #[must_use]
    pub fn of(public_url: &Url) -> Self {
        let loopback = match public_url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        Self { secure: !(public_url.scheme() == "http" && loopback) }
    }

    const fn access_name(self) -> &'static str {
        if self.secure { "__Host-access" } else { "access" }
    }

    const fn refresh_name(self) -> &'static str {
        if self.secure { "__Secure-refresh" } else { "refresh" }
    }

    /// Returns the access token that a request shows as a cookie.
    #[must_use]
    pub fn access(self, request: &HttpRequest) -> Shown {
        shown(request, self.access_name())
    }

    /// Returns the refresh token that a request shows as a cookie.
    #[must_use]
    pub fn refresh(self, request: &HttpRequest) -> Shown {
        shown(request, self.refresh_name())
    }

    /// Returns the lines that give a browser its tokens.
    #[must_use]
    pub fn give(self, signed_in: &SignedIn) -> Vec<HeaderValue> {
        let access = self.line(self.access_name(), signed_in.access.expose_secret(), "/", ACCESS_SECONDS);
        let refresh = self.line(self.refresh_name(), signed_in.refresh.expose_secret(), REFRESH_PATH, REFRESH_SECONDS);
        access.into_iter().chain(refresh).collect()
    }

    /// Returns the lines that take them away.
    #[must_use]
    pub fn take_away(self) -> Vec<HeaderValue> {
        let access = self.line(self.access_name(), "", "/", 0);
        access.into_iter().chain(self.line(self.refresh_name(), "", REFRESH_PATH, 0)).collect()
    }

    fn line(self, name: &str, value: &str, path: &str, seconds: i64) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let line = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        let mut line = HeaderValue::from_str(&line).ok()?;
        line.set_sensitive(true);
        Some(line)
    }
}

fn shown(request: &HttpRequest, name: &str) -> Shown {
    let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let mut values = lines.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && !value.is_empty()).then_some(value)
    });
    match (values.next(), values.next()) {
        (None, _) => Shown::Nothing,
        (Some(one), None) => Shown::One(SecretString::from(one)),
        (Some(_), Some(_)) => Shown::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn jar(url: &str) -> Jar {
        Jar::of(&Url::parse(url).unwrap())
    }

    #[test]
    fn only_plain_http_to_loopback_goes_without_prefix_and_secure() {
        for (url, secure) in [
            ("https://desk.test", true),
            ("https://127.0.0.1", true),
            ("http://desk.test", true),
            ("http://127.0.0.1.desk.test", true),
            ("http://10.0.0.1", true),
            ("http://127.0.0.1:8080", false),
            ("http://[::1]:8080", false),
            ("http://localhost:8080", false),
        ] {
            assert_eq!(jar(url).secure, secure, "{url}");
        }
        assert_eq!(jar("https://desk.test").access_name(), "__Host-access");
        assert_eq!(jar("http://localhost").refresh_name(), "refresh");
    }

    #[test]
    fn trust_a15_essential_cookies_live_for_thirty_days_at_most_and_no_script_reads_them() {
        let lines = jar("https://desk.test").take_away();
        let line = |at: usize| lines[at].to_str().unwrap().to_owned();
        assert_eq!(line(0), "__Host-access=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(line(1), "__Secure-refresh=; Path=/api/v1/auth; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
        assert_eq!((ACCESS_SECONDS, REFRESH_SECONDS), (900, 2_592_000));
    }

    #[test]
    fn one_cookie_is_read_and_two_of_a_name_are_none() {
        let read = |line: &str| jar("https://desk.test").access(&TestRequest::get().insert_header(("cookie", line)).to_http_request());
        assert!(matches!(read("a=1; __Host-access=x.y.z; b=2"), Shown::One(token) if token.expose_secret() == "x.y.z"));
        assert!(matches!(read("access=x; __Host-accessory=y; __Host-access="), Shown::Nothing));
        assert!(matches!(read("__Host-access=x; __Host-access=y"), Shown::Several));
    }
}
