//! What the core itself says to customers when no model does. Fixed sentences; never a fact about the business, never a promise of a time.

use crate::domain::language::Language;
use crate::domain::routing::staffing::Staffing;
use crate::domain::when::labels::Labels;

/// Says that people have the conversation now.
#[must_use]
pub const fn handed_to_people(language: Language) -> &'static str {
    match language {
        Language::Es => "Le comunico con una persona de nuestro equipo, que le responderá por aquí.",
        Language::En => "I am passing you to a person of our team, who will answer you here.",
        Language::Pt => "Vou passar a conversa para uma pessoa da nossa equipe, que responderá por aqui.",
    }
}

/// Says whether people are there, and when if not; `None`: nobody knows, so nothing is said.
#[must_use]
pub fn staffed(staffing: Staffing, labels: &Labels) -> Option<String> {
    let language = labels.language;
    let text = match (staffing, language) {
        (Staffing::Unknown, _) => return None,
        (Staffing::Here, Language::Es) => "Hay alguien disponible en este momento.".to_owned(),
        (Staffing::Here, Language::En) => "Somebody is here right now.".to_owned(),
        (Staffing::Here, Language::Pt) => "Tem alguém disponível neste momento.".to_owned(),
        (Staffing::NobodyFree, Language::Es) => "Ahora mismo no hay nadie libre; le respondemos en cuanto alguien se desocupe.".to_owned(),
        (Staffing::NobodyFree, Language::En) => "Nobody is free just now; we will answer as soon as somebody is.".to_owned(),
        (Staffing::NobodyFree, Language::Pt) => "No momento ninguém está livre; respondemos assim que alguém puder.".to_owned(),
        (Staffing::Closed(Some(back)), Language::Es) => {
            format!("Ahora estamos fuera de horario; volvemos el {}.", labels.moment_with_zone(back))
        }
        (Staffing::Closed(Some(back)), Language::En) => format!("We are closed now; we are back on {}.", labels.moment_with_zone(back)),
        (Staffing::Closed(Some(back)), Language::Pt) => {
            format!("Agora estamos fora do horário de atendimento. Voltamos: {}.", labels.moment_with_zone(back))
        }
        (Staffing::Closed(None), Language::Es) => "Ahora estamos fuera de horario.".to_owned(),
        (Staffing::Closed(None), Language::En) => "We are closed now.".to_owned(),
        (Staffing::Closed(None), Language::Pt) => "Agora estamos fora do horário de atendimento.".to_owned(),
    };
    Some(text)
}

/// Stands for the next opening where nobody knows it.
#[must_use]
pub const fn next_opening_unknown(language: Language) -> &'static str {
    match language {
        Language::Es => "próximo día de atención",
        Language::En => "our next opening day",
        Language::Pt => "próximo dia de atendimento",
    }
}

/// Says that the assistant could not answer and people have the conversation now.
#[must_use]
pub const fn assistant_failed_handed_to_people(language: Language) -> &'static str {
    match language {
        Language::Es => "Disculpe, ahora no puedo responderle como se debe. Le comunico con una persona de nuestro equipo.",
        Language::En => "I am sorry, I cannot answer you properly right now. I am passing you to a person of our team.",
        Language::Pt => "Desculpe, não consigo responder direito agora. Vou passar a conversa para uma pessoa da nossa equipe.",
    }
}

/// Says that the message came late and people look at it.
#[must_use]
pub const fn late_handed_to_people(language: Language) -> &'static str {
    match language {
        Language::Es => {
            "Disculpe la demora: su mensaje nos llegó con retraso. Una persona de nuestro equipo lo revisará y le responderá por aquí."
        }
        Language::En => "Sorry for the delay: your message reached us late. A person of our team will look at it and answer you here.",
        Language::Pt => "Desculpe a demora: sua mensagem chegou atrasada. Uma pessoa da nossa equipe vai ver e responder por aqui.",
    }
}

/// Asks a silent customer whether the matter is settled.
#[must_use]
pub const fn idle_question(language: Language) -> &'static str {
    match language {
        Language::Es => "¿Sigue ahí? ¿Le puedo ayudar en algo más?",
        Language::En => "Are you still there? Can I help you with anything else?",
        Language::Pt => "Ainda está por aí? Posso ajudar em mais alguma coisa?",
    }
}

/// Asks whether there is anything else.
#[must_use]
pub const fn anything_else(language: Language) -> &'static str {
    match language {
        Language::Es => "¿Le puedo ayudar en algo más?",
        Language::En => "Can I help you with anything else?",
        Language::Pt => "Posso ajudar em mais alguma coisa?",
    }
}

/// Says good-bye when a conversation is closed.
#[must_use]
pub const fn closing(language: Language) -> &'static str {
    match language {
        Language::Es => "Gracias por escribirnos. Cerramos esta conversación por ahora; si necesita algo, escríbanos cuando guste.",
        Language::En => "Thank you for writing to us. We are closing this conversation for now; write to us whenever you need anything.",
        Language::Pt => "Obrigado por escrever. Vamos encerrar esta conversa por enquanto; se precisar, é só escrever de novo.",
    }
}

/// Says who answers: an automatic assistant of the business.
#[must_use]
pub fn we_are_automatic(language: Language, business: &str) -> String {
    match (language, business.trim()) {
        (Language::Es, "") => "Soy el asistente automático.".to_owned(),
        (Language::En, "") => "I am the automatic assistant.".to_owned(),
        (Language::Pt, "") => "Sou o assistente automático.".to_owned(),
        (Language::Es, business) => format!("Soy el asistente automático de {business}."),
        (Language::En, business) => format!("I am the automatic assistant of {business}."),
        (Language::Pt, business) => format!("Sou o assistente automático de {business}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guard::promises_person;

    const ALL: [Language; 3] = [Language::Es, Language::En, Language::Pt];

    #[test]
    fn only_hand_over_texts_promise_a_person() {
        for language in ALL {
            for text in [handed_to_people(language), assistant_failed_handed_to_people(language), late_handed_to_people(language)] {
                assert!(promises_person(text), "{text}");
            }
            for text in [idle_question(language), anything_else(language), closing(language)] {
                assert!(!promises_person(text), "{text}");
            }
        }
    }

    #[test]
    fn the_disclosure_names_the_business() {
        for language in ALL {
            assert!(we_are_automatic(language, "Casa Azul").contains("Casa Azul."));
            assert!(we_are_automatic(language, " ").ends_with("o.") || language == Language::En);
        }
    }
}
