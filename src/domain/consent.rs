//! What people agree to: which kinds, in which version of the text, given or taken back. Pure; the texts themselves are the operator's.

use crate::domain::ids::ContactId;
use uuid::Uuid;

/// To what somebody agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConsentKind {
    /// The terms of use.
    Terms,
    /// The privacy notice.
    Privacy,
    /// To be of age and to act for the business.
    AgeAuthority,
    /// To be written to for advertising.
    Marketing,
}

impl ConsentKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Terms, Self::Privacy, Self::AgeAuthority, Self::Marketing];

    /// What a sign-up must give.
    pub const SIGN_UP: [Self; 3] = [Self::Terms, Self::Privacy, Self::AgeAuthority];

    /// Returns the stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::AgeAuthority => "age_authority",
            Self::Marketing => "marketing",
        }
    }

    /// Returns the version of the text that this release shows: the day of its last change. A changed text gets a new one.
    #[must_use]
    pub const fn text_version(self) -> &'static str {
        match self {
            Self::Terms | Self::Privacy | Self::AgeAuthority | Self::Marketing => "2026-11-28",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whose consent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Somebody who signs in.
    Account(Uuid),
    /// A customer.
    Contact(ContactId),
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who.
    pub subject: Subject,
    /// To what.
    pub kind: ConsentKind,
    /// Which version of the text was shown.
    pub text_version: String,
    /// False: taken back.
    pub given: bool,
    /// Where it was said, in a word: `sign_up`, `invitation`, `settings`, `keyword`.
    pub source: &'static str,
    /// From which address.
    pub ip: Option<String>,
}

impl Consent {
    /// Returns what somebody gives by making an account: the terms in the version that was named, the rest in those that this release shows.
    /// `source` says how: `sign_up` or `invitation`.
    #[must_use]
    pub fn of_new_account(account: Uuid, terms: &str, source: &'static str, ip: Option<&str>) -> Vec<Self> {
        let version = |kind: ConsentKind| if kind == ConsentKind::Terms { terms } else { kind.text_version() };
        let given = |kind: ConsentKind| Self {
            subject: Subject::Account(account),
            kind,
            text_version: version(kind).to_owned(),
            given: true,
            source,
            ip: ip.map(str::to_owned),
        };
        ConsentKind::SIGN_UP.map(given).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_spelled_and_read_back() {
        assert!(ConsentKind::ALL.into_iter().all(|kind| ConsentKind::parse(kind.as_str()) == Some(kind)));
        assert_eq!(ConsentKind::parse("Terms"), None);
    }

    #[test]
    fn a_sign_up_gives_terms_privacy_and_authority_and_no_advertising() {
        let all = Consent::of_new_account(Uuid::nil(), "2026-11", "sign_up", Some("192.0.2.1"));
        assert!(all.iter().all(|one| one.given && !one.text_version.is_empty() && one.ip.as_deref() == Some("192.0.2.1")));
        assert_eq!(all.iter().map(|one| one.kind).collect::<Vec<_>>(), ConsentKind::SIGN_UP);
        let versions: Vec<&str> = all.iter().map(|one| one.text_version.as_str()).collect();
        let shown = ConsentKind::Privacy.text_version();
        assert_eq!(versions, ["2026-11", shown, shown], "the terms as they were named");
    }
}
