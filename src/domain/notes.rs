//! What the machine notes for the people of a business, in the tenant's language. Customers never see these.

use crate::domain::language::Language;
use crate::domain::summary;
use crate::domain::tool::HandoffReason;

const fn of(language: Language, es: &'static str, en: &'static str, pt: &'static str) -> &'static str {
    match language {
        Language::Es => es,
        Language::En => en,
        Language::Pt => pt,
    }
}

/// Says why the assistant handed over.
#[must_use]
pub const fn handed_over(language: Language, reason: HandoffReason) -> &'static str {
    let (es, en, pt) = match reason {
        HandoffReason::CustomerAsked => ("el cliente pidió una persona", "the customer asked for a person", "o cliente pediu uma pessoa"),
        HandoffReason::CustomerUpset => ("el cliente está molesto", "the customer is upset", "o cliente está chateado"),
        HandoffReason::Unknown => {
            ("el asistente no sabe la respuesta", "the assistant does not know the answer", "o assistente não sabe a resposta")
        }
        HandoffReason::MessageTaken => ("se tomó un recado", "a message was taken", "um recado foi anotado"),
        HandoffReason::NeedsPerson => ("el asunto necesita a una persona", "the matter needs a person", "o assunto precisa de uma pessoa"),
        HandoffReason::PromiseRepaired => {
            ("el asistente prometió una persona", "the assistant promised a person", "o assistente prometeu uma pessoa")
        }
        HandoffReason::AnswerHeldBack => (
            "se retuvo una respuesta sin fundamento del asistente",
            "an answer of the assistant without ground was held back",
            "uma resposta sem fundamento do assistente foi retida",
        ),
        HandoffReason::AssistantFailed => ("el asistente falló", "the assistant failed", "o assistente falhou"),
        HandoffReason::ToolFailed => ("una herramienta falló", "a tool failed", "uma ferramenta falhou"),
        HandoffReason::TooManySteps => ("demasiados pasos sin respuesta", "too many steps without an answer", "passos demais sem resposta"),
        HandoffReason::Poison => {
            ("un mensaje no se pudo procesar", "a message could not be processed", "uma mensagem não pôde ser processada")
        }
        HandoffReason::DeliveryFailed => ("un mensaje no se entregó", "a message was not delivered", "uma mensagem não foi entregue"),
        HandoffReason::DeliveryUncertain => {
            ("no se sabe si un mensaje llegó", "nobody knows whether a message arrived", "não se sabe se uma mensagem chegou")
        }
        HandoffReason::LateMessage => {
            ("un mensaje llegó con horas de retraso", "a message came hours late", "uma mensagem chegou com horas de atraso")
        }
        HandoffReason::Suspended => ("el asistente está suspendido", "the assistant is suspended", "o assistente está suspenso"),
        HandoffReason::IdleUnclear => (
            "quedó en silencio y no está claro si terminó",
            "it fell silent and may not be settled",
            "ficou em silêncio e talvez não tenha terminado",
        ),
    };
    of(language, es, en, pt)
}

/// Begins the note of a hand-off.
#[must_use]
pub const fn handed_over_title(language: Language) -> &'static str {
    of(language, "Pasada a personas", "Handed over", "Passada a pessoas")
}

/// Says that something that came in is dead.
#[must_use]
pub const fn not_processed(language: Language) -> &'static str {
    of(
        language,
        "Algo que llegó no se pudo procesar; queda guardado aparte.",
        "Something that came in could not be processed; it is kept aside.",
        "Algo que chegou não pôde ser processado; fica guardado à parte.",
    )
}

/// Says that a turn was cut off after a side effect.
#[must_use]
pub const fn interrupted(language: Language) -> &'static str {
    of(
        language,
        "El asistente fue interrumpido; lo que sus herramientas ya hicieron queda hecho.",
        "The assistant was interrupted; what its tools had already done stays.",
        "O assistente foi interrompido; o que suas ferramentas já fizeram permanece.",
    )
}

/// Says that the customer was blocked.
#[must_use]
pub const fn customer_blocked(language: Language) -> &'static str {
    of(
        language,
        "El cliente fue bloqueado: lo que escriba se guarda y nadie lo contesta.",
        "The customer was blocked: what they write is kept and nobody answers it.",
        "O cliente foi bloqueado: o que escrever fica guardado e ninguém responde.",
    )
}

