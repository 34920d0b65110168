//! What customers are told: every sentence in every language, buttons that any channel shows, questions that are recognised again.

use super::*;
use crate::domain::booking::tests::kit::{Shop, appointment_id};
use crate::domain::booking::{Outcome, Purpose, Refusal, Span, Status};

const ALL: [Language; 3] = [Language::Es, Language::En, Language::Pt];

fn held() -> (Shop, Appointment) {
    let mut shop = Shop::m();
    let Outcome::Done { appointment, .. } = shop.hold(1, "2027-03-15T15:00:00Z") else { panic!("not held") };
    (shop, *appointment)
}

fn shown(appointment: &Appointment, purpose: Purpose) -> Shown {
    let moves = (purpose != Purpose::Take).then_some(appointment.id);
    Shown { handle: "A1".into(), service: appointment.service, span: appointment.span, resource: None, moves, purpose }
}

#[test]
fn an_appointment_is_told_by_its_row_whatever_became_of_it() {
    let (shop, hold) = held();
    for language in ALL {
        let voice = Voice { agenda: &shop.agenda, language };
        for status in Status::ALL {
            let row = Appointment { status, name: Some("Ana".into()), ..hold.clone() };
            let told = voice.done(&row, None, true).text;
            assert!(!told.trim().is_empty(), "{status:?}");
            let quotes = !matches!(status, Status::Released | Status::Expired);
            assert_eq!(told.contains("15"), quotes, "{language:?} {status:?}: the day stands in it: {told}");
        }
        let repeat = voice.done(&Appointment { status: Status::Cancelled, ..hold.clone() }, None, false).text;
        assert_ne!(repeat, voice.done(&Appointment { status: Status::Cancelled, ..hold.clone() }, None, true).text);
    }
}

#[test]
fn only_a_row_that_stands_is_told_as_confirmed() {
    let (shop, hold) = held();
    for language in ALL {
        let voice = Voice { agenda: &shop.agenda, language };
        let confirmed = ["quedó confirmada", "is confirmed", "está confirmado"];
        for status in Status::ALL.into_iter().filter(|status| *status != Status::Confirmed) {
            let told = voice.done(&Appointment { status, name: Some("Ana".into()), ..hold.clone() }, None, true).text;
            assert!(confirmed.iter().all(|words| !told.contains(words)), "{status:?}: {told}");
        }
    }
}

#[test]
fn every_refusal_has_words_in_every_language() {
    let (shop, _) = held();
    let all = [
        Refusal::Taken,
        Refusal::NotFound,
        Refusal::HoldGone,
        Refusal::Past,
        Refusal::TooSoon,
        Refusal::TooFar,
        Refusal::Closed,
        Refusal::LimitReached,
        Refusal::CalendarUnknown,
        Refusal::WrongState,
        Refusal::Stale,
        Refusal::TooLate,
        Refusal::TooMany,
        Refusal::QuestionOpen,
    ];
    for why in all {
        let texts = ALL.map(|language| Voice { agenda: &shop.agenda, language }.refused(why).text);
        assert!(texts.iter().all(|text| !text.is_empty()) && texts[0] != texts[1] && texts[1] != texts[2], "{why:?}: {texts:?}");
    }
}

#[test]
fn buttons_fit_every_channel_and_come_back_as_what_they_were() {
    let (shop, hold) = held();
    for language in ALL {
        let voice = Voice { agenda: &shop.agenda, language };
        let named = Appointment { name: Some("Ana".into()), ..hold.clone() };
        let contents = [
            voice.done(&named, None, true),
            voice.times(Lead::Free, hold.service, &[shown(&hold, Purpose::Take)]),
            voice.which_appointment(&[shown(&hold, Purpose::Cancel)]),
        ];
        for content in contents {
            assert!(!content.buttons.is_empty());
            for button in &content.buttons {
                assert!((1..=20).contains(&button.title.chars().count()), "{button:?}");
                assert!(tapped(&button.id).is_some(), "{button:?}");
            }
        }
    }
    assert_eq!(tapped(&yes_button(hold.id)), Some(Tapped::Yes(hold.id)));
    assert_eq!(tapped(&pick_button("B2")), Some(Tapped::Pick("B2")));
    let id = appointment_id(7);
    for wish in [Wish::Come, Wish::Move, Wish::Cancel] {
        assert_eq!(tapped(&reminder_button(id, 3, wish)), Some(Tapped::Reminded { id, version: 3, wish }));
    }
    for other in ["", "book:", "book:yes:", "book:yes:1", "book:cancel:x:1", "book:cancel:1", "menu:1", "book:come::"] {
        assert_eq!(tapped(other), None, "{other}");
    }
}

#[test]
fn a_question_is_recognised_in_the_answer_that_asked_it() {
    let (shop, hold) = held();
    for language in ALL {
        let voice = Voice { agenda: &shop.agenda, language };
        assert_eq!(last_asked(&voice.which_service().text), Some(LastAsked::Service));
        assert_eq!(last_asked(&voice.held(&Appointment { name: None, ..hold.clone() }, None).text), Some(LastAsked::Name));
        assert_eq!(last_asked(&voice.ask_back(&Trouble::OneOf(vec!["a".into(), "b".into()])).text), Some(LastAsked::Reading));
        for text in [voice.refused(Refusal::Taken).text, voice.nothing_free(hold.service).text, other_time(language).to_owned()] {
            assert_eq!(last_asked(&text), Some(LastAsked::Time), "{text}");
        }
        assert_eq!(last_asked(kept(language)), None);
    }
}

#[test]
fn a_move_names_both_times() {
    let (shop, hold) = held();
    let from = Span { start: hold.span.start.before(std::time::Duration::from_hours(48)), end: hold.span.start };
    for language in ALL {
        let text = Voice { agenda: &shop.agenda, language }.held(&hold, Some(from)).text;
        assert!(text.contains("13") && text.contains("15"), "{text}");
    }
}

#[test]
fn a_button_shows_the_whole_time() {
    let (mut shop, hold) = held();
    shop.agenda.locale = "es-MX".to_owned();
    for hour in 0..24 {
        let at = hold.span.start.after(std::time::Duration::from_hours(hour));
        for language in ALL {
            let voice = Voice { agenda: &shop.agenda, language };
            let (short, long) = (voice.short(at), voice.time(at));
            let ending = if language == Language::Pt { ["", ""] } else { ["am", "pm"] };
            assert!(ending.iter().any(|half| short.ends_with(half)) && short.chars().count() <= 20, "{short} of {long}");
        }
    }
}
