use super::check::{resource, rules, service};
use super::*;
use crate::domain::booking::{DayHours, Exception, ExceptionKind, Limits, Need, Question, ResourceKind, WeekHours};
use std::collections::BTreeMap;

fn fits() -> Service {
    Service {
        id: ServiceId(Uuid::from_u128(1)),
        name: BTreeMap::from([("es".to_owned(), "Consulta".to_owned())]),
        aliases: vec!["cita".to_owned()],
        duration: 30,
        step: Some(15),
        buffer_before: 0,
        buffer_after: 10,
        min_notice: 120,
        max_advance_days: 60,
        price: Some("$650 MXN".to_owned()),
        needs: vec![Need { any_of: vec![ResourceId(Uuid::from_u128(1))] }],
        limits: Limits { per_day: Some(1), ..Limits::default() },
        questions: vec![Question {
            kind: crate::domain::booking::QuestionKind::Text,
            choices: Vec::new(),
            key: "motivo_1".to_owned(),
            text: BTreeMap::from([("es".to_owned(), "¿Motivo?".to_owned())]),
            required: true,
        }],
        approval: false,
    }
}

fn open() -> ResourceDefinition {
    let all_day = vec![DayHours { from: 0, to: 1_440 }, DayHours { from: 1_439, to: 0 }];
    ResourceDefinition {
        name: "Ana".to_owned(),
        aliases: vec![],
        kind: ResourceKind::Person,
        capacity: 500,
        zone: Some("America/Tijuana".to_owned()),
        hours: WeekHours([all_day, vec![], vec![], vec![], vec![], vec![], vec![]]),
        exceptions: vec![Exception { date: NaiveDate::MIN, kind: ExceptionKind::Closed }],
        outside_calendar: true,
    }
}

fn field(outcome: Result<(), AdminError>) -> Option<&'static str> {
    match outcome {
        Err(AdminError::Invalid { field, .. }) => Some(field),
        Err(_) | Ok(()) => None,
    }
}

type Change<T> = fn(&mut T);

#[test]
fn a_service_that_does_not_fit_names_the_field() {
    assert!(service(&fits()).is_ok());
    let cases: [(&str, Change<Service>); 20] = [
        ("name", |it| it.name.clear()),
        ("name", |it| drop(it.name.insert("español".to_owned(), "x".to_owned()))),
        ("name", |it| drop(it.name.insert("en".to_owned(), " ".to_owned()))),
        ("name", |it| drop(it.name.insert("en".to_owned(), "a\0b".to_owned()))),
        ("aliases", |it| it.aliases = vec!["x".repeat(101)]),
        ("aliases", |it| it.aliases = vec!["x".to_owned(); 31]),
        ("duration", |it| it.duration = 4),
        ("duration", |it| it.duration = 1_441),
        ("step", |it| it.step = Some(0)),
        ("buffer_before", |it| it.buffer_before = 1_441),
        ("buffer_after", |it| it.buffer_after = u32::MAX),
        ("min_notice", |it| it.min_notice = u32::MAX),
        ("max_advance_days", |it| it.max_advance_days = 0),
        ("price", |it| it.price = Some("1\n2".to_owned())),
        ("needs", |it| it.needs.clear()),
        ("needs", |it| it.needs = vec![Need { any_of: vec![] }]),
        ("needs", |it| it.needs = vec![Need { any_of: vec![ResourceId(Uuid::from_u128(1)); 2] }]),
        ("limits", |it| it.limits.per_contact = Some(0)),
        ("questions", |it| it.questions.extend(it.questions.clone())),
        ("questions", |it| it.questions.iter_mut().for_each(|question| question.key = "a b".to_owned())),
    ];
    for (name, change) in cases {
        let mut form = fits();
        change(&mut form);
        assert_eq!(field(service(&form)), Some(name));
    }
}

#[test]
fn a_resource_that_does_not_fit_names_the_field() {
    assert!(resource(&open()).is_ok());
    let cases: [(&str, Change<ResourceDefinition>); 8] = [
        ("name", |it| it.name = "\n".to_owned()),
        ("capacity", |it| it.capacity = 0),
        ("capacity", |it| it.capacity = 501),
        ("zone", |it| it.zone = Some("Mexico".repeat(3))),
        ("hours", |it| it.hours.0[0] = vec![DayHours { from: 1_440, to: 0 }]),
        ("hours", |it| it.hours.0[0] = vec![DayHours { from: 0, to: 1_441 }]),
        ("hours", |it| it.hours.0[6] = vec![DayHours { from: 0, to: 60 }; 13]),
        ("exceptions", |it| it.exceptions[0].kind = ExceptionKind::Add(vec![DayHours { from: 9_999, to: 0 }])),
    ];
    for (name, change) in cases {
        let mut form = open();
        change(&mut form);
        assert_eq!(field(resource(&form)), Some(name));
    }
}

#[test]
fn rules_that_do_not_fit_name_the_field() {
    assert!(rules(&Rules::default()).is_ok());
    let cases: [(&str, Change<Rules>); 8] = [
        ("hold_minutes", |it| it.hold_minutes = 0),
        ("hold_minutes", |it| it.hold_minutes = 61),
        ("holds_per_day", |it| it.holds_per_day = 0),
        ("reminder_hours", |it| it.reminder_hours = vec![0]),
        ("reminder_hours", |it| it.reminder_hours = vec![1; 6]),
        ("quiet_from", |it| it.quiet_from = 24),
        ("quiet_to", |it| it.quiet_to = 24),
        ("change_until_hours", |it| it.change_until_hours = 721),
    ];
    for (name, change) in cases {
        let mut form = Rules::default();
        change(&mut form);
        assert_eq!(field(rules(&form)), Some(name));
    }
}
