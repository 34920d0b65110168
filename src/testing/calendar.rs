//! Outside calendars that hold what they are given, check its names, and can be made busy, silent, slow of wit or unwilling; and whose owners
//! delete, move and add events of their own.

use crate::domain::booking::{Span, Theirs};
use crate::domain::ids::ResourceId;
use crate::ports::calendar::{CalendarError, Calendars, Changes, Event, FreeBusy, Owner};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What the next writing call does instead of succeeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarFault {
    /// Nothing is done, and nobody says so.
    TimeoutBefore,
    /// It is done, and nobody says so.
    TimeoutAfter,
    /// Nobody says so, and it is done once the next call has been.
    Late,
    /// 403.
    Refused,
    /// Never answers.
    Hang,
}

type Name = (ResourceId, String);

/// Something to be done.
#[derive(Clone, Debug)]
enum Write {
    Create(ResourceId, Event),
    Change(ResourceId, Event, Option<String>),
    Cancel(ResourceId, String),
}

/// Something that happened in a calendar.
#[derive(Clone, Debug)]
enum Entry {
    Gone(String),
    Ours(String),
    Foreign(Span),
}

#[derive(Default)]
struct State {
    events: BTreeMap<Name, (Event, u64)>,
    deleted: BTreeSet<Name>,
    versions: u64,
    made: u64,
    log: Vec<(ResourceId, Entry)>,
    epoch: u64,
    page: Option<usize>,
    unseen: HashSet<String>,
    closed: HashSet<ResourceId>,
    busy: HashMap<ResourceId, Vec<Span>>,
    unknown: bool,
    faults: VecDeque<CalendarFault>,
    late: Vec<Write>,
    held: bool,
    sequences: BTreeMap<Name, i64>,
    complaints: Vec<String>,
}

/// Calendars in memory.
#[derive(Default)]
pub struct FlakyCalendar {
    state: Mutex<State>,
    released: Notify,
    waiting: AtomicUsize,
}

/// A call that waits, however it ends.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl State {
    fn theirs(&self, key: &Name) -> Option<Theirs> {
        let (event, version) = self.events.get(key)?;
        let (name, appointment, span) = (event.name.clone(), event.appointment, event.span);
        Some(Theirs { name, appointment, span, version: Some(version.to_string()) })
    }

    fn put(&mut self, key: Name, event: Event) {
        self.versions += 1;
        self.log.push((key.0, Entry::Ours(key.1.clone())));
        self.events.insert(key, (event, self.versions));
    }

    fn apply(&mut self, write: Write) -> Result<Option<Theirs>, CalendarError> {
        match write {
            Write::Create(resource, event) => {
                let key = (resource, event.name.clone());
                if let Some(there) = self.theirs(&key) {
                    return if there.appointment == event.appointment { Ok(Some(there)) } else { Err(CalendarError::Spent) };
                }
                if self.deleted.contains(&key) {
                    return Err(CalendarError::Spent);
                }
                self.made += 1;
                self.put(key.clone(), event);
                Ok(self.theirs(&key))
            }
            Write::Change(resource, event, version) => {
                let key = (resource, event.name.clone());
                let there = self.theirs(&key).ok_or(CalendarError::Gone)?;
                if version.is_some() && version != there.version {
                    return Err(CalendarError::Conflict);
                }
                if event.span != there.span && self.sequences.get(&key).is_some_and(|before| *before >= event.sequence) {
                    self.complaints.push(format!("{} was moved without a higher sequence", event.name));
                }
                self.sequences.insert(key.clone(), event.sequence);
                self.put(key.clone(), event);
                Ok(self.theirs(&key))
            }
            Write::Cancel(resource, name) => {
                self.remove((resource, name));
                Ok(None)
            }
        }
    }

    fn remove(&mut self, key: Name) {
        if self.events.remove(&key).is_some() {
            self.log.push((key.0, Entry::Gone(key.1.clone())));
            self.deleted.insert(key);
        }
    }
}

