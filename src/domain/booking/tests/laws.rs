//! Laws over random agendas, books and acts. An oracle that knows nothing of the product's short cuts judges every list.

use super::kit::*;
use crate::domain::booking::act::{Act, Outcome};
use crate::domain::booking::*;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{self, wall};
use chrono::{Datelike, NaiveDate, Timelike};
use chrono_tz::{America, Australia, Europe, Tz};
use proptest::prelude::*;
use std::process::Command;

/// A zone and the eve of one of its changes.
const EVES: [(Tz, &str); 6] = [
    (America::Tijuana, "2027-03-12T17:00:00Z"),
    (America::Tijuana, "2027-11-05T17:00:00Z"),
    (America::Santiago, "2027-09-03T12:00:00Z"),
    (Europe::Madrid, "2027-03-26T12:00:00Z"),
    (Australia::Lord_Howe, "2027-04-02T01:00:00Z"),
    (America::Mexico_City, "2027-03-12T17:00:00Z"),
];

fn day_hours() -> impl Strategy<Value = DayHours> {
    (0_u16..96, 0_u16..=96).prop_map(|(from, to)| DayHours { from: from * 15, to: to * 15 })
}

fn week_hours() -> impl Strategy<Value = WeekHours> {
    prop::collection::vec(prop::collection::vec(day_hours(), 0..3), 7)
        .prop_map(|days| WeekHours(std::array::from_fn(|at| days[at].clone())))
}

fn exception() -> impl Strategy<Value = (u64, ExceptionKind)> {
    let hours = prop::collection::vec(day_hours(), 0..2);
    (0_u64..6, 0_u8..3, hours).prop_map(|(day, kind, hours)| match kind {
        0 => (day, ExceptionKind::Closed),
        1 => (day, ExceptionKind::Replace(hours)),
        _ => (day, ExceptionKind::Add(hours)),
    })
}

prop_compose! {
    /// An agenda of one need, up to three resources, each with hours, exceptions, a calendar or none.
    fn agendas()(
        eve in 0_usize..EVES.len(),
        later in 0_u64..2_880,
        resources in prop::collection::vec((week_hours(), prop::collection::vec(exception(), 0..3), 1_u16..3, 0_u8..4), 1..4),
        duration in 1_u32..30,
        step in prop::option::of(1_u32..20),
        buffers in (0_u32..8, 0_u32..8),
        notice in 0_u32..600,
        window in 1_u32..5,
        busy in prop::collection::vec((0_i64..800, 0_i64..40), 0..4),
    ) -> Shop {
        let (zone, now) = EVES[eve];
        let mut shop = Shop::new(zone, WeekHours::default(), duration * 5, notice, now);
        shop.now = shop.now.after(minutes(later));
        let today = wall(zone, shop.now).date();
        *shop.service() = Service {
            step: step.map(|step| step * 5),
            buffer_before: buffers.0 * 5,
            buffer_after: buffers.1 * 5,
            max_advance_days: window,
            ..shop.service().clone()
        };
        for nth in 1..resources.len() {
            shop.colleague(nth as u128 + 1);
        }
        let calendar: Vec<Span> = busy.iter().map(|(from, long)| {
            let start = Timestamp::from_micros(shop.now.micros() + from * 420_000_000);
            Span { start, end: start.after(minutes(5 * long.unsigned_abs())) }
        }).collect();
        for (resource, (hours, exceptions, capacity, calendars)) in shop.agenda.resources.iter_mut().zip(resources) {
            resource.hours = hours;
            resource.capacity = capacity;
            resource.exceptions = exceptions.into_iter().map(|(day, kind)| Exception { date: zone::later(today, day), kind }).collect();
            resource.outside_calendar = calendars > 0;
            if calendars > 1 {
                shop.busy.push(Busy { resource: resource.id, spans: (calendars == 2).then(|| calendar.clone()) });
            }
        }
        shop
    }
}

/// Customers who hold, confirm, move, call off; the clock; the calendar.
type Move = (u8, u8, u16);

fn moves(most: usize) -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec((0_u8..14, any::<u8>(), any::<u16>()), 0..most)
}

