//! Who answers: the first words of the assistant say that no person wrote them. Recognises a text that says so, and adds it to one that does
//! not.
//!
//! Pure and language-blind when it reads (es, en, pt at once). It may say so once too often, never once too seldom: a denial ("no soy un
//! robot") is no disclosure.

use crate::domain::language::Language;
use crate::domain::phrases::we_are_automatic;
use crate::domain::words::{Words, sentences};

/// Words that give a machine away.
const MACHINE: &[&str] = &[
    "asistente/asistenta/assistente/recepcionista automatico/automatica/automatizado/automatizada/virtual/digital/ia/ai",
    "automatic/automated/virtual/digital/ai assistant/receptionist/agent",
    "asistente/assistente/agente inteligencia artificial",
    "artificial intelligence",
    "soy/es/sou/habla/fala bot/robot/robo/chatbot/programa/maquina/ia",
    "im/am/is a/an/the bot/robot/chatbot/program/machine/ai",
    "respuesta/mensaje/resposta/mensagem automatico/automatica",
    "automatic/automated reply/response/answer/message",
];

/// Words that deny it.
const DENIALS: &[&str] = &[
    "no/nao/nunca soy/es/somos/sou/somos/eres asistente/assistente/bot/robot/robo/chatbot/programa/maquina/ia",
    "no/nao esta/estas/estamos hablando/chateando/falando con/com",
    "no/not/never/isnt/arent a/an/the bot/robot/chatbot/program/machine/ai/automatic/automated/virtual",
    "no/not/arent/isnt talking/speaking/chatting to/with",
    "sin/sem/without asistente/assistente/bot/bots/robot/robots/robo/robos",
];

/// Words that open a greeting.
const GREETING: &[&str] = &["hola/buenas/buenos/buen/hello/hi/hey/good/oi/ola/bom/boa/bienvenido/bienvenida/welcome"];

/// Most words of a greeting that the disclosure may follow.
const LONGEST_GREETING: usize = 5;

/// Returns true if a text says that a machine wrote it.
#[must_use]
pub fn discloses(text: &str) -> bool {
    sentences(text).iter().map(|sentence| Words::of(sentence)).any(|words| words.any(MACHINE) && !words.any(DENIALS))
}

/// Returns the text with the disclosure: after its greeting if it begins with one, else before everything. One that says so is left alone.
#[must_use]
pub fn disclosed(text: &str, language: Language, business: &str) -> String {
    if discloses(text) {
        return text.to_owned();
    }
    let told = we_are_automatic(language, business);
    match greeting(text) {
        Some((greeting, "")) => format!("{greeting} {told}"),
        Some((greeting, rest)) => format!("{greeting} {told} {rest}"),
        None if text.trim().is_empty() => told,
        None => format!("{told} {text}"),
    }
}

/// Cuts a greeting with its closing mark off: "¡Hola, Ana!".
fn greeting(text: &str) -> Option<(&str, &str)> {
    let end = text.find(['!', '.', '\n'])? + 1;
    let (head, rest) = text.split_at_checked(end)?;
    let words = Words::of(head);
    let short = words.len() <= LONGEST_GREETING;
    let greets = words.iter().next().is_some_and(|first| Words::of(first).any(GREETING));
    (short && greets).then(|| (head.trim_end(), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Es, Pt};

    #[test]
    fn a_text_that_says_that_a_machine_wrote_it_is_left_alone() {
        for text in [
            "¡Hola! Soy el asistente automático de Casa Azul. ¿En qué le ayudo?",
            "Hola, soy el asistente virtual de Casa Azul, ¿en qué le ayudo?",
            "Le atiende la asistente digital de Casa Azul.",
            "Soy un asistente de IA.",
            "soy un bot jeje",
            "No soy una persona: soy una máquina.",
            "Este es un mensaje automático.",
            "Hi! I'm the automated assistant of Casa Azul.",
            "You are chatting with our virtual assistant.",
            "This is the AI receptionist of Casa Azul. How can I help?",
            "I am an artificial intelligence.",
            "Olá! Sou o assistente virtual da Casa Azul.",
            "Sou um robô, mas posso ajudar.",
            "Aqui fala o assistente automático.",
        ] {
            assert!(discloses(text), "{text}");
            assert_eq!(disclosed(text, Es, "Casa Azul"), text);
        }
    }

    #[test]
    fn neither_silence_nor_a_denial_is_a_disclosure() {
        for text in [
            "¡Hola! ¿En qué le ayudo?",
            "Soy Ana, su asistente.",
            "No soy un robot, soy Ana.",
            "No está hablando con un asistente virtual.",
            "I am not a bot.",
            "You aren't talking to a virtual assistant.",
            "I'm Ana, your assistant.",
            "Não sou um robô.",
            "Sou a Ana, da recepção.",
            "Lavamos automóviles en el lavado automático.",
            "",
        ] {
            assert!(!discloses(text), "{text}");
        }
    }

    #[test]
    fn it_follows_a_greeting_and_precedes_everything_else() {
        let table = [
            (Es, "¡Hola, Ana! ¿En qué le ayudo?", "¡Hola, Ana! Soy el asistente automático de Casa Azul. ¿En qué le ayudo?"),
            (Es, "Abrimos a las 9.", "Soy el asistente automático de Casa Azul. Abrimos a las 9."),
            (En, "Good morning!\nWe open at 9.", "Good morning! I am the automatic assistant of Casa Azul. We open at 9."),
            (En, "Hello.", "Hello. I am the automatic assistant of Casa Azul."),
            (Pt, "Bom dia! Abrimos às 9.", "Bom dia! Sou o assistente automático de Casa Azul. Abrimos às 9."),
            (Pt, "Sim.", "Sou o assistente automático de Casa Azul. Sim."),
            (
                Es,
                "Hola y disculpe la demora en contestarle. Abrimos.",
                "Soy el asistente automático de Casa Azul. Hola y disculpe la demora en contestarle. Abrimos.",
            ),
            (Es, " ", "Soy el asistente automático de Casa Azul."),
        ];
        for (language, text, told) in table {
            assert_eq!(disclosed(text, language, "Casa Azul"), told);
            assert!(discloses(told), "{told}");
        }
    }

    #[test]
    fn what_is_added_is_recognised_whatever_the_business_is_called() {
        for language in [Es, En, Pt] {
            for business in ["", "No soy un robot", "Café ☕ 24/7", &"x".repeat(500)] {
                let text = disclosed("Sí.", language, business);
                assert!(text.contains(&we_are_automatic(language, business)), "{text}");
            }
        }
    }
}
