//! What holds for every text, zone and instant.

use super::opening_hours;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::when::labels::{HourStyle, Labels};
use crate::domain::when::zone::{self, wall};
use crate::domain::when::{Answer, Understood, WhenContext, understand};
use chrono::NaiveDate;
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;

/// Words that phrases are made of: far more of their mixtures than people write.
const WORDS: &[&str] = &[
    "mañana",
    "pasado",
    "hoy",
    "el",
    "martes",
    "próximo",
    "que",
    "viene",
    "a",
    "las",
    "5",
    "17:30",
    "de",
    "la",
    "tarde",
    "noche",
    "entre",
    "y",
    "después",
    "antes",
    "next",
    "tuesday",
    "week",
    "in",
    "3",
    "days",
    "at",
    "half",
    "past",
    "to",
    "quarter",
    "the",
    "15th",
    "march",
    "31/2",
    "3/4",
    "2027-03-15",
    "pm",
    "am",
    "amanhã",
    "às",
    "e",
    "meia",
    "daqui",
    "duas",
    "semanas",
    "fin",
    "mes",
    "del",
    "al",
    "10",
    "no",
    "mejor",
    "or",
    "o",
    "último",
    "febrero",
    "31",
    "29",
    "12",
    "medianoche",
    "this",
    "friday",
    "from",
    "now",
    "hours",
    "en",
    "horas",
    "9999",
    "-",
    ",",
    ":",
    "/",
    ".",
    "00",
    "24",
    "quince",
    "cuarto",
    "para",
    "month",
    "end",
    "primero",
    "by",
    "after",
    "before",
    "day",
];

fn zones() -> impl Strategy<Value = Tz> {
    proptest::sample::select(TZ_VARIANTS.to_vec())
}

fn instants() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>().prop_map(Timestamp::from_micros),
        (0_i64..4_000_000_000).prop_map(Timestamp::from_secs),
        (1_790_000_000_i64..1_830_000_000).prop_map(Timestamp::from_secs),
    ]
}

fn languages() -> impl Strategy<Value = Language> {
    proptest::sample::select(vec![Language::Es, Language::En, Language::Pt])
}

fn phrases() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..9).prop_map(|words| words.join(" "))
}

fn is_ahead(answer: &Answer, context: &WhenContext<'_>) -> bool {
    match answer {
        Answer::Moment(moment) => moment.at > context.now && moment.local == wall(context.zone, moment.at),
        Answer::Days(days) => days.first >= wall(context.zone, context.now).date() && days.last.is_none_or(|last| last >= days.first),
        Answer::Times(_) => true,
    }
}

fn keeps_promises(text: &str, context: &WhenContext<'_>) {
    match understand(text, context) {
        Understood::Sure(answer) => assert!(is_ahead(&answer, context), "{text:?} at {}: {answer:?}", context.now),
        Understood::Ask { choices, .. } => {
            assert!((2..=6).contains(&choices.len()), "{text:?}: {choices:?}");
            assert!(choices.iter().all(|answer| is_ahead(answer, context)), "{text:?} at {}: {choices:?}", context.now);
        }
        Understood::Missing { next, .. } => assert!(next.at > context.now),
        Understood::Nothing | Understood::Past(_) | Understood::Impossible { .. } => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn no_text_makes_it_panic(text in ".{0,80}", zone in zones(), now in instants(), language in languages()) {
        let hours = |date: NaiveDate| opening_hours("M", date);
        let _ = understand(&text, &WhenContext { now, zone, language, hours: &hours, selected: None });
    }

    #[test]
    fn no_answer_lies_in_the_past(text in phrases(), zone in zones(), seconds in 0_i64..4_000_000_000, language in languages()) {
        let hours = |date: NaiveDate| opening_hours("L", date);
        let now = Timestamp::from_secs(seconds);
        keeps_promises(&text, &WhenContext { now, zone, language, hours: &hours, selected: None });
        keeps_promises(&text, &WhenContext { now, zone, language, hours: &hours, selected: NaiveDate::from_ymd_opt(2027, 3, 14) });
    }

    #[test]
    fn phrases_at_odd_instants_make_no_panic(text in phrases(), zone in zones(), now in instants(), language in languages()) {
        let hours = |date: NaiveDate| opening_hours("N", date);
        let _ = understand(&text, &WhenContext { now, zone, language, hours: &hours, selected: Some(NaiveDate::MAX) });
    }

    #[test]
    fn labels_and_days_of_any_zone_make_no_panic(zone in zones(), now in instants(), language in languages()) {
        let labels = Labels { zone, language, hours: HourStyle::Twelve };
        prop_assert!(!labels.moment_with_zone(now).is_empty());
        let date = wall(zone, now).date();
        let (first, next) = zone::local_day(zone, date);
        prop_assert!(first < next || date.succ_opt().is_none());
    }
}

#[test]
fn sched_a22_the_time_zone_of_the_machine_does_not_matter() {
    let this = std::env::current_exe().unwrap();
    for zone in ["UTC", "America/Tijuana", "Asia/Kolkata"] {
        let mut again = std::process::Command::new(&this);
        let done = again.args(["domain::when::tests::phrases", "domain::when::tests::accepted"]).env("TZ", zone).output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && !told.contains("running 0 tests"), "{zone}: {told}");
    }
}