fn everything(shop: &Shop) -> Vec<Slot> {
    shop.slots(Span { start: shop.now, end: shop.now.after(minutes(8 * 1_440)) })
}

/// Does one thing; returns what was done and what came of it.
fn play(shop: &mut Shop, (what, who, which): Move) -> Option<(Actor, Act, Outcome)> {
    let (which, who) = (usize::from(which), u128::from(who % 4));
    let row = (!shop.rows.is_empty()).then(|| shop.rows[which % shop.rows.len()].clone());
    let slots = everything(shop);
    let start = (!slots.is_empty()).then(|| slots[which % slots.len()].span.start);
    // Now and then a time that nobody listed.
    let start = if which.is_multiple_of(7) { start.map(|at| at.after(minutes(which as u64 % 35))) } else { start };
    let id = shop.next_id();
    let (actor, act) = match what {
        0..=3 => {
            let moves = row.as_ref().filter(|row| what == 3 && row.status == Status::Confirmed).map(|row| row.id);
            let who_asks = act::Who::default();
            let act =
                Act::Hold { id, service: SERVICE, start: start?, resource: None, moves, who: who_asks, request_key: Some(format!("{id}")) };
            (row.filter(|_| moves.is_some()).and_then(|row| owner(&row)).unwrap_or(customer(who)), act)
        }
        4..=6 => (owner(row.as_ref()?)?, Act::Confirm { id: row?.id, name: None }),
        7 => (owner(row.as_ref()?)?, Act::Cancel { id: row?.id, version: None, reason: "customer".into() }),
        8 => (people(), Act::Move { id: row?.id, version: None, start: start?, resource: None }),
        9 | 10 => (Actor::System, Act::Settled { id: row.as_ref()?.id, generation: row?.generation }),
        11 => {
            let reason = ["external_busy", "calendar_refused", "calendar_unknown"][which % 3].to_owned();
            (Actor::System, Act::Refused { id: row.as_ref()?.id, generation: row?.generation, reason })
        }
        12 => {
            shop.now = shop.now.after(minutes(which as u64 % 15));
            return None;
        }
        _ => (people(), Act::Set { id: row?.id, status: Status::ALL[which % 10], reason: None }),
    };
    let outcome = shop.act(actor, &act);
    Some((actor, act, outcome))
}

fn owner(row: &Appointment) -> Option<Actor> {
    Some(Actor::Contact { contact: row.contact?, conversation: row.conversation? })
}

/// Says by the clock on the wall whether a resource is open in a minute. It is also open in hours that come twice.
fn open_at(shop: &Shop, resource: &Resource, at: Timestamp) -> bool {
    let wall = wall(resource.zone, at);
    let minute = u16::try_from(wall.hour() * 60 + wall.minute()).unwrap();
    let own = |date: NaiveDate| resource.exceptions.iter().filter(move |exception| exception.date == date);
    let hours = |date: NaiveDate| {
        let mut hours = resource.hours.of(date.weekday()).to_vec();
        let replaced: Vec<_> =
            own(date).filter_map(|e| if let ExceptionKind::Replace(hours) = &e.kind { Some(hours.clone()) } else { None }).collect();
        if !replaced.is_empty() {
            hours = replaced.concat();
        }
        hours.extend(own(date).filter_map(|e| if let ExceptionKind::Add(hours) = &e.kind { Some(hours.clone()) } else { None }).flatten());
        if own(date).any(|e| e.kind == ExceptionKind::Closed) { Vec::new() } else { hours }
    };
    let today = wall.date();
    let speaks = own(today).any(|e| !matches!(e.kind, ExceptionKind::Add(_)));
    let _ = shop;
    hours(today).iter().any(|h| h.from <= minute && (minute < h.to || h.to <= h.from))
        || (!speaks && hours(today.pred_opt().unwrap()).iter().any(|h| h.to <= h.from && minute < h.to))
}

