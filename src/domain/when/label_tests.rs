//! What customers read.

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn labels(zone: &str, language: Language, hours: HourStyle) -> Labels {
    Labels { zone: zone.parse().unwrap(), language, hours }
}

#[test]
fn dates_and_times_are_written_as_people_do() {
    let five = at("2027-03-04T23:00:00Z");
    let write = |language, hours| labels("America/Mexico_City", language, hours).moment(five);
    assert_eq!(write(Language::Es, HourStyle::TwentyFour), "jueves 4 de marzo a las 17:00");
    assert_eq!(write(Language::Es, HourStyle::Twelve), "jueves 4 de marzo a las 5:00 p. m.");
    assert_eq!(write(Language::En, HourStyle::Twelve), "Thursday, 4 March at 5:00 p.m.");
    assert_eq!(write(Language::Pt, HourStyle::TwentyFour), "quinta-feira, 4 de março às 17:00");
    assert_eq!(write(Language::Pt, HourStyle::Twelve), "quinta-feira, 4 de março às 17:00", "nobody reads it otherwise");
    let labels = labels("America/Mexico_City", Language::Es, HourStyle::Twelve);
    assert_eq!(labels.moment(at("2027-03-04T19:00:00Z")), "jueves 4 de marzo a la 1:00 p. m.");
    assert_eq!(labels.time(at("2027-03-04T06:05:00Z")), "12:05 a. m.");
    assert_eq!(labels.time(at("2027-03-04T18:00:00Z")), "12:00 p. m.");
    assert_eq!(labels.date_with_year(NaiveDate::from_ymd_opt(2028, 2, 29).unwrap()), "martes 29 de febrero de 2028");
}

#[test]
fn sched_a08_times_that_come_twice_carry_their_offsets() {
    let labels = labels("America/Tijuana", Language::Es, HourStyle::TwentyFour);
    let times: Vec<String> = (7..=10).map(|hour| labels.time(at(&format!("2027-11-07T{hour:02}:00:00Z")))).collect();
    assert_eq!(times, ["0:00", "1:00 (−07:00)", "1:00 (−08:00)", "2:00"]);
}

#[test]
fn sched_a23_the_zone_of_the_business_is_told_and_another_only_when_asked_for() {
    let nine = ["2027-03-15T15:00:00Z", "2027-03-29T15:00:00Z"].map(at);
    let own = labels("America/Mexico_City", Language::Es, HourStyle::TwentyFour);
    let madrid = labels("Europe/Madrid", Language::Es, HourStyle::TwentyFour);
    assert_eq!(nine.map(|at| own.time_with_zone(at)), ["9:00 hora de la Ciudad de México"; 2]);
    assert_eq!(nine.map(|at| madrid.time(at)), ["16:00", "17:00"]);
}

#[test]
fn zones_without_a_name_of_their_own_take_their_city() {
    assert_eq!(labels("America/Hermosillo", Language::Es, HourStyle::Twelve).zone_name(), "hora de Hermosillo");
    assert_eq!(labels("America/Argentina/Buenos_Aires", Language::En, HourStyle::Twelve).zone_name(), "Buenos Aires time");
    assert_eq!(labels("America/Sao_Paulo", Language::Pt, HourStyle::Twelve).zone_name(), "horário de São Paulo");
    for (zone, names) in [
        ("America/Mexico_City", ["hora de la Ciudad de México", "Mexico City time", "horário da Cidade do México"]),
        ("America/Panama", ["hora de Panamá", "Panama time", "horário do Panamá"]),
        ("America/Havana", ["hora de La Habana", "Havana time", "horário de Havana"]),
        ("Atlantic/Canary", ["hora de Canarias", "Canary Islands time", "horário das Canárias"]),
        ("UTC", ["hora UTC", "UTC", "horário UTC"]),
    ] {
        assert_eq!([Language::Es, Language::En, Language::Pt].map(|it| labels(zone, it, HourStyle::Twelve).zone_name()), names);
    }
    let prepositions = ["de ", "da ", "do ", "das ", "dos "];
    assert!(CITIES.iter().all(|(_, [es, _, pt])| es.starts_with("de ") && prepositions.iter().any(|it| pt.starts_with(it))));
    assert!(CITIES.iter().all(|(zone, _)| zone.parse::<Tz>().is_ok()));
}

#[test]
fn the_style_of_hours_follows_the_region() {
    for (locale, style) in [
        ("es-MX", HourStyle::Twelve),
        ("es_DO", HourStyle::Twelve),
        ("en-US", HourStyle::Twelve),
        ("en", HourStyle::Twelve),
        ("es-ES", HourStyle::TwentyFour),
        ("pt-BR", HourStyle::TwentyFour),
        ("es", HourStyle::TwentyFour),
        ("zh-Hans-CN", HourStyle::TwentyFour),
        ("", HourStyle::TwentyFour),
    ] {
        assert_eq!(HourStyle::of_locale(locale), style, "{locale}");
    }
}