/// Why the customer could not be asked how they were served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// The channel takes no words of ours now, and there is no template that it would take.
    WindowClosed,
    /// Not even the link fits into a message of the channel.
    TooShort,
}

/// Says that the customer was not asked how they were served.
#[must_use]
pub const fn survey_not_sent(language: Language, why: NotAsked) -> &'static str {
    let (es, en, pt) = match why {
        NotAsked::WindowClosed => (
            "No se envió la encuesta: el canal solo admite plantillas aprobadas ahora y no hay una para ella.",
            "The survey was not sent: the channel takes only approved templates now, and there is none for it.",
            "A pesquisa não foi enviada: o canal só aceita modelos aprovados agora e não há um para ela.",
        ),
        NotAsked::TooShort => (
            "No se envió la encuesta: su enlace no cabe en un mensaje de este canal.",
            "The survey was not sent: its link does not fit into one message of this channel.",
            "A pesquisa não foi enviada: o link dela não cabe em uma mensagem deste canal.",
        ),
    };
    of(language, es, en, pt)
}

/// Begins the note of a resolution by the assistant.
#[must_use]
pub const fn resolved_title(language: Language) -> &'static str {
    of(language, "Resuelta", "Resolved", "Resolvida")
}

/// Why a silent conversation was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilentEnd {
    /// The matter looked settled.
    Complete,
    /// Our own question stayed unanswered.
    NoAnswer,
    /// People held it and nobody wrote.
    Silence,
}

/// Says why a silent conversation was resolved.
#[must_use]
pub const fn resolved_by_itself(language: Language, why: SilentEnd) -> &'static str {
    match why {
        SilentEnd::Complete => of(
            language,
            "Resuelta sola: el asunto parece terminado.",
            "Resolved by itself: the matter looks settled.",
            "Resolvida sozinha: o assunto parece concluído.",
        ),
        SilentEnd::NoAnswer => of(
            language,
            "Resuelta sola: el cliente no volvió a escribir.",
            "Resolved by itself: the customer did not come back.",
            "Resolvida sozinha: o cliente não voltou a escrever.",
        ),
        SilentEnd::Silence => {
            of(language, "Resuelta sola tras el silencio.", "Resolved by itself after silence.", "Resolvida sozinha após o silêncio.")
        }
    }
}

/// Why news of the book did not go to the customer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewsNote {
    /// A person speaks with the customer.
    PeopleSpeak,
    /// The channel takes no words of ours now, and there is no template for these.
    WindowClosed,
}

/// Says that people must tell the customer; the words follow.
#[must_use]
pub const fn news_note(language: Language, why: NewsNote) -> &'static str {
    let (es, en, pt) = match why {
        NewsNote::PeopleSpeak => (
            "Esto no se le envió al cliente porque una persona lleva la conversación:",
            "This was not sent to the customer, because a person leads the conversation:",
            "Isto não foi enviado ao cliente porque uma pessoa conduz a conversa:",
        ),
        NewsNote::WindowClosed => (
            "Esto no se le pudo enviar al cliente porque el canal solo admite plantillas aprobadas ahora:",
            "This could not be sent to the customer, because the channel takes only approved templates now:",
            "Isto não pôde ser enviado ao cliente porque o canal só aceita modelos aprovados agora:",
        ),
    };
    of(language, es, en, pt)
}

/// Tells whether a line of a note is one of ours in all its words: no model and no customer has added to it.
#[must_use]
pub fn is_ours(line: &str) -> bool {
    let handed_over = |language| line.strip_prefix(handed_over_title(language)).is_some_and(|rest| rest.starts_with(": "));
    let fixed = |language| {
        let ends = [SilentEnd::Complete, SilentEnd::NoAnswer, SilentEnd::Silence].map(|why| resolved_by_itself(language, why));
        let news = [NewsNote::PeopleSpeak, NewsNote::WindowClosed].map(|why| news_note(language, why));
        let surveys = [NotAsked::WindowClosed, NotAsked::TooShort].map(|why| survey_not_sent(language, why));
        let others = [interrupted(language), not_processed(language), customer_blocked(language)];
        others.iter().chain(&ends).chain(&news).chain(&surveys).any(|ours| *ours == line)
    };
    let languages = [Language::Es, Language::En, Language::Pt];
    summary::is_title(line) || languages.into_iter().any(|language| handed_over(language) || fixed(language))
}
