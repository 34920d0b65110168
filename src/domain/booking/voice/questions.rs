//! A service's questions, asked one at a time between the hold and the yes.

use super::{OTHER_BUTTON, Voice, content, in_language};
use crate::domain::booking::agenda::Question as Asked;
use crate::domain::booking::questions::{QuestionKind, next_question};
use crate::domain::booking::{Appointment, Service};
use crate::domain::content::Content;
use crate::domain::language::Language;

/// How an answer that was not understood is asked for again: the first time, the second time.
const AGAIN: [super::Question; 2] = [
    ["Perdón, no le entendí.", "Sorry, I did not understand that.", "Desculpe, não entendi."],
    ["Disculpe, sigo sin entender.", "I am sorry, I still do not understand.", "Desculpe, ainda não entendi."],
];

/// Returns how often the answer to this question has been asked for again, by what the assistant said last.
#[must_use]
pub fn asked_again(said: &str) -> usize {
    let last = AGAIN.iter().rposition(|opening| opening.iter().any(|text| said.contains(text)));
    last.map_or(0, |at| at + 1)
}

impl Voice<'_> {
    /// Returns the question that a hold must be asked next. A move asks nothing: what was answered once stays.
    #[must_use]
    pub fn pending(&self, hold: &Appointment) -> Option<&Asked> {
        let service: &Service = self.agenda.service(hold.service).filter(|_| hold.moves.is_none())?;
        next_question(&service.questions, &hold.answers)
    }

    /// Asks a question after an opening.
    #[must_use]
    pub fn ask(&self, opening: &str, question: &Asked) -> Content {
        let button = |value: &str, title: &str| self.button(format!("book:answer:{}:{value}", question.key), title);
        let mut text = if opening.is_empty() { String::new() } else { format!("{opening} ") };
        text.push_str(question.text_in(self.language));
        let mut buttons = match question.kind {
            QuestionKind::YesNo => vec![button("yes", self.by("Sí", "Yes", "Sim")), button("no", self.by("No", "No", "Não"))],
            QuestionKind::Choice => {
                question.choices.iter().zip(question.choices_in(self.language)).map(|(it, name)| button(&it.key, name)).collect()
            }
            QuestionKind::Text | QuestionKind::Number | QuestionKind::Phone | QuestionKind::Email => Vec::new(),
        };
        for (at, name) in question.choices_in(self.language).enumerate() {
            text.push_str(&format!("\n{}. {name}", at + 1));
        }
        buttons.push(if question.required {
            self.button(OTHER_BUTTON.to_owned(), self.by("Otro horario", "Another time", "Outro horário"))
        } else {
            button("", self.by("Omitir", "Skip", "Pular"))
        });
        content(text, buttons)
    }

    /// Asks again after an answer that was not understood, and says what is needed. `times`: how often that has been done.
    #[must_use]
    pub fn ask_again(&self, question: &Asked, times: usize) -> Content {
        let opening = AGAIN.get(times).or(AGAIN.last()).map_or("", |opening| in_language(opening, self.language));
        let hint = match question.kind {
            QuestionKind::YesNo => self.by("Responda sí o no, por favor.", "Please answer yes or no.", "Responda sim ou não, por favor."),
            QuestionKind::Choice => self.by(
                "Responda con el número de la opción, por favor.",
                "Please answer with the number of the option.",
                "Responda com o número da opção, por favor.",
            ),
            QuestionKind::Number => self.by("Necesito un número.", "I need a number.", "Preciso de um número."),
            QuestionKind::Phone => self.by(
                "Necesito un teléfono, con lada.",
                "I need a telephone number, with the area code.",
                "Preciso de um telefone, com DDD.",
            ),
            QuestionKind::Email => self.by(
                "Necesito un correo, como ana@correo.com.",
                "I need an e-mail address, such as ana@mail.com.",
                "Preciso de um e-mail, como ana@correio.com.",
            ),
            QuestionKind::Text => self.by("Bastan unas palabras.", "A few words will do.", "Bastam algumas palavras."),
        };
        self.ask(&format!("{opening} {hint}"), question)
    }

    /// Returns the answers, a line each, with a line break before; nothing if there are none.
    #[must_use]
    pub fn answers(&self, appointment: &Appointment) -> String {
        let questions = self.agenda.any_service(appointment.service).map(|service| service.questions.as_slice()).unwrap_or_default();
        let given = questions.iter().filter_map(|question| Some((question, appointment.answers.get(&question.key)?)));
        let shown = given.filter(|(_, answer)| !answer.is_empty());
        shown
            .map(|(question, answer)| format!("\n{} {}", question.text_in(self.language), question.answer_in(answer, self.language)))
            .collect()
    }

    /// Says that people go on, since an answer was not understood.
    #[must_use]
    pub const fn answer_for_people(&self) -> &'static str {
        match self.language {
            Language::Es => "Le paso con una persona del equipo para terminar su cita.",
            Language::En => "I am passing you to a person of the team to finish your appointment.",
            Language::Pt => "Vou passar para uma pessoa da equipe para concluir seu agendamento.",
        }
    }
}