/// Says by comparing everything with everything whether a resource is free.
fn free_at(shop: &Shop, resource: &Resource, span: Span) -> bool {
    let service = &shop.agenda.services[0];
    let apart = |first: Timestamp, second: Timestamp, gap: u32| second.micros() - first.micros() >= i64::from(gap) * 60_000_000;
    let clear = |other: Span, before: u32, after: u32| {
        apart(other.end, span.start, after.max(service.buffer_before)) || apart(span.end, other.start, before.max(service.buffer_after))
    };
    let mut seats: Vec<u16> = Vec::new();
    for row in shop.rows.iter().filter(|row| row.protects_at(shop.now) && !clear(row.span, row.buffer_before, row.buffer_after)) {
        seats.extend(row.seats.iter().filter(|seat| seat.resource == resource.id).map(|seat| seat.number));
    }
    seats.sort_unstable();
    seats.dedup();
    let calendar: Vec<&Busy> = shop.busy.iter().filter(|busy| busy.resource == resource.id).collect();
    let known = if calendar.is_empty() { !resource.outside_calendar } else { calendar.iter().all(|busy| busy.spans.is_some()) };
    let instant = |busy: &Span| Span { start: busy.start, end: busy.end.max(Timestamp::from_micros(busy.start.micros() + 1)) };
    let outside = calendar.iter().filter_map(|busy| busy.spans.as_ref()).flatten().all(|busy| clear(instant(busy), 0, 0));
    seats.len() < usize::from(resource.capacity) && known && outside
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// I4, I12: what is listed is right by the oracle, what is right is listed, and both by the function that holds.
    #[test]
    fn law_i04_i12_lists_are_what_the_oracle_says_and_what_can_be_held(mut shop in agendas(), played in moves(14), probe in 0_u64..3) {
        for one in played {
            play(&mut shop, one);
        }
        let slots = everything(&shop);
        let long = minutes(u64::from(shop.agenda.services[0].duration));
        prop_assert!(slots.windows(2).all(|pair| pair[0].span.start < pair[1].span.start));
        for slot in &slots {
            prop_assert_eq!(slot.span.end.since(slot.span.start), long);
            prop_assert!(slot.span.start > shop.now && slot.capacity_left > 0 && !slot.free[0].is_empty());
            let minute = |nth: u64| slot.span.start.after(minutes(nth));
            for id in &slot.free[0] {
                let resource = shop.agenda.resource(*id).unwrap();
                prop_assert!((0..long.as_secs() / 60).all(|nth| open_at(&shop, resource, minute(nth))), "{slot:?} of {resource:?}");
                prop_assert!(free_at(&shop, resource, slot.span), "{slot:?} of {resource:?}");
            }
            let seats = judge(&shop.book(), &Ask::of(SERVICE), slot.span.start).unwrap();
            prop_assert_eq!(seats[0].resource, slot.free[0][0]);
        }
        let day = Span { start: shop.now.after(minutes(probe * 1_440)), end: shop.now.after(minutes(probe * 1_440 + 1_440)) };
        let first = day.start.micros() - day.start.micros().rem_euclid(300_000_000);
        for start in (0..288).map(|nth| Timestamp::from_micros(first + nth * 300_000_000)) {
            let listed = slots.iter().any(|slot| slot.span.start == start);
            prop_assert_eq!(judge(&shop.book(), &Ask::of(SERVICE), start).is_ok(), listed, "{}", start);
        }
        // Whatever is open, on a grid, and free by the oracle is listed.
        let service = shop.agenda.services[0].clone();
        let step = i64::from(service.step.unwrap_or(service.duration)) * 60_000_000;
        let window = Span {
            start: shop.now.after(minutes(u64::from(service.min_notice))).max(Timestamp::from_micros(shop.now.micros() + 1)),
            end: book::window_end(&shop.agenda, &service, shop.now).min(shop.now.after(minutes(8 * 1_440))),
        };
        for resource in &shop.agenda.resources {
            let opening = opening::Opening::of(&shop.agenda, resource, window);
            for start in opening.starts(window, step) {
                let span = Span { start, end: start.after(long) };
                let within = opening.open.iter().any(|open| open.contains(span));
                if within && free_at(&shop, resource, span) {
                    prop_assert!(slots.iter().any(|slot| slot.span == span && slot.free[0].contains(&resource.id)), "{span:?}");
                }
            }
        }
    }

    /// I11: the order of rows, calendars, hours and resources does not matter.
    #[test]
    fn law_i11_order_does_not_matter(mut shop in agendas(), played in moves(14)) {
        for one in played {
            play(&mut shop, one);
        }
        let before = everything(&shop);
        shop.rows.reverse();
        shop.busy.reverse();
        shop.agenda.resources.reverse();
        shop.service().needs[0].any_of.reverse();
        for busy in &mut shop.busy {
            busy.spans.iter_mut().for_each(|spans| spans.reverse());
        }
        for resource in &mut shop.agenda.resources {
            resource.hours.0.iter_mut().for_each(|hours| hours.reverse());
        }
        prop_assert_eq!(before, everything(&shop));
    }

    /// I1, I5, I6, I7, I8, I14: after every act of a random play. The book's own kit checks seats (I1), versions (I7) and reach.
    #[test]
    fn law_i01_i05_i06_i07_i08_i14_acts_keep_the_book_right(mut shop in agendas(), played in moves(40)) {
        for one in played {
            let before = shop.clone();
            let Some((actor, act, outcome)) = play(&mut shop, one) else { continue };
            // I6: a repeat writes nothing.
            let again = shop.decide(actor, &act);
            prop_assert!(again.puts.is_empty() || !changed(&outcome), "{act:?} wrote again: {again:?}");
            // I7: an act writes each row once, one version later; a refusal writes nothing.
            let carried_out = matches!(outcome, Outcome::Done { .. });
            prop_assert!(carried_out || before.rows == shop.rows);
            // I5: whatever takes a time takes one that is listed for it, its own rows aside.
            if let (Outcome::Done { appointment, changed: true, .. }, Act::Hold { .. } | Act::Book { .. } | Act::Move { .. }) = (&outcome, &act) {
                let ask = Ask { group: Some(appointment.group()), apart: own(&before, appointment), ..Ask::of(SERVICE) };
                prop_assert!(judge(&before.book(), &ask, appointment.span.start).is_ok());
                let mut aside = before.clone();
                aside.rows.retain(|row| row.group() != appointment.group() && !ask.apart.contains(&row.id));
                prop_assert!(everything(&aside).iter().any(|slot| slot.span == appointment.span));
            }
            // I8, I14: what does not stand stands in nobody's way, and what stands does.
            let mut standing = shop.clone();
            standing.rows.retain(|row| row.protects_at(shop.now) || matches!(row.status, Status::Completed | Status::NoShow));
            prop_assert_eq!(everything(&standing), everything(&shop));
            let slots = everything(&shop);
            for row in shop.rows.iter().filter(|row| row.protects_at(shop.now)) {
                let resource = shop.agenda.resource(row.seats[0].resource).unwrap();
                let mut here = slots.iter().filter(|slot| slot.span.overlaps(row.span) && resource.capacity == 1);
                prop_assert!(here.all(|slot| !slot.free[0].contains(&resource.id)));
            }
        }
    }
}

/// The holds that a hold of the same customer gives back.
fn own(shop: &Shop, row: &Appointment) -> Vec<crate::domain::ids::AppointmentId> {
    let same =
        |other: &&Appointment| other.status == Status::Held && (other.conversation == row.conversation || other.contact == row.contact);
    if row.status == Status::Held { shop.rows.iter().filter(same).map(|row| row.id).collect() } else { Vec::new() }
}

/// A22, I11: the process's own zone plays no part.
#[test]
fn sched_a22_the_zone_of_the_process_does_not_matter() {
    for zone in ["UTC", "America/Tijuana", "Asia/Kolkata"] {
        let tests = Command::new(std::env::current_exe().unwrap()).args(["sched_a0", "sched_a3"]).env("TZ", zone).output().unwrap();
        let said = String::from_utf8_lossy(&tests.stdout).into_owned();
        assert!(tests.status.success() && said.contains("sched_a01") && said.contains("sched_a39"), "{zone}: {said}");
    }
}
