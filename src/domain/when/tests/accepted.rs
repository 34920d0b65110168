//! Acceptance statements: words for times, and what the zone makes of them.

use super::{NOW, at, opening_hours, spell};
use crate::domain::language::Language;
use crate::domain::when::{Answer, Doubt, Understood, WhenContext, understand};
use chrono::NaiveDate;

/// Understands a text as a customer of one of the fixtures writes it.
fn said(text: &str, hours: &'static str, now: &str) -> Understood {
    let zone = match hours {
        "D" => "America/Santo_Domingo",
        "T" | "N" => "America/Tijuana",
        _ => "America/Mexico_City",
    };
    let openings = |date: NaiveDate| opening_hours(hours, date);
    let english = text.is_ascii() && (text.contains("next") || text.contains("at "));
    let language = if english { Language::En } else { Language::Es };
    understand(text, &WhenContext { now: at(now), zone: zone.parse().unwrap(), language, hours: &openings, selected: None })
}

/// Returns the instant that was meant, as RFC 3339.
fn instant(understood: &Understood) -> String {
    let Understood::Sure(Answer::Moment(moment)) = understood else { panic!("no instant: {}", spell(understood)) };
    moment.at.to_string().replace(":00.000000Z", "Z")
}

#[test]
fn sched_a12_a_time_that_does_not_exist_is_not_moved_in_silence() {
    let said = said("2027-03-14 a las 2:30 am", "T", NOW);
    let Understood::Missing { asked, next } = said else { panic!("{}", spell(&said)) };
    assert_eq!((asked.to_string(), next.at), ("2027-03-14 02:30:00".to_owned(), at("2027-03-14T10:00:00Z")));
    assert_eq!(next.local.to_string(), "2027-03-14 03:00:00");
}

#[test]
fn sched_a13_a_time_that_comes_twice_is_asked_back() {
    let said = said("7 de noviembre a la 1:30 am", "N", NOW);
    let Understood::Ask { doubt: Doubt::Twice, choices } = &said else { panic!("{}", spell(&said)) };
    let instants: Vec<_> =
        choices.iter().filter_map(|choice| if let Answer::Moment(moment) = choice { Some(moment.at) } else { None }).collect();
    assert_eq!(instants, [at("2027-11-07T08:30:00Z"), at("2027-11-07T09:30:00Z")]);
}

#[test]
fn sched_a81_words_of_days_become_instants_of_the_business() {
    for (text, expected) in [
        ("mañana a las 5", "2027-03-04T23:00Z"),
        ("hoy a las 3", "2027-03-03T21:00Z"),
        ("next Tuesday at 10", "2027-03-09T16:00Z"),
        ("el martes a las 10", "2027-03-09T16:00Z"),
        ("pasado mañana a las 5", "2027-03-05T23:00Z"),
        ("de hoy en ocho a las 10", "2027-03-10T16:00Z"),
        ("en quince días a las 10", "2027-03-17T16:00Z"),
        ("fin de mes a las 9", "2027-03-31T15:00Z"),
        ("cuarto para las cinco mañana", "2027-03-04T22:45Z"),
    ] {
        assert_eq!(instant(&said(text, "M", NOW)), expected, "{text}");
    }
}

#[test]
fn sched_a82_the_closing_hour_is_still_the_likelier_half_of_the_day() {
    assert_eq!(instant(&said("mañana a las 5", "D", NOW)), "2027-03-04T21:00Z");
}

#[test]
fn sched_a83_day_before_month_and_no_choice_between_weekday_and_date() {
    assert_eq!(instant(&said("3/4 a las 12", "M", NOW)), "2027-04-03T18:00Z");
    assert_eq!(spell(&said("martes 10 de marzo", "M", NOW)), "? Disagreement: 2027-03-10 | 2027-03-09");
    assert_eq!(spell(&said("martes 9 de marzo", "M", NOW)), "2027-03-09");
}

#[test]
fn sched_a84_tomorrow_is_the_business_own_and_not_that_of_utc() {
    for hours in ["M", "D", "T"] {
        assert_eq!(spell(&said("mañana", hours, "2027-03-04T03:30:00Z")), "2027-03-04");
    }
}

#[test]
fn sched_a85_tomorrow_after_midnight_is_asked_back() {
    let now = "2027-03-04T04:30:00Z";
    assert_eq!(spell(&said("mañana", "D", now)), "? AfterMidnight: 2027-03-04 | 2027-03-05");
    assert_eq!(spell(&said("mañana a las 4", "D", now)), "? AfterMidnight: 2027-03-04 16:00 | 2027-03-05 16:00");
    assert_eq!(spell(&said("mañana viernes", "D", now)), "2027-03-05");
    assert_eq!(spell(&said("mañana", "M", now)), "2027-03-04");
    assert_eq!(spell(&said("mañana", "D", "2027-03-04T08:00:00Z")), "2027-03-05");
}

#[test]
fn sched_a86_twelve_at_night_is_the_beginning_of_the_next_day() {
    assert_eq!(instant(&said("mañana a las 12 de la noche", "M", NOW)), "2027-03-05T06:00Z");
    assert_eq!(instant(&said("mañana a medianoche", "M", NOW)), "2027-03-05T06:00Z");
}

#[test]
fn sched_a87_next_tuesday_on_a_monday_is_asked_back() {
    assert_eq!(spell(&said("next Tuesday", "M", "2027-03-01T18:00:00Z")), "? WhichWeek: 2027-03-02 | 2027-03-09");
    assert_eq!(spell(&said("next Tuesday", "M", "2027-02-28T18:00:00Z")), "? WhichWeek: 2027-03-02 | 2027-03-09");
    assert_eq!(spell(&said("next Tuesday", "M", "2027-03-02T18:00:00Z")), "2027-03-09");
    assert_eq!(spell(&said("el martes", "M", "2027-03-02T18:00:00Z")), "2027-03-09");
    assert_eq!(spell(&said("hoy martes", "M", "2027-03-02T18:00:00Z")), "2027-03-02");
    assert_eq!(spell(&said("este martes", "M", "2027-03-02T18:00:00Z")), "2027-03-02");
}

#[test]
fn sched_a88_what_the_words_mean_wins_over_what_a_model_proposes() {
    let proposed = |text: &str| text.parse::<chrono::NaiveDateTime>().unwrap();
    let tuesday = said("el martes a las 10", "M", NOW);
    assert!(tuesday.overrules(proposed("2027-03-10T10:00:00")));
    assert!(!tuesday.overrules(proposed("2027-03-09T10:00:00")));
    assert!(said("mañana por la tarde", "M", NOW).overrules(proposed("2027-03-04T10:00:00")));
    assert!(!said("mañana por la tarde", "M", NOW).overrules(proposed("2027-03-04T16:00:00")));
    assert!(said("martes 10 de marzo", "M", NOW).overrules(proposed("2027-03-09T10:00:00")));
    assert!(!said("sí, por favor", "M", NOW).overrules(proposed("2027-03-09T10:00:00")));
    assert_eq!(tuesday.sure().map(|answer| answer.contains(proposed("2027-03-09T10:00:00"))), Some(true));
}
