//! What the page of a survey says, in Spanish, English and Portuguese.

use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{parse_zone, wall};
use chrono::Datelike;
use serde::Serialize;

/// The fixed words of the page.
#[derive(Serialize)]
pub(super) struct Words {
    pub title: &'static str,
    pub question: &'static str,
    /// From 1 to 5.
    pub ratings: [&'static str; 5],
    pub comment: &'static str,
    pub hint: &'static str,
    pub send: &'static str,
    pub until: &'static str,
    pub again: &'static str,
}

pub(super) const fn words(language: Language) -> Words {
    match language {
        Language::Es => Words {
            title: "Su opinión",
            question: "¿Qué le pareció la atención que recibió?",
            ratings: ["Muy mala", "Mala", "Regular", "Buena", "Muy buena"],
            comment: "¿Quiere contarnos algo más? (opcional)",
            hint: "Hasta 1000 caracteres.",
            send: "Enviar",
            until: "Puede cambiar su respuesta hasta el",
            again: "Cambiar mi respuesta",
        },
        Language::En => Words {
            title: "Your opinion",
            question: "How was the service that you received?",
            ratings: ["Very bad", "Bad", "Fair", "Good", "Very good"],
            comment: "Would you like to tell us more? (optional)",
            hint: "Up to 1000 characters.",
            send: "Send",
            until: "You can change your answer until",
            again: "Change my answer",
        },
        Language::Pt => Words {
            title: "Sua opinião",
            question: "O que achou do atendimento que recebeu?",
            ratings: ["Muito ruim", "Ruim", "Regular", "Bom", "Muito bom"],
            comment: "Quer contar algo mais? (opcional)",
            hint: "Até 1000 caracteres.",
            send: "Enviar",
            until: "Você pode mudar sua resposta até",
            again: "Mudar minha resposta",
        },
    }
}

/// What the page says above everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Asks,
    MayChange,
    Thanks,
    /// It was changed so often that it stays now.
    LastThanks,
    Closed,
    TooLate,
    TooOften,
    NoRating,
    TooLong,
}

pub(super) const fn says(language: Language, what: Says) -> &'static str {
    let [es, en, pt] = match what {
        Says::Asks => [
            "Elija una calificación: solo la lee el negocio.",
            "Choose a rating: only the business reads it.",
            "Escolha uma nota: só a empresa lê.",
        ],
        Says::MayChange => ["Ya nos respondió, gracias.", "You have already answered, thank you.", "Você já respondeu, obrigado."],
        Says::Thanks => ["¡Gracias por su opinión!", "Thank you for your opinion!", "Obrigado pela sua opinião!"],
        Says::LastThanks => [
            "¡Gracias por su opinión! Su respuesta queda como está y ya no se puede cambiar.",
            "Thank you for your opinion! Your answer stays as it is and can no longer be changed.",
            "Obrigado pela sua opinião! Sua resposta fica como está e não pode mais ser mudada.",
        ],
        Says::Closed => [
            "Gracias por su opinión. Esta encuesta ya está cerrada.",
            "Thank you for your opinion. This survey is closed.",
            "Obrigado pela sua opinião. Esta pesquisa já está encerrada.",
        ],
        Says::TooLate => [
            "Su respuesta ya no se puede cambiar: pasaron más de 14 días desde la primera. La anterior sigue igual.",
            "Your answer can no longer be changed: more than 14 days have passed since the first one. It stays as it was.",
            "Sua resposta não pode mais ser mudada: já se passaram mais de 14 dias desde a primeira. Ela fica como estava.",
        ],
        Says::TooOften => [
            "Su respuesta ya no se puede cambiar: ya la cambió muchas veces. La anterior sigue igual.",
            "Your answer can no longer be changed: you have changed it many times. It stays as it was.",
            "Sua resposta não pode mais ser mudada: você já a mudou muitas vezes. Ela fica como estava.",
        ],
        Says::NoRating => [
            "Elija una calificación del 1 al 5, por favor.",
            "Please choose a rating from 1 to 5.",
            "Escolha uma nota de 1 a 5, por favor.",
        ],
        Says::TooLong => [
            "El comentario es demasiado largo: acórtelo a 1000 caracteres, por favor.",
            "The comment is too long: please shorten it to 1000 characters.",
            "O comentário é longo demais: encurte para 1000 caracteres, por favor.",
        ],
    };
    match language {
        Language::Es => es,
        Language::En => en,
        Language::Pt => pt,
    }
}

const ES: [&str; 12] =
    ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"];
const EN: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const PT: [&str; 12] =
    ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"];

/// Says on which day by the calendar of the business an instant lies.
pub(super) fn day(language: Language, at: Timestamp, timezone: &str) -> String {
    let date = wall(parse_zone(timezone).unwrap_or_default(), at).date();
    let months = match language {
        Language::Es => ES,
        Language::En => EN,
        Language::Pt => PT,
    };
    let month = usize::try_from(date.month0()).ok().and_then(|month| months.get(month).copied()).unwrap_or_default();
    match language {
        Language::Es => format!("{} de {month} de {}", date.day(), date.year()),
        Language::Pt => format!("{} de {month} de {}", date.day(), date.year()),
        Language::En => format!("{month} {}, {}", date.day(), date.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_businesss_day_in_the_customers_language() {
        let at = Timestamp::parse("2026-04-01T03:00:00Z").unwrap();
        let of = |language| day(language, at, "America/Mexico_City");
        assert_eq!([Language::Es, Language::En, Language::Pt].map(of), ["31 de marzo de 2026", "March 31, 2026", "31 de março de 2026"]);
        assert_eq!(day(Language::En, at, "nowhere"), "April 1, 2026");
    }
}
