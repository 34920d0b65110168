//! `answer_question`: the customer's own words as the answer to what the service asks. A model passes nothing on and can invent nothing.

use super::Look;
use crate::domain::booking::agenda::Question;
use crate::domain::booking::questions::Reading;
use crate::domain::booking::voice::{Tapped, Voice, asked_again, tapped};
use crate::domain::booking::{Act, Appointment};
use crate::domain::language::Language;
use crate::domain::tool::{HandoffReason, ToolEffect, ToolOutcome};
use crate::domain::when::Understood;
use serde_json::Value;

pub fn call(look: &Look<'_>) -> ToolOutcome {
    let Some(hold) = &look.desk.hold else {
        return Look::wrong("nothing_held", "Nothing is held for this customer. Call find_slots with their words for the time.");
    };
    let voice = look.voice();
    let Some(question) = voice.pending(hold) else {
        return Look::wrong("nothing_asked", "No question of the service is open. Answer what the customer wrote.");
    };
    let asked = look.context.customer.asked.as_deref().unwrap_or_default();
    let note = |answer: String| look.act(Act::Answer { id: hold.id, key: question.key.clone(), answer });
    match look.answered(hold, question) {
        Some(Reading::Answer(answer)) => note(answer),
        Some(Reading::Skipped) if !question.required => note(String::new()),
        // Something else was asked last: now the question is.
        None if !look.was_asked(question) => look.say(voice.held(hold, None)),
        Some(Reading::Skipped | Reading::Unclear) | None => match asked_again(asked) {
            times @ 0..=1 => look.say(voice.ask_again(question, times)),
            _ if !question.required => note(String::new()),
            _ => for_people(&voice, hold, question),
        },
    }
}

fn for_people(voice: &Voice<'_>, hold: &Appointment, question: &Question) -> ToolOutcome {
    let summary = format!("{}{}\n{} ?", voice.appointment(hold), voice.answers(hold), question.text_in(voice.language));
    let effect = ToolEffect::HandOff {
        reason: HandoffReason::NeedsPerson,
        text: Some(voice.answer_for_people().to_owned()),
        summary: Some(summary),
    };
    ToolOutcome { result: Value::Null, effect }
}

impl Look<'_> {
    /// What the customer's newest words, or their tap, come to as an answer to the question that is open; `None`: they answer something else.
    pub fn answered(&self, hold: &Appointment, question: &Question) -> Option<Reading> {
        if let Some(Tapped::Answer { key, value }) = self.tapped().and_then(tapped) {
            let answer =
                || if value.is_empty() { Reading::Skipped } else { question.check(value).map_or(Reading::Unclear, Reading::Answer) };
            return (key == question.key).then(answer);
        }
        if self.tapped().is_some() || !self.was_asked(question) {
            return None;
        }
        let said = self.said();
        let read = question.read(&said);
        // "No, el lunes a las 10" is a wish for another time and not a no.
        let yes_or_no = question.kind == crate::domain::booking::QuestionKind::YesNo;
        let timed = yes_or_no && self.understand(&said, self.agenda.service(hold.service)) != Understood::Nothing;
        Some(if timed && !self.names_the_time(&said, hold) { Reading::Unclear } else { read })
    }

    /// The assistant's last words asked this question, in any of our languages.
    pub fn was_asked(&self, question: &Question) -> bool {
        let asked = self.context.customer.asked.as_deref().unwrap_or_default();
        [Language::Es, Language::En, Language::Pt].into_iter().any(|language| asked.contains(question.text_in(language)))
    }
}
