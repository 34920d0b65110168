//! The limits of a service: how many appointments of it begin on a local day and in a local week, and how many one contact has ahead.

use crate::domain::booking::agenda::Service;
use crate::domain::booking::appointment::Appointment;
use crate::domain::booking::slot::Span;
use crate::domain::booking::taken::counts;
use crate::domain::ids::ContactId;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, monday, start_of_day, wall};
use chrono_tz::Tz;

/// Local days of the tenant's zone over whole weeks, numbered from 0.
#[derive(Clone, Debug)]
pub struct Days {
    /// The first instant of each; the last one only ends the day before it.
    starts: Vec<Timestamp>,
}

/// Weeks of one question at the most: a guard against spans without end.
const MOST_WEEKS: usize = 120;

impl Days {
    /// Numbers the days of the whole local weeks that a span touches.
    #[must_use]
    pub fn over(zone: Tz, span: Span) -> Self {
        let first = monday(wall(zone, span.start).date());
        let last = later(monday(wall(zone, span.end).date()), 7);
        let dates = first.iter_days().take_while(|date| *date <= last).take(7 * MOST_WEEKS + 1);
        Self { starts: dates.map(|date| start_of_day(zone, date)).collect() }
    }

    /// Returns the number of the day that an instant lies in.
    #[must_use]
    pub fn number(&self, at: Timestamp) -> Option<usize> {
        let after = self.starts.partition_point(|start| *start <= at);
        after.checked_sub(1).filter(|_| after < self.starts.len())
    }

    /// Returns the week of a day.
    #[must_use]
    pub fn week(&self, day: usize) -> Span {
        let first = day - day % 7;
        let at = |nth: usize| self.starts.get(nth).copied().unwrap_or_default();
        Span { start: at(first), end: at(first + 7) }
    }
}

/// What is left of a service's limits.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    days: Vec<(u32, u64)>,
    weeks: Vec<u32>,
    contact: u32,
}

impl Tally {
    /// Counts appointments of a service.
    pub fn of<'a>(
        service: &Service,
        days: &Days,
        contact: Option<ContactId>,
        now: Timestamp,
        rows: impl Iterator<Item = &'a Appointment>,
    ) -> Self {
        let mut tally = Self { days: vec![(0, 0); days.starts.len()], weeks: vec![0; days.starts.len() / 7 + 1], contact: 0 };
        for row in rows.filter(|row| row.service == service.id && counts(row, now)) {
            let ahead = row.span.start > now && row.protects_at(now);
            tally.contact += u32::from(ahead && contact.is_some() && row.contact == contact);
            let Some(day) = days.number(row.span.start) else { continue };
            if let Some(entry) = tally.days.get_mut(day) {
                entry.0 += 1;
                entry.1 += row.span.end.since(row.span.start).as_secs() / 60;
            }
            if let Some(week) = tally.weeks.get_mut(day / 7) {
                *week += 1;
            }
        }
        tally
    }

    /// Returns how many more may begin on a day; 0: the limit is reached.
    #[must_use]
    pub fn left(&self, service: &Service, day: usize, contact: Option<ContactId>) -> u32 {
        let limits = service.limits;
        let (count, minutes) = self.days.get(day).copied().unwrap_or_default();
        let week = self.weeks.get(day / 7).copied().unwrap_or_default();
        let spare = |most: Option<u32>, used: u32| most.map_or(u32::MAX, |most| most.saturating_sub(used));
        let room = limits.minutes_per_day.map_or(u32::MAX, |most| {
            let left = u64::from(most).saturating_sub(minutes) / u64::from(service.duration.max(1));
            u32::try_from(left).unwrap_or(u32::MAX)
        });
        let contact = if contact.is_some() { spare(limits.per_contact, self.contact) } else { u32::MAX };
        spare(limits.per_day, count).min(spare(limits.per_week, week)).min(room).min(contact)
    }
}
