//! What the generator keeps while a run is on: who has said what, who waits, who may write next. The judge works on its log afterwards.

use crate::bench::channel::Report;
use crate::bench::judge::{MOST_MESSAGES, Received, Room, Said};
use crate::net::clock::SystemClock;
use crate::ports::clock::Clock;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// In the open loop one message in so many goes to a customer whose last one is not answered yet.
const BURST: u64 = 8;
/// Most complaints that are kept.
const COMPLAINTS: usize = 5;

/// The log of a run.
#[derive(Debug, Default)]
pub struct Log {
    /// What customers said, in order.
    pub said: Vec<Said>,
    /// What the channel received.
    pub received: Vec<Received>,
    /// Deliveries that had to be repeated.
    pub refused: u64,
    /// Statuses that were acknowledged.
    pub statuses: u64,
    /// Statuses that had to be posted again.
    pub status_repeats: u64,
    /// Statuses that were given up.
    pub statuses_refused: u64,
    /// Calls that no channel would take; the first few.
    pub complaints: Vec<String>,
}

/// One message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    index: usize,
    /// Whose.
    pub customer: u32,
    /// Its place among the customer's.
    pub place: u32,
}

#[derive(Default)]
struct Customer {
    said: u32,
    accepted: u32,
    busy: bool,
    /// Where its latest message stands in the log.
    latest: usize,
    room: Room,
    waiting: Option<oneshot::Sender<()>>,
}

impl Customer {
    const fn may_say(&self, open: u32) -> bool {
        !self.busy && self.said < MOST_MESSAGES && self.said.saturating_sub(self.room.answered) == open
    }
}

#[derive(Default)]
struct State {
    log: Log,
    customers: Vec<Customer>,
    /// Who was answered; the one who waits longest first. Entries may be out of date.
    rested: VecDeque<u32>,
    /// Whose last message was accepted; the latest last. Entries may be out of date.
    talking: Vec<u32>,
}

/// The book; shared by the tasks of one generator.
#[derive(Default)]
pub struct Book {
    clock: SystemClock,
    state: Mutex<State>,
}

impl Book {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time, in microseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now().micros()
    }

    /// Adds a customer who has said nothing.
    pub fn newcomer(&self) -> u32 {
        self.state().newcomer()
    }

    /// Chooses who writes the message with this number: most often somebody who was answered, sometimes somebody who was not.
    pub fn choose(&self, number: u64) -> u32 {
        let mut state = self.state();
        let state = &mut *state;
        let customers = &state.customers;
        let may_say = |customer: u32, open: u32| customers.get(customer as usize).is_some_and(|one| one.may_say(open));
        if number % BURST == BURST - 1 {
            while let Some(customer) = state.talking.pop() {
                if may_say(customer, 1) {
                    return customer;
                }
            }
        }
        while let Some(customer) = state.rested.pop_front() {
            if may_say(customer, 0) {
                return customer;
            }
        }
        state.newcomer()
    }

    /// Returns true if the customer has said all that one customer may.
    #[must_use]
    pub fn is_spent(&self, customer: u32) -> bool {
        self.state().customers.get(customer as usize).is_none_or(|one| one.said >= MOST_MESSAGES)
    }

    /// Hears when the customer has nothing open any more. Ask before the message begins.
    pub fn expect(&self, customer: u32) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        if let Some(one) = self.state().customers.get_mut(customer as usize) {
            one.waiting = Some(sender);
        }
        receiver
    }

    /// Notes that the delivery of the customer's next message begins now. Those of one customer must come one after the other.
    pub fn begin(&self, customer: u32, due: Option<i64>) -> Message {
        let began = self.now();
        let mut state = self.state();
        let index = state.log.said.len();
        let (mut place, mut open) = (0, None);
        if let Some(one) = state.customers.get_mut(customer as usize) {
            place = one.said;
            open = (one.said > one.room.answered).then_some(one.latest);
            one.said += 1;
            (one.busy, one.latest) = (true, index);
        }
        let due = due.unwrap_or(began);
        state.log.said.push(Said { customer, place, began, due, burst: open.is_some(), accepted: None });
        if let Some(earlier) = open.and_then(|earlier| state.log.said.get_mut(earlier)) {
            earlier.burst = true;
        }
        Message { index, customer, place }
    }

    /// Notes that a delivery was refused and will be repeated.
    pub fn refuse(&self) {
        self.state().log.refused += 1;
    }

    /// Notes that the delivery is over; `accepted` if the server has promised to keep the message.
    pub fn end(&self, message: Message, accepted: bool) {
        let now = self.now();
        let mut state = self.state();
        if let Some(said) = state.log.said.get_mut(message.index).filter(|_| accepted) {
            said.accepted = Some(now);
        }
        let Some(one) = state.customers.get_mut(message.customer as usize) else { return };
        one.busy = false;
        one.accepted += u32::from(accepted);
        match one.said.saturating_sub(one.room.answered) {
            0 => state.rested.push_back(message.customer),
            1 if accepted => state.talking.push(message.customer),
            _ => {}
        }
    }

    /// Takes a line of the channel's log.
    pub fn hear(&self, report: Report) {
        let mut state = self.state();
        match report {
            Report::Reply(reply) => state.reply(reply),
            Report::Status { repeats } => {
                state.log.statuses += 1;
                state.log.status_repeats += repeats;
            }
            Report::StatusRefused => state.log.statuses_refused += 1,
            Report::Complaint(text) if state.log.complaints.len() < COMPLAINTS => state.log.complaints.push(text),
            Report::Complaint(_) => {}
        }
    }

    /// How many messages were begun so far.
    #[must_use]
    pub fn begun(&self) -> usize {
        self.state().log.said.len()
    }

    /// How many customers have an accepted message open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.state().customers.iter().filter(|one| one.room.answered < one.accepted).count()
    }

    /// Replies, and statuses that are done with: acknowledged or given up.
    #[must_use]
    pub fn heard(&self) -> (u64, u64) {
        let state = self.state();
        (state.log.received.len() as u64, state.log.statuses + state.log.statuses_refused)
    }

    /// Takes the log out.
    #[must_use]
    pub fn take_log(&self) -> Log {
        std::mem::take(&mut self.state().log)
    }
}

