//! What a member is told by mail: fixed sentences in three languages, plain text.
//!
//! Says a conversation's number and at most the customer's first name; never a word that a customer wrote, an address or a telephone.

use super::Kind;
use crate::domain::language::Language;

/// Longest first name that is told.
const MOST_NAME: usize = 40;

/// What the sentences are made of.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// What the member is called.
    pub name: &'a str,
    /// The business.
    pub business: &'a str,
    /// The number of the conversation.
    pub number: Option<i64>,
    /// The customer's name as it is stored: the first word of it is told, if it is a name.
    pub customer: Option<&'a str>,
    /// Where to look.
    pub link: &'a str,
}

/// Returns subject and text of a mail.
#[must_use]
pub fn letter(kind: Kind, language: Language, words: &Words<'_>) -> (String, String) {
    let which = which(language, words);
    let (hello, about, end) = match language {
        Language::Es => ("Hola", spanish(kind), "Elija qué avisos recibe en sus preferencias."),
        Language::En => ("Hello", english(kind), "Choose what you are told in your preferences."),
        Language::Pt => ("Olá", portuguese(kind), "Escolha quais avisos recebe nas suas preferências."),
    };
    let Words { name, business, link, .. } = words;
    (format!("{about}{which} · {business}"), format!("{hello}, {name}:\n\n{about}{which}.\n\n{link}\n\n{end}\n"))
}

fn which(language: Language, words: &Words<'_>) -> String {
    let number = words.number.map(|number| format!(" #{number}")).unwrap_or_default();
    let with = match language {
        Language::Es => "con",
        Language::En => "with",
        Language::Pt => "com",
    };
    let customer = words.customer.and_then(first_name).map(|name| format!(" ({with} {name})")).unwrap_or_default();
    format!("{number}{customer}")
}

/// Returns the first word of a name, if it looks like one: what customers call themselves may also be an address or an advertisement.
fn first_name(name: &str) -> Option<&str> {
    let first = name.split_whitespace().next()?;
    let plain = first.chars().all(|char| char.is_alphabetic() || matches!(char, '-' | '\''));
    (plain && first.chars().count() <= MOST_NAME).then_some(first)
}

const fn spanish(kind: Kind) -> &'static str {
    match kind {
        Kind::HandedOver => "Una conversación espera a una persona",
        Kind::Assigned => "Le asignaron una conversación",
        Kind::Message => "Hay un mensaje nuevo en su conversación",
        Kind::Mentioned => "Le mencionaron en una nota de una conversación",
        Kind::AppointmentApproval => "Una cita espera su aprobación",
        Kind::InboxAttention => "Un buzón dejó de enviar: su cuenta necesita atención",
        Kind::CalendarTrouble => "Un cambio no llegó al calendario externo",
        Kind::WebhookDisabled => "Un webhook se desactivó: su destino no contesta",
    }
}

const fn english(kind: Kind) -> &'static str {
    match kind {
        Kind::HandedOver => "A conversation waits for a person",
        Kind::Assigned => "A conversation was assigned to you",
        Kind::Message => "There is a new message in your conversation",
        Kind::Mentioned => "You were mentioned in a note of a conversation",
        Kind::AppointmentApproval => "An appointment waits for your approval",
        Kind::InboxAttention => "An inbox stopped sending: its account needs attention",
        Kind::CalendarTrouble => "A change did not reach the outside calendar",
        Kind::WebhookDisabled => "A webhook was disabled: its endpoint does not answer",
    }
}

const fn portuguese(kind: Kind) -> &'static str {
    match kind {
        Kind::HandedOver => "Uma conversa espera por uma pessoa",
        Kind::Assigned => "Uma conversa foi atribuída a você",
        Kind::Message => "Há uma mensagem nova na sua conversa",
        Kind::Mentioned => "Mencionaram você em uma nota de uma conversa",
        Kind::AppointmentApproval => "Um agendamento espera a sua aprovação",
        Kind::InboxAttention => "Uma caixa parou de enviar: a conta precisa de atenção",
        Kind::CalendarTrouble => "Uma mudança não chegou ao calendário externo",
        Kind::WebhookDisabled => "Um webhook foi desativado: o seu destino não atende",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words<'a>(customer: Option<&'a str>) -> Words<'a> {
        Words { name: "Luz", business: "Sol", number: Some(12), customer, link: "https://desk.test/c/12" }
    }

    #[test]
    fn a_mail_names_the_conversation_and_at_most_a_first_name() {
        let (subject, text) = letter(Kind::HandedOver, Language::Es, &words(Some("Ana María López")));
        assert_eq!(subject, "Una conversación espera a una persona #12 (con Ana) · Sol");
        assert!(text.contains("https://desk.test/c/12") && !text.contains("María") && !text.contains("López"), "{text}");
    }

    #[test]
    fn what_is_no_name_is_not_told() {
        for name in ["https://evil.example/x", "ana@example.com", "+5215512345678", "GANE$$$", "", "   ", &"a".repeat(41)] {
            let (subject, text) = letter(Kind::HandedOver, Language::En, &words(Some(name)));
            assert_eq!(subject, "A conversation waits for a person #12 · Sol", "{name}");
            assert!(name.trim().is_empty() || !text.contains(name), "{name}");
        }
    }

    #[test]
    fn every_kind_is_told_in_every_language() {
        let mut all = std::collections::HashSet::new();
        for kind in Kind::ALL {
            for language in [Language::Es, Language::En, Language::Pt] {
                all.insert(letter(kind, language, &words(None)));
            }
        }
        assert_eq!(all.len(), Kind::ALL.len() * 3);
    }
}
