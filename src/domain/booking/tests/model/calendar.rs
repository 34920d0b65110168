//! The fake outside calendar: it keeps what it was told, and often does not say that it did.

use crate::domain::booking::Span;
use crate::domain::ids::{AppointmentId, ResourceId};
use std::collections::BTreeMap;

/// Names an event: what a provider's own id is derived from.
pub type Name = (AppointmentId, i64, ResourceId);

/// What a call comes back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, or it was done already.
    Done,
    /// No answer: it may have been done or not.
    Silence,
    /// No, for good.
    No,
}

/// What the weather is like for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything works.
    Fair,
    /// The answer is lost on its way back.
    LostAnswer,
    /// The call is lost on its way there.
    LostCall,
    /// It is refused.
    Refusal,
}

/// The events that are there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    pub events: BTreeMap<Name, Span>,
}

impl Calendar {
    /// Makes an event; one that is there already stays as it is.
    pub fn create(&mut self, name: Name, span: Span, weather: Weather) -> Answer {
        self.call(weather, |events| {
            events.entry(name).or_insert(span);
        })
    }

    /// Changes the time of an event, or makes it.
    pub fn change(&mut self, name: Name, span: Span, weather: Weather) -> Answer {
        self.call(weather, |events| {
            events.insert(name, span);
        })
    }

    /// Removes every event of an appointment's generation.
    pub fn delete(&mut self, appointment: AppointmentId, generation: i64, weather: Weather) -> Answer {
        self.call(weather, |events| events.retain(|name, _| (name.0, name.1) != (appointment, generation)))
    }

    fn call(&mut self, weather: Weather, effect: impl FnOnce(&mut BTreeMap<Name, Span>)) -> Answer {
        match weather {
            Weather::Fair => {
                effect(&mut self.events);
                Answer::Done
            }
            Weather::LostAnswer => {
                effect(&mut self.events);
                Answer::Silence
            }
            Weather::LostCall => Answer::Silence,
            Weather::Refusal => Answer::No,
        }
    }
}
