//! Yes and no, in our languages: what may stand for agreement to something that binds, and what may not. Every doubt is no agreement.

use crate::domain::words::Words;

/// Longest message that can be a plain agreement or refusal, in words.
const LONGEST: usize = 8;

/// Words that agree.
const AGREES: &[&str] = &[
    "si/sip/sii/claro/dale/simon/ok/okay/oki/vale/sale/adelante/correcto/exacto/perfecto/orale/confirmo/confirmada/confirmado/confirmala/confirmar/confirma",
    "de acuerdo",
    "esta bien/perfecto",
    "me parece/queda/sirve/acomoda bien/perfecto",
    "va",
    "yes/yeah/yep/yup/sure/absolutely/definitely/alright/confirm/confirmed/perfect",
    "go ahead",
    "sounds good/great/perfect",
    "of course",
    "book/take it",
    "works for me",
    "sim/isso/beleza/blz/aham/uhum/combinado/certo/confirmado/perfeito/confirma/confirmar",
    "pode ser/confirmar/marcar",
    "com certeza",
    "por supuesto",
];

/// Words that take an agreement back, or make it something else.
const BUT: &[&str] = &[
    "no/nop/nope/nah/nel/nao/naum/nem/not/dont/nunca/never/tampoco",
    "pero/but/mas/porem/aunque/sino/excepto/except",
    "otro/otra/otros/otras/another/other/outro/outra/different/distinto/distinta",
    "mejor/rather/instead/melhor/prefiero/prefer/prefiro",
    "cambiar/cambio/cambie/change/mudar/mover/move/cancela/cancelar/cancel/cancele",
    "espera/espere/wait/espere/momento/luego/despues/later/depois/todavia/aun/yet/ainda",
    "si puedo/puede/hay/tienen/tiene/es/fuera/no",
    "if/whether/se for/quizas/tal/maybe/talvez/creo/think/acho/persona/person/pessoa",
];

/// Words that refuse.
const REFUSES: &[&str] = &[
    "no/nop/nope/nah/nel/nao/naum/nem/negativo/ninguno/ninguna/tampoco/nenhum",
    "dejalo/dejala/olvidalo/olvidelo/nevermind/esquece/deixa/dejar/dejarla",
    "never mind",
    "forget it",
    "ya/mejor no",
    "not now/really",
    "keep it",
];

/// Returns true for a short message that agrees and says nothing else: "sí", "yes please, confirm it", "pode confirmar".
#[must_use]
pub fn agrees(text: &str) -> bool {
    if text.contains(['?', '¿']) {
        return false;
    }
    let words = Words::of(text);
    if words.is_empty() {
        let signs = text.trim();
        return signs.chars().count() <= 4 && ["👍", "👌", "✅", "🙏", "🤝"].iter().any(|sign| signs.contains(sign));
    }
    words.len() <= LONGEST && words.any(AGREES) && !words.any(BUT)
}

/// Words that name what they agree to.
const CONFIRMS: &[&str] = &["confirm*", "book/take it", "pode marcar/agendar", "apartala/apartamela/agendala/agendamela/reservala"];

/// Returns true for a short message that agrees and says to what: "sí, confírmela", "please confirm it".
#[must_use]
pub fn confirms(text: &str) -> bool {
    let words = Words::of(text);
    words.len() <= LONGEST && words.any(CONFIRMS) && !words.any(BUT) && !text.contains(['?', '¿'])
}

/// Returns true for words that ask, refuse, or want something else: whatever they agree to besides, they are no plain yes.
#[must_use]
pub fn hedges(text: &str) -> bool {
    let words = Words::of(text);
    text.contains(['?', '¿']) || words.any(BUT) || words.any(REFUSES)
}

/// Returns true for a short message that refuses.
#[must_use]
pub fn refuses(text: &str) -> bool {
    let words = Words::of(text);
    words.len() <= LONGEST && words.any(REFUSES) && !text.contains(['?', '¿'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_agreement_is_heard_in_three_languages() {
        let yes = [
            "sí",
            "Si, por favor",
            "claro que sí",
            "ok perfecto",
            "Confirmo",
            "va",
            "dale, gracias",
            "yes please",
            "Sounds good!",
            "sure",
            "yep, book it",
            "sim",
            "pode confirmar",
            "isso, obrigado",
            "combinado",
            "👍",
            "está bien",
            "De acuerdo",
        ];
        for text in yes {
            assert!(agrees(text), "{text}");
            assert!(!refuses(text), "{text}");
        }
    }

    #[test]
    fn whatever_else_is_said_is_no_agreement() {
        let others = [
            "no",
            "sí, pero a las 6",
            "¿sí hay a las 6?",
            "mejor otro día",
            "si no se puede no importa",
            "ok pero cambia la hora",
            "not yet",
            "wait",
            "yes but later",
            "sim, mas outro dia",
            "não",
            "quizás",
            "hola",
            "",
            "a las 5",
            "si hay lugar más tarde me avisa por favor y me dice",
            "I think so maybe",
        ];
        for text in others {
            assert!(!agrees(text), "{text}");
        }
    }

    #[test]
    fn a_confirmation_says_so() {
        for text in ["sí, confírmela", "Confirmo", "please confirm it", "pode marcar", "confirmado, gracias"] {
            assert!(confirms(text), "{text}");
        }
        for text in ["sí", "ok", "no la confirme", "¿la confirma?", "confirmo pero a las 6"] {
            assert!(!confirms(text), "{text}");
        }
    }

    #[test]
    fn questions_and_second_thoughts_hedge() {
        for text in ["¿a qué hora es la primera?", "no, primero dime cuánto cuesta", "espera, mejor a las 6", "yes but later"] {
            assert!(hedges(text), "{text}");
        }
        for text in ["la primera", "sí", "the second one", "gracias"] {
            assert!(!hedges(text), "{text}");
        }
    }

    #[test]
    fn refusals_are_heard() {
        for text in ["no", "No gracias", "mejor no", "nope", "não, obrigado", "déjala"] {
            assert!(refuses(text), "{text}");
        }
        for text in ["¿no hay otro?", "sí", "hola"] {
            assert!(!refuses(text), "{text}");
        }
    }
}
