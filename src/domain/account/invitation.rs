//! The letter by which a colleague is asked into a business: three languages, plain text, the link at the end.
//!
//! Names of people and businesses are typed by strangers and go to strangers: what looks like an address is left out of them.

use crate::domain::language::Language;
use crate::domain::permission::Role;

/// Longest name that is told.
const MOST_NAME: usize = 60;

/// What the sentences are made of.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Who asks.
    pub by: &'a str,
    /// The business.
    pub business: &'a str,
    /// What the reader is to be.
    pub role: Role,
    /// Until when the link is good, in the words of the language.
    pub until: &'a str,
    /// The page at which it is accepted.
    pub link: &'a str,
}

/// Returns subject and text of the letter.
#[must_use]
pub fn invitation(language: Language, asking: &Asking<'_>) -> (String, String) {
    let Asking { until, link, .. } = asking;
    let (by, business, role) = (plain(asking.by), plain(asking.business), role(language, asking.role));
    match language {
        Language::Es => (
            format!("Invitación a {business}"),
            format!(
                "Hola:\n\n{by} le invita a {business} en Recado, como {role}. Para aceptar, abra este enlace. Sirve una vez, hasta el {until}. \
                 Si no conoce a quien le invita, no haga nada.\n\n{link}\n"
            ),
        ),
        Language::En => (
            format!("Invitation to {business}"),
            format!(
                "Hello:\n\n{by} invites you to {business} on Recado, as {role}. To accept, open this link. It works once, until {until}. \
                 If you do not know who invites you, do nothing.\n\n{link}\n"
            ),
        ),
        Language::Pt => (
            format!("Convite para {business}"),
            format!(
                "Olá:\n\n{by} convida você para {business} no Recado, como {role}. Para aceitar, abra este link. Serve uma vez, até {until}. \
                 Se não conhece quem convida, não faça nada.\n\n{link}\n"
            ),
        ),
    }
}

const fn role(language: Language, role: Role) -> &'static str {
    match (role, language) {
        (Role::Member, Language::Es) => "miembro",
        (Role::Member, Language::En) => "a member",
        (Role::Member, Language::Pt) => "membro",
        (Role::Administrator, Language::Es) => "administrador",
        (Role::Administrator, Language::En) => "an administrator",
        (Role::Administrator, Language::Pt) => "administrador",
        (Role::Owner, Language::Es) => "propietario",
        (Role::Owner, Language::En) => "an owner",
        (Role::Owner, Language::Pt) => "proprietário",
    }
}

/// Returns a name on one line without what looks like an address; three dots if nothing is left.
fn plain(name: &str) -> String {
    let is_address = |word: &&str| word.contains(['/', '@']) || word.to_lowercase().starts_with("www.") || has_domain(word);
    let words: Vec<&str> = name.split(|char: char| char.is_whitespace() || char.is_control()).filter(|word| !word.is_empty()).collect();
    let kept: Vec<&str> = words.into_iter().filter(|word| !is_address(word)).collect();
    let name: String = kept.join(" ").chars().take(MOST_NAME).collect();
    if name.is_empty() { "…".to_owned() } else { name }
}

/// Tells whether a word has a dot between two letters or digits, as `example.com` has and `Sra.` has not.
fn has_domain(word: &str) -> bool {
    let chars: Vec<char> = word.chars().collect();
    chars.windows(3).any(|three| matches!(three, [before, '.', after] if before.is_alphanumeric() && after.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn asking<'a>(by: &'a str, business: &'a str, role: Role) -> Asking<'a> {
        Asking { by, business, role, until: "jueves 4 de marzo a las 17:00", link: "https://desk.test/join#token=inv_x" }
    }

    #[test]
    fn the_letter_says_who_asks_into_what_until_when_and_ends_with_the_link() {
        let (subject, text) = invitation(Language::Es, &asking("Ana Ruiz", "Clínica Sol", Role::Administrator));
        assert_eq!(subject, "Invitación a Clínica Sol");
        for part in ["Ana Ruiz", "Clínica Sol", "administrador", "jueves 4 de marzo a las 17:00"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(text.ends_with("\n\nhttps://desk.test/join#token=inv_x\n"), "{text}");
    }

    #[test]
    fn every_role_has_words_of_its_own_in_every_language() {
        let mut all = HashSet::new();
        for language in [Language::Es, Language::En, Language::Pt] {
            for role in [Role::Member, Role::Administrator, Role::Owner] {
                all.insert(invitation(language, &asking("Ana", "Sol", role)).1);
            }
        }
        assert_eq!(all.len(), 9);
    }

    #[test]
    fn a_name_brings_no_address_and_no_line_of_its_own_into_the_letter() {
        for name in ["https://evil.example/x", "GANE evil.example", "a@b.example", "WWW.evil", "x\r\nBcc: all"] {
            let (subject, text) = invitation(Language::En, &asking(name, name, Role::Member));
            assert!(!subject.contains("evil") && !text.contains("evil") && !text.contains('@'), "{text}");
            assert!(!subject.contains('\n') && text.lines().count() == 5, "{text:?}");
        }
        let (subject, _) = invitation(Language::En, &asking("Ana", "Sra. Paz y Cía.", Role::Member));
        assert_eq!(subject, "Invitation to Sra. Paz y Cía.");
        assert_eq!(plain(&"a".repeat(99)).len(), MOST_NAME);
        assert_eq!(plain(" \n"), "…");
    }
}
