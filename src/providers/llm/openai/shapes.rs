//! How a server takes the shape of an answer, as far as it has shown: a refused form steps down to the next, and the one that worked is
//! remembered for a while. Pure; the time is passed in.

use crate::ports::clock::Moment;
use crate::ports::llm::LlmError;
use crate::providers::llm::openai::flags::Structured;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a lesson holds: servers are upgraded.
const KEEP: Duration = Duration::from_hours(1);
/// Most servers that are remembered.
const MOST: usize = 1_024;

/// What servers have shown. Shared by all partners of a process: a partner lives for one call.
#[derive(Debug, Default)]
pub struct Shapes(Mutex<HashMap<(String, String), (Structured, Moment)>>);

impl Shapes {
    /// Returns the best form that a model behind an address is known to take, `best` if nothing is known.
    pub(super) fn known(&self, base_url: &str, model: &str, best: Structured, now: Moment) -> Structured {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let learnt = known.get(&(base_url.to_owned(), model.to_owned()));
        learnt.filter(|(_, until)| now < *until).map_or(best, |(form, _)| *form)
    }

    /// Remembers the form that worked after a better one was refused.
    pub(super) fn learn(&self, base_url: &str, model: &str, form: Structured, now: Moment) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, (_, until)| now < *until);
        }
        if known.len() < MOST {
            known.insert((base_url.to_owned(), model.to_owned()), (form, now.after(KEEP)));
        }
    }
}

/// Returns the form to try after a refusal; `None`: the form was not the reason, or there is none below it.
pub(super) const fn step_down(form: Structured, error: &LlmError, status: Option<u16>) -> Option<Structured> {
    match (error, status) {
        (LlmError::Rejected(_), Some(400 | 422)) => match form {
            Structured::Strict | Structured::Schema => Some(Structured::Object),
            Structured::Object => Some(Structured::Words),
            Structured::Words => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_form_steps_down_and_anything_else_does_not() {
        let refused = LlmError::Rejected("400".into());
        let down = |form| step_down(form, &refused, Some(400));
        assert_eq!(down(Structured::Strict), Some(Structured::Object));
        assert_eq!(down(Structured::Schema), Some(Structured::Object));
        assert_eq!(down(Structured::Object), Some(Structured::Words));
        assert_eq!(down(Structured::Words), None);
        assert_eq!(step_down(Structured::Strict, &refused, Some(404)), None);
        assert_eq!(step_down(Structured::Strict, &refused, None), None);
        for error in [LlmError::Declined, LlmError::Broken("400".into()), LlmError::Credentials(401), LlmError::Deadline] {
            assert_eq!(step_down(Structured::Strict, &error, Some(400)), None, "{error}");
        }
    }

    #[test]
    fn a_lesson_is_about_one_model_behind_one_address_and_holds_for_an_hour() {
        let (shapes, now) = (Shapes::default(), Moment(Duration::from_secs(5)));
        shapes.learn("http://a", "m", Structured::Object, now);
        let known = |url, model, at| shapes.known(url, model, Structured::Strict, at);
        assert_eq!(known("http://a", "m", now), Structured::Object);
        assert_eq!(known("http://b", "m", now), Structured::Strict);
        assert_eq!(known("http://a", "n", now), Structured::Strict);
        assert_eq!(known("http://a", "m", now.after(KEEP)), Structured::Strict);
    }

    #[test]
    fn the_memory_is_bounded() {
        let (shapes, now) = (Shapes::default(), Moment(Duration::ZERO));
        (0..MOST + 10).for_each(|number| shapes.learn(&number.to_string(), "m", Structured::Words, now));
        assert_eq!(shapes.0.lock().unwrap().len(), MOST);
        shapes.learn("later", "m", Structured::Words, now.after(KEEP));
        assert_eq!(shapes.known("later", "m", Structured::Strict, now.after(KEEP)), Structured::Words);
    }
}