impl State {
    fn newcomer(&mut self) -> u32 {
        self.customers.push(Customer::default());
        u32::try_from(self.customers.len() - 1).unwrap_or(u32::MAX)
    }

    fn reply(&mut self, reply: Received) {
        let customer = reply.customer.and_then(|customer| Some((customer, self.customers.get_mut(usize::try_from(customer).ok()?)?)));
        if let Some((customer, one)) = customer {
            one.room.hear(reply.language, one.said);
            if one.room.answered == one.said {
                if let Some(waiting) = one.waiting.take() {
                    // Nobody waits any more: nothing to tell.
                    let _gone = waiting.send(());
                }
                self.rested.push_back(customer);
            }
        }
        self.log.received.push(reply);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::talk::language_at;

    fn reply(customer: u32, place: u32, at: i64) -> Report {
        let reference = format!("r-{customer}-{place}");
        Report::Reply(Received { customer: Some(customer), language: Some(language_at(place)), reference, at })
    }

    #[test]
    fn a_customer_writes_again_when_answered_and_sometimes_before_but_never_thrice() {
        let book = Book::default();
        let first = book.choose(0);
        let message = book.begin(first, None);
        assert_ne!(book.choose(BURST - 1), first, "its delivery is under way");
        book.end(message, true);
        assert_ne!(book.choose(1), first, "it waits for an answer");
        assert_eq!(book.choose(BURST - 1), first, "one may be said into the open");
        let second = book.begin(first, None);
        book.end(second, true);
        assert_ne!(book.choose(BURST - 1), first, "but not two");
        assert_eq!(book.open(), 1);
        book.hear(reply(first, 1, book.now()));
        assert_eq!((book.choose(2), book.open()), (first, 0), "one reply answered both");
        let alone = book.begin(first, None);
        let bursts: Vec<(u32, bool)> = book.take_log().said.iter().map(|said| (said.place, said.burst)).collect();
        assert_eq!((bursts, alone.place), (vec![(0, true), (1, true), (2, false)], 2));
    }

    #[test]
    fn who_waits_hears_of_the_reply_even_if_it_overtakes_the_acknowledgement() {
        let book = Book::default();
        let customer = book.newcomer();
        let mut heard = book.expect(customer);
        let message = book.begin(customer, None);
        assert!(heard.try_recv().is_err());
        book.hear(reply(customer, 0, book.now()));
        assert!(heard.try_recv().is_ok());
        book.end(message, true);
        assert_eq!((book.open(), book.choose(0)), (0, customer));
    }

    #[test]
    fn a_customer_is_spent_before_the_channels_limit() {
        let book = Book::default();
        let customer = book.newcomer();
        for place in 0..MOST_MESSAGES {
            assert!(!book.is_spent(customer));
            let message = book.begin(customer, None);
            book.end(message, true);
            book.hear(reply(customer, place, book.now()));
        }
        assert!(book.is_spent(customer));
        assert_ne!(book.choose(0), customer);
    }
}
