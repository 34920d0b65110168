//! Outside calendars that hold what they are given, check its names, and can be made busy, silent, slow of wit or unwilling.

use crate::domain::booking::Span;
use crate::domain::ids::ResourceId;
use crate::ports::calendar::{CalendarError, Calendars, Changes, Event, FreeBusy, Owner};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the next writing call does instead of succeeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarFault {
    /// Nothing is done, and nobody says so.
    TimeoutBefore,
    /// It is done, and nobody says so.
    TimeoutAfter,
    /// 403.
    Refused,
    /// Never answers.
    Hang,
}

#[derive(Default)]
struct State {
    events: BTreeMap<(ResourceId, String), Event>,
    made: u64,
    busy: HashMap<ResourceId, Vec<Span>>,
    unknown: bool,
    faults: VecDeque<CalendarFault>,
    complaints: Vec<String>,
}

/// Calendars in memory.
#[derive(Default)]
pub struct FlakyCalendar(Mutex<State>);

impl FlakyCalendar {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next writing call fail.
    pub fn then(&self, fault: CalendarFault) {
        self.state().faults.push_back(fault);
    }

    /// Lets the calendars say nothing of busy times, or speak again.
    pub fn unknown(&self, unknown: bool) {
        self.state().unknown = unknown;
    }

    /// Adds an event of somebody else.
    pub fn make_busy(&self, resource: ResourceId, span: Span) {
        self.state().busy.entry(resource).or_default().push(span);
    }

    /// Returns our events.
    #[must_use]
    pub fn events(&self) -> Vec<(ResourceId, Event)> {
        self.state().events.iter().map(|((resource, _), event)| (*resource, event.clone())).collect()
    }

    /// Returns how many events were ever made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.state().made
    }

    /// Returns what broke the rules of names.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.state().complaints.clone()
    }

    /// Carries out a change unless a fault comes first.
    async fn write(&self, name: &str, change: impl FnOnce(&mut State) + Send) -> Result<(), CalendarError> {
        let fault = {
            let mut state = self.state();
            if !(5..=64).contains(&name.len()) || !name.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'v')) {
                state.complaints.push(format!("{name} is no name of an event"));
            }
            let fault = state.faults.pop_front();
            if matches!(fault, None | Some(CalendarFault::TimeoutAfter)) {
                change(&mut state);
            }
            fault
        };
        match fault {
            None => Ok(()),
            Some(CalendarFault::TimeoutBefore | CalendarFault::TimeoutAfter) => Err(CalendarError::Unclear("timeout".to_owned())),
            Some(CalendarFault::Refused) => Err(CalendarError::Refused("403".to_owned())),
            Some(CalendarFault::Hang) => std::future::pending().await,
        }
    }

    async fn put(&self, owner: Owner, event: &Event) -> Result<(), CalendarError> {
        let event = event.clone();
        self.write(&event.name.clone(), move |state| {
            let before = state.events.insert((owner.resource, event.name.clone()), event);
            state.made += u64::from(before.is_none());
        })
        .await
    }
}

#[async_trait]
impl Calendars for FlakyCalendar {
    async fn free_busy(&self, owner: Owner, span: Span) -> FreeBusy {
        let state = self.state();
        if state.unknown {
            return FreeBusy::Unknown;
        }
        let busy = state.busy.get(&owner.resource).into_iter().flatten().copied();
        FreeBusy::Busy(busy.filter(|busy| busy.overlaps(span)).collect())
    }

    async fn create(&self, owner: Owner, event: &Event) -> Result<(), CalendarError> {
        self.put(owner, event).await
    }

    async fn change(&self, owner: Owner, event: &Event) -> Result<(), CalendarError> {
        self.put(owner, event).await
    }

    async fn cancel(&self, owner: Owner, name: &str) -> Result<(), CalendarError> {
        self.write(name, |state| drop(state.events.remove(&(owner.resource, name.to_owned())))).await
    }

    async fn changes_since(&self, _owner: Owner, _cursor: Option<&str>) -> Result<Changes, CalendarError> {
        Ok(Changes::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AppointmentId, TenantId};
    use crate::domain::time::Timestamp;
    use crate::ports::calendar::event_name;
    use uuid::Uuid;

    fn owner() -> Owner {
        Owner { tenant: TenantId(Uuid::from_u128(1)), resource: ResourceId(Uuid::from_u128(2)) }
    }

    fn event(generation: i64, start: i64) -> Event {
        let appointment = AppointmentId(Uuid::from_u128(u128::MAX));
        let span = Span { start: Timestamp::from_secs(start), end: Timestamp::from_secs(start + 60) };
        Event { name: event_name(appointment, generation), appointment, span, zone: "UTC".to_owned(), title: "Corte".to_owned() }
    }

    /// What every implementation of the port must keep: repeats change nothing, names tell generations apart.
    #[tokio::test]
    async fn a_repeat_changes_nothing_and_what_is_not_there_is_gone() {
        let calendar = FlakyCalendar::default();
        for _ in 0..2 {
            calendar.create(owner(), &event(1, 60)).await.unwrap();
        }
        calendar.create(owner(), &event(2, 600)).await.unwrap();
        assert_eq!((calendar.made(), calendar.events().len()), (2, 2));
        calendar.change(owner(), &event(1, 120)).await.unwrap();
        assert_eq!(calendar.made(), 2);
        for _ in 0..2 {
            calendar.cancel(owner(), &event(1, 60).name).await.unwrap();
        }
        calendar.change(owner(), &event(1, 180)).await.unwrap();
        assert_eq!((calendar.made(), calendar.events().len()), (3, 2), "one that is gone is made by a change");
        assert_eq!(calendar.complaints(), Vec::<String>::new());
        calendar.cancel(owner(), "Not-A-Name").await.unwrap();
        assert_eq!(calendar.complaints().len(), 1);
    }

    #[tokio::test]
    async fn what_times_out_may_have_been_done_or_not() {
        let calendar = FlakyCalendar::default();
        for (fault, left) in [(CalendarFault::TimeoutBefore, 0), (CalendarFault::Refused, 0), (CalendarFault::TimeoutAfter, 1)] {
            calendar.then(fault);
            calendar.create(owner(), &event(1, 60)).await.unwrap_err();
            assert_eq!(calendar.events().len(), left);
        }
        calendar.make_busy(owner().resource, event(1, 60).span);
        assert_eq!(calendar.free_busy(owner(), event(1, 90).span).await, FreeBusy::Busy(vec![event(1, 60).span]));
        calendar.unknown(true);
        assert_eq!(calendar.free_busy(owner(), event(1, 90).span).await, FreeBusy::Unknown);
    }
}
