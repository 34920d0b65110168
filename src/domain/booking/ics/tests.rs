use super::*;
use crate::domain::booking::slot::Span;
use crate::domain::ids::ServiceId;
use crate::domain::language::Language;
use std::collections::BTreeMap;
use uuid::Uuid;

fn appointment() -> Appointment {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    Appointment {
        id: AppointmentId(Uuid::from_u128(7)),
        version: 3,
        status: Status::Confirmed,
        service: ServiceId(Uuid::from_u128(1)),
        span: Span { start: at("2026-11-23T09:00:00-07:00"), end: at("2026-11-23T09:45:00-07:00") },
        seats: vec![],
        buffer_before: 0,
        buffer_after: 10,
        hold_expires_at: None,
        renewed: 0,
        moves: None,
        contact: None,
        conversation: None,
        name: Some("Luz Ríos".to_owned()),
        phone: Some("662 555 0101".to_owned()),
        email: Some("luz@example.com".to_owned()),
        answers: BTreeMap::from([("motivo".to_owned(), "dolor".to_owned())]),
        language: Language::Es,
        zone: "America/Hermosillo".to_owned(),
        local_start: "2026-11-23T09:00".to_owned(),
        told: None,
        reason: None,
        generation: 2,
        request_key: None,
        created_at: at("2026-11-20T10:00:00.123456Z"),
        updated_at: at("2026-11-21T10:00:00Z"),
    }
}

/// Reads a calendar back as any reader would: lines unfolded, then names and values.
fn read(text: &str) -> Vec<(String, String)> {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "only whole line ends: {text:?}");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    let unfolded = text.replace("\r\n ", "");
    unfolded
        .trim_end()
        .split("\r\n")
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn value(text: &str, name: &str) -> Option<String> {
    read(text).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
}

#[test]
fn an_invitation_holds_what_a_calendar_needs_and_nothing_private() {
    let it = appointment();
    let text =
        invitation(Entry { appointment: &it, summary: "Limpieza dental", location: Some("Blvd. Ejemplo 120, Centro"), organizer: None });
    let expected = [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//Recado//Booking//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("BEGIN", "VEVENT"),
        ("UID", "00000000-0000-0000-0000-000000000007@recado"),
        ("DTSTAMP", "20261121T100000Z"),
        ("CREATED", "20261120T100000Z"),
        ("LAST-MODIFIED", "20261121T100000Z"),
        ("SEQUENCE", "2"),
        ("DTSTART", "20261123T160000Z"),
        ("DTEND", "20261123T164500Z"),
        ("STATUS", "CONFIRMED"),
        ("SUMMARY", "Limpieza dental"),
        ("LOCATION", "Blvd. Ejemplo 120\\, Centro"),
        ("END", "VEVENT"),
        ("END", "VCALENDAR"),
    ];
    assert_eq!(read(&text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    for private in ["Luz", "555", "luz@", "dolor"] {
        assert!(!text.contains(private), "{private}");
    }
}

#[test]
fn long_lines_are_folded_without_splitting_a_character() {
    let it = appointment();
    for summary in ["a".repeat(500), "ñ".repeat(300), "🦷".repeat(90), format!("a{}", "🦷é".repeat(60))] {
        let text = invitation(Entry { appointment: &it, summary: &summary, location: None, organizer: None });
        assert_eq!(value(&text, "SUMMARY").as_deref(), Some(&*summary));
    }
}

#[test]
fn marks_are_escaped_and_nobody_can_write_a_line_of_their_own() {
    let it = appointment();
    let evil = "a;b,c\\d\r\nBEGIN:VALARM\nATTENDEE:x\u{0}\u{7}\u{2028}end";
    let text = invitation(Entry { appointment: &it, summary: evil, location: Some("\r"), organizer: None });
    let names: Vec<String> = read(&text).into_iter().map(|(name, _)| name).collect();
    assert!(!names.iter().any(|name| name.contains("ATTENDEE")) && names.iter().filter(|name| *name == "BEGIN").count() == 2);
    assert_eq!(unescaped(&value(&text, "SUMMARY").unwrap()), "a;b,c\\d\nBEGIN:VALARM\nATTENDEE:x\nend");
}

#[test]
fn every_status_has_a_word_of_the_standard() {
    let words = Status::ALL.map(|status| {
        let it = Appointment { status, version: 1, ..appointment() };
        let text = invitation(Entry { appointment: &it, summary: "x", location: None, organizer: None });
        assert_eq!(value(&text, "SEQUENCE").as_deref(), Some("0"));
        value(&text, "STATUS").unwrap()
    });
    let (tentative, confirmed, cancelled) = ("TENTATIVE", "CONFIRMED", "CANCELLED");
    let expected = [tentative, confirmed, tentative, confirmed, cancelled, confirmed, confirmed, cancelled, cancelled, cancelled];
    assert_eq!(words, expected);
}

#[test]
fn a_feed_names_itself_and_holds_every_entry() {
    let (one, two) = (appointment(), Appointment { id: AppointmentId(Uuid::from_u128(8)), ..appointment() });
    let entries = [&one, &two].map(|appointment| Entry { appointment, summary: "Consulta · Luz", location: None, organizer: None });
    let text = feed("Dra. Ana, consultorio", 15, entries.into_iter());
    assert_eq!(value(&text, "X-WR-CALNAME").as_deref(), Some("Dra. Ana\\, consultorio"));
    assert_eq!(value(&text, "REFRESH-INTERVAL;VALUE=DURATION").as_deref(), Some("PT15M"));
    assert_eq!(read(&text).iter().filter(|(name, _)| name == "UID").count(), 2);
    assert_eq!(feed("", 15, std::iter::empty()).matches("VEVENT").count(), 0);
}

/// RFC 5546, 3.2.1 and 3.2.5: what is published and what is called off names its organizer, and the same one.
#[test]
fn what_is_published_and_called_off_names_one_organizer() {
    for status in [Status::Confirmed, Status::Cancelled] {
        let it = Appointment { status, ..appointment() };
        let of = |name, address| {
            invitation(Entry { appointment: &it, summary: "x", location: None, organizer: Some(Organizer { name, address }) })
        };
        let (name, value) =
            read(&of("Clínica Sol", "no-reply@recado.example")).into_iter().find(|(name, _)| name.starts_with("ORGANIZER")).unwrap();
        assert_eq!((name.as_str(), value.as_str()), ("ORGANIZER;CN=\"Clínica Sol\"", "mailto:no-reply@recado.example"));
        let long = of(&"ñ\"\r\nX-EVIL:1".repeat(20), "a@b.example\r\nX-EVIL:1");
        assert!(!read(&long).iter().any(|(name, _)| name.starts_with("X-EVIL")), "{long}");
    }
}