impl FlakyCalendar {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next writing call fail.
    pub fn then(&self, fault: CalendarFault) {
        self.state().faults.push_back(fault);
    }

    /// Lets the calendars say nothing of busy times, or speak again.
    pub fn unknown(&self, unknown: bool) {
        self.state().unknown = unknown;
    }

    /// Ends a calendar for good.
    pub fn close(&self, resource: ResourceId) {
        self.state().closed.insert(resource);
    }

    /// Adds an event of somebody else.
    pub fn make_busy(&self, resource: ResourceId, span: Span) {
        let mut state = self.state();
        state.busy.entry(resource).or_default().push(span);
        state.log.push((resource, Entry::Foreign(span)));
    }

    /// Removes all events of others.
    pub fn make_free(&self, resource: ResourceId) {
        self.state().busy.remove(&resource);
    }

    /// The owner deletes an event.
    pub fn owner_deletes(&self, resource: ResourceId, name: &str) {
        self.state().remove((resource, name.to_owned()));
    }

    /// The owner moves an event, or only touches it where it stands.
    pub fn owner_moves(&self, resource: ResourceId, name: &str, span: Span) {
        let mut state = self.state();
        let key = (resource, name.to_owned());
        if let Some((event, _)) = state.events.get(&key).cloned() {
            state.put(key, Event { span, ..event });
        }
    }

    /// Puts an event of ours there that the book knows nothing of.
    pub fn plant(&self, resource: ResourceId, event: Event) {
        self.state().put((resource, event.name.clone()), event);
    }

    /// Loses an event without saying so, as nobody's doing.
    pub fn lose(&self, resource: ResourceId, name: &str) {
        self.state().events.remove(&(resource, name.to_owned()));
    }

    /// Leaves an event out of whole lists, though it is there.
    pub fn hide(&self, name: &str) {
        self.state().unseen.insert(name.to_owned());
    }

    /// Makes every cursor given out so far worthless.
    pub fn expire_cursors(&self) {
        self.state().epoch += 1;
    }

    /// Tells changes in pages of so many.
    pub fn pages_of(&self, size: usize) {
        self.state().page = Some(size);
    }

    /// Lets writing calls wait before they do anything.
    pub fn hold(&self) {
        self.state().held = true;
    }

    /// Lets them go on.
    pub fn release(&self) {
        self.state().held = false;
        self.released.notify_waiters();
    }

    /// Returns how many writing calls wait, or hang.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Returns our events.
    #[must_use]
    pub fn events(&self) -> Vec<(ResourceId, Event)> {
        self.state().events.iter().map(|((resource, _), (event, _))| (*resource, event.clone())).collect()
    }

    /// Returns how many events were ever made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.state().made
    }

    /// Returns what broke the rules of names and sequences.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.state().complaints.clone()
    }

    async fn gate(&self) {
        let _waiting = Waiting::begin(&self.waiting);
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            if !self.state().held {
                break;
            }
            released.await;
        }
    }

    /// Carries out a change unless a fault comes first.
    async fn write(&self, resource: ResourceId, name: &str, write: Write) -> Result<Option<Theirs>, CalendarError> {
        self.gate().await;
        let done = {
            let mut state = self.state();
            if !(5..=64).contains(&name.len()) || !name.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'v')) {
                state.complaints.push(format!("{name} is no name of an event"));
            }
            if state.closed.contains(&resource) {
                return Err(CalendarError::Closed);
            }
            match state.faults.pop_front() {
                None => {
                    let done = state.apply(write);
                    for late in std::mem::take(&mut state.late) {
                        // Nobody hears what became of it.
                        let _lost = state.apply(late);
                    }
                    Some(done)
                }
                Some(CalendarFault::TimeoutAfter) => {
                    let _lost = state.apply(write);
                    Some(Err(CalendarError::Unclear("timeout".to_owned())))
                }
                Some(CalendarFault::Late) => {
                    state.late.push(write);
                    Some(Err(CalendarError::Unclear("timeout".to_owned())))
                }
                Some(CalendarFault::TimeoutBefore) => Some(Err(CalendarError::Unclear("timeout".to_owned()))),
                Some(CalendarFault::Refused) => Some(Err(CalendarError::Refused("403".to_owned()))),
                Some(CalendarFault::Hang) => None,
            }
        };
        match done {
            Some(done) => done,
            None => {
                let _waiting = Waiting::begin(&self.waiting);
                std::future::pending().await
            }
        }
    }

    fn readable(&self, owner: Owner) -> Result<MutexGuard<'_, State>, CalendarError> {
        let state = self.state();
        if state.closed.contains(&owner.resource) {
            return Err(CalendarError::Closed);
        }
        if state.unknown {
            return Err(CalendarError::Unclear("silence".to_owned()));
        }
        Ok(state)
    }
}

