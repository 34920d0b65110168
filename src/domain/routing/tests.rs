use super::staffing::Staffing;
use super::{Choice, Colleague, Hours, Mode, OnReturn, Picture, Rule, SEEN_WITHIN};
use crate::domain::booking::{DayHours, Holiday, WeekHours};
use crate::domain::ids::AgentId;
use crate::domain::language::Language;
use crate::domain::phrases::staffed;
use crate::domain::time::Timestamp;
use crate::domain::when::labels::{HourStyle, Labels};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Wednesday, 4 November 2026, 16:00 in Mexico City.
const NOW: Timestamp = Timestamp::from_secs(1_793_829_600);

fn agent(number: u128) -> AgentId {
    AgentId(Uuid::from_u128(number))
}

fn here(number: u128) -> Colleague {
    Colleague { who: agent(number), choice: Choice::Online, seen: Some(NOW), open: 0, limit: 10, turn: 0, given: true }
}

fn picture(mode: Mode, colleagues: Vec<Colleague>) -> Picture {
    Picture {
        version: 1,
        team: None,
        rule: Rule { mode, ..Rule::default() },
        team_members: BTreeSet::new(),
        attended: colleagues.iter().any(|one| one.seen.is_some()),
        colleagues,
    }
}

/// Gives `count` conversations, each to whom the rule says; returns how many each got.
fn deal(picture: &mut Picture, count: u32) -> BTreeMap<u128, u32> {
    let mut got = BTreeMap::new();
    for _ in 0..count {
        let Some(who) = picture.route(NOW) else { break };
        picture.version += 1;
        let version = picture.version;
        let one = picture.colleagues.iter_mut().find(|one| one.who == who).unwrap();
        (one.open, one.turn) = (one.open + 1, version);
        *got.entry(who.0.as_u128()).or_default() += 1;
    }
    got
}

#[test]
fn conv_90_the_rotation_is_fair_skips_whoever_is_away_or_full_and_needs_no_repair() {
    let away = Colleague { choice: Choice::Away, ..here(4) };
    let busy = Colleague { choice: Choice::Busy, ..here(5) };
    let gone = Colleague { seen: Some(NOW.before(SEEN_WITHIN)), ..here(6) };
    let full = Colleague { open: 10, ..here(7) };
    let mut desk = picture(Mode::RoundRobin, vec![here(1), here(2), here(3), away, busy, gone, full]);
    assert_eq!(deal(&mut desk, 6), BTreeMap::from([(1, 2), (2, 2), (3, 2)]));
    desk.colleagues.retain(|one| one.who != agent(2));
    desk.colleagues.push(here(9));
    let got = deal(&mut desk, 3);
    assert_eq!(got, BTreeMap::from([(1, 1), (3, 1), (9, 1)]), "whoever joins gets one turn, not all that were missed");
    assert_eq!(deal(&mut desk, 100).values().sum::<u32>(), 10 * 3 - 2 * 2 - 3, "nobody gets more than he takes");
    assert_eq!(desk.route(NOW), None);
}

#[test]
fn the_fewest_open_decide_where_the_rule_says_so() {
    let mut desk = picture(Mode::LeastLoaded, vec![Colleague { open: 4, ..here(1) }, Colleague { open: 2, ..here(2) }]);
    assert_eq!(deal(&mut desk, 4), BTreeMap::from([(1, 1), (2, 3)]));
}

#[test]
fn the_rule_may_ask_for_less_than_members_take_and_off_gives_nothing() {
    let mut desk = picture(Mode::RoundRobin, vec![here(1), here(2)]);
    desk.rule.max_open = Some(1);
    assert_eq!((desk.places(NOW), deal(&mut desk, 9)), (2, BTreeMap::from([(1, 1), (2, 1)])));
    let off = picture(Mode::Off, vec![here(1)]);
    assert_eq!((off.route(NOW), off.places(NOW)), (None, 0));
}

#[test]
fn an_assignee_who_is_not_there_lets_go_unless_the_inbox_keeps_it() {
    let mut desk = picture(Mode::RoundRobin, vec![here(1), Colleague { choice: Choice::Away, ..here(2) }]);
    assert!(!desk.lets_go(agent(1), NOW) && desk.lets_go(agent(2), NOW) && desk.lets_go(agent(3), NOW), "3 is no member any more");
    assert!(desk.lets_go(agent(1), NOW.after(SEEN_WITHIN)));
    desk.rule.on_return = OnReturn::Keep;
    assert!(!desk.lets_go(agent(2), NOW));
}

#[test]
fn who_was_handed_what_he_would_not_be_given_keeps_it_while_he_is_there() {
    let handed = Colleague { given: false, ..here(1) };
    let mut desk = picture(Mode::RoundRobin, vec![handed]);
    assert_eq!((desk.route(NOW), desk.places(NOW), desk.lets_go(agent(1), NOW)), (None, 0, false));
    assert_eq!(desk.staffing(&Hours::default(), NOW), Staffing::NobodyFree, "who is given nothing is nobody to wait for");
    desk.colleagues = vec![Colleague { choice: Choice::Away, ..handed }];
    assert!(desk.lets_go(agent(1), NOW));
}

fn nine_to_five() -> WeekHours {
    let day = vec![DayHours { from: 9 * 60, to: 17 * 60 }];
    WeekHours(std::array::from_fn(|weekday| if weekday < 5 { day.clone() } else { Vec::new() }))
}

fn told((desk, hours): (&Picture, &Hours), at: Timestamp, language: Language) -> Option<String> {
    staffed(desk.staffing(hours, at), &Labels { zone: hours.zone, language, hours: HourStyle::TwentyFour })
}

#[test]
fn conv_42_what_is_said_of_the_hours_is_true_across_holidays_and_changes_of_the_clock() {
    let mut desk = picture(Mode::Off, Vec::new());
    let mut hours = Hours { zone: chrono_tz::America::Mexico_City, ..Hours::default() };
    assert_eq!(
        (desk.staffing(&hours, NOW), told((&desk, &hours), NOW, Language::Es)),
        (Staffing::Unknown, None),
        "nobody has said anything: no promise"
    );
    hours.week = Some(nine_to_five());
    assert_eq!(desk.staffing(&hours, NOW), Staffing::NobodyFree);
    let evening = NOW.after(Duration::from_hours(2));
    let text = told((&desk, &hours), evening, Language::Es).unwrap();
    assert_eq!(text, "Ahora estamos fuera de horario; volvemos el jueves 5 de noviembre a las 9:00 hora de la Ciudad de México.");
    hours.holidays.push(Holiday { date: "2026-11-05".parse().unwrap(), name: "Aniversario".to_owned() });
    assert!(told((&desk, &hours), evening, Language::En).unwrap().contains("Friday, 6 November at 9:00"));
    // Friday evening before New York sets its clocks back: nine o'clock is nine o'clock on Monday.
    hours.zone = chrono_tz::America::New_York;
    let friday = Timestamp::from_secs(1_793_397_600);
    let text = told((&desk, &hours), friday, Language::Pt).unwrap();
    assert!(text.contains("segunda-feira, 2 de novembro às 9:00"), "{text}");
    desk.colleagues.push(Colleague { seen: Some(friday), ..here(1) });
    assert_eq!(desk.staffing(&hours, friday), Staffing::Here, "somebody who is there is there");
    hours.week = Some(WeekHours::default());
    desk.colleagues.clear();
    assert_eq!(desk.staffing(&hours, friday), Staffing::Closed(None));
}
