//! Phrases and their meanings, from `tests/when`.

use super::{NOW, at, opening_hours, spell};
use crate::domain::language::Language;
use crate::domain::when::{WhenContext, leaves_unread, understand};

#[derive(serde::Deserialize)]
struct Table {
    group: Vec<Group>,
}

#[derive(serde::Deserialize)]
struct Group {
    name: String,
    language: Language,
    #[serde(default = "now")]
    now: String,
    #[serde(default = "zone")]
    zone: String,
    #[serde(default = "hours")]
    hours: String,
    selected: Option<String>,
    cases: Vec<(String, String)>,
}

fn now() -> String {
    NOW.to_owned()
}

fn zone() -> String {
    "America/Mexico_City".to_owned()
}

fn hours() -> String {
    "M".to_owned()
}

fn wrong(table: &str) -> (usize, Vec<String>) {
    let table: Table = toml::from_str(table).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for group in &table.group {
        let hours = |date| opening_hours(&group.hours, date);
        let context = WhenContext {
            now: at(&group.now),
            zone: group.zone.parse().unwrap(),
            language: group.language,
            hours: &hours,
            selected: group.selected.as_ref().map(|date| date.parse().unwrap()),
        };
        for (text, expected) in &group.cases {
            count += 1;
            let found = spell(&understand(text, &context));
            if found != *expected {
                wrong.push(format!("{} ({}): {text:?}\n    expected {expected}\n    found    {found}", group.name, group.language.code()));
            }
        }
    }
    (count, wrong)
}

#[test]
fn phrases_mean_what_the_table_says() {
    let tables = [
        include_str!("../../../../tests/when/es.toml"),
        include_str!("../../../../tests/when/en.toml"),
        include_str!("../../../../tests/when/pt.toml"),
    ];
    let results: Vec<_> = tables.into_iter().map(wrong).collect();
    let wrong: Vec<&String> = results.iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n"));
    assert!(results.iter().map(|(count, _)| count).sum::<usize>() >= 250);
}

#[test]
fn words_of_a_calendar_that_nothing_reads_are_no_plain_yes() {
    let (es, en, pt) = (Language::Es, Language::En, Language::Pt);
    for (text, language) in [
        ("sí, el de la semana de mi cumpleaños", es),
        ("sí, la próxima", es),
        ("sí, el del día siguiente", es),
        ("ok, pero en el mes de Ana", es),
        ("yes, the next one", en),
        ("yes, the week of the wedding", en),
        ("sim, a próxima", pt),
        ("sim, na semana do evento", pt),
    ] {
        assert!(leaves_unread(text, language), "{text}");
    }
    for (text, language) in [
        ("sí, por favor", es),
        ("sí, el viernes a las 10", es),
        ("sí, ese día me viene bien", es),
        ("sí, gracias, buen día", es),
        ("sí, que tenga buena semana", es),
        ("yes please, have a great week", en),
        ("yes, that day works", en),
        ("sim, pode ser na sexta-feira", pt),
        ("sim, 5ª feira às 10", pt),
        ("sim, boa semana", pt),
    ] {
        assert!(!leaves_unread(text, language), "{text}");
    }
}