#[async_trait]
impl Calendars for FlakyCalendar {
    async fn free_busy(&self, owner: Owner, span: Span) -> FreeBusy {
        let Ok(state) = self.readable(owner) else { return FreeBusy::Unknown };
        let busy = state.busy.get(&owner.resource).into_iter().flatten().copied();
        FreeBusy::Busy(busy.filter(|busy| busy.overlaps(span)).collect())
    }

    async fn create(&self, owner: Owner, event: &Event) -> Result<Theirs, CalendarError> {
        let made = self.write(owner.resource, &event.name, Write::Create(owner.resource, event.clone())).await?;
        made.ok_or_else(|| CalendarError::Unclear("it vanished".to_owned()))
    }

    async fn change(&self, owner: Owner, event: &Event, version: Option<&str>) -> Result<Option<String>, CalendarError> {
        let write = Write::Change(owner.resource, event.clone(), version.map(str::to_owned));
        Ok(self.write(owner.resource, &event.name, write).await?.and_then(|there| there.version))
    }

    async fn cancel(&self, owner: Owner, name: &str) -> Result<(), CalendarError> {
        self.write(owner.resource, name, Write::Cancel(owner.resource, name.to_owned())).await.map(drop)
    }

    async fn look(&self, owner: Owner, name: &str) -> Result<Option<Theirs>, CalendarError> {
        Ok(self.readable(owner)?.theirs(&(owner.resource, name.to_owned())))
    }

    async fn changes_since(&self, owner: Owner, cursor: Option<&str>) -> Result<Changes, CalendarError> {
        let state = self.readable(owner)?;
        let epoch = state.epoch;
        let at = |place: usize| format!("{epoch}-{place}");
        let Some(cursor) = cursor else { return Ok(Changes { cursor: at(state.log.len()), ..Changes::default() }) };
        let place = cursor.split_once('-').filter(|(known, _)| *known == epoch.to_string());
        let place: usize = place.and_then(|(_, place)| place.parse().ok()).ok_or(CalendarError::Expired)?;
        let end = state.log.len().min(place + state.page.unwrap_or(100));
        let mut changes = Changes { cursor: at(end), more: end < state.log.len(), ..Changes::default() };
        for (_, entry) in state.log.iter().take(end).skip(place).filter(|(resource, _)| *resource == owner.resource) {
            match entry {
                Entry::Gone(name) => changes.gone.push(name.clone()),
                Entry::Ours(name) => changes.ours.extend(state.theirs(&(owner.resource, name.clone()))),
                Entry::Foreign(span) => changes.foreign.push(*span),
            }
        }
        Ok(changes)
    }

    async fn list_ours(&self, owner: Owner, span: Span) -> Result<Vec<Theirs>, CalendarError> {
        let state = self.readable(owner)?;
        let own = state.events.keys().filter(|(resource, name)| *resource == owner.resource && !state.unseen.contains(name));
        Ok(own.filter_map(|key| state.theirs(key)).filter(|there| there.span.overlaps(span)).collect())
    }
}

#[cfg(test)]
mod tests;
