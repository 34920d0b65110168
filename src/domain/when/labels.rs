//! Dates and times for customers, in their language and the zone of the business: "jueves 4 de marzo a las 17:00".
//!
//! Labels are made from instants and never from what a model wrote. On days when the clock shows a time twice the offset is added.

use super::zone::{Resolved, resolve, wall};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

/// How hours are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HourStyle {
    /// "5:00 p. m."
    Twelve,
    /// "17:00".
    #[default]
    TwentyFour,
}

impl HourStyle {
    /// Returns the style that is usual where the locale (BCP 47, such as `es-MX`) is spoken. Without a region: 12 hours in English, else 24.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        const TWELVE: &[&str] =
            &["MX", "DO", "CO", "VE", "GT", "HN", "SV", "NI", "CR", "PA", "PR", "PE", "EC", "CU", "US", "CA", "AU", "NZ", "PH", "IN"];
        let mut parts = locale.split(['-', '_']);
        let language = parts.next().unwrap_or_default().to_ascii_lowercase();
        let twelve = match parts.find(|part| part.len() == 2) {
            Some(region) => TWELVE.contains(&region.to_ascii_uppercase().as_str()),
            None => language == "en",
        };
        if twelve { Self::Twelve } else { Self::TwentyFour }
    }
}

/// Writes dates and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The zone whose clocks are read.
    pub zone: Tz,
    /// The language of the words.
    pub language: Language,
    /// How hours are written.
    pub hours: HourStyle,
}

const DAYS: [[&str; 7]; 3] = [
    ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
];

const MONTHS: [[&str; 12]; 3] = [
    ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
];

/// Cities whose names are not those of their zones, in the order of [`row`]; in Spanish and Portuguese with the preposition, since some
/// have an article.
const CITIES: &[(&str, [&str; 3])] = &[
    ("America/Mexico_City", ["de la Ciudad de México", "Mexico City", "da Cidade do México"]),
    ("America/Ciudad_Juarez", ["de Ciudad Juárez", "Ciudad Juárez", "de Ciudad Juárez"]),
    ("America/Cancun", ["de Cancún", "Cancún", "de Cancún"]),
    ("America/Mazatlan", ["de Mazatlán", "Mazatlán", "de Mazatlán"]),
    ("America/Merida", ["de Mérida", "Mérida", "de Mérida"]),
    ("America/Bahia_Banderas", ["de Bahía de Banderas", "Bahía de Banderas", "de Bahía de Banderas"]),
    ("America/Bogota", ["de Bogotá", "Bogotá", "de Bogotá"]),
    ("America/Panama", ["de Panamá", "Panama", "do Panamá"]),
    ("America/Costa_Rica", ["de Costa Rica", "Costa Rica", "da Costa Rica"]),
    ("America/Santo_Domingo", ["de Santo Domingo", "Santo Domingo", "de Santo Domingo"]),
    ("America/Puerto_Rico", ["de Puerto Rico", "Puerto Rico", "de Porto Rico"]),
    ("America/Asuncion", ["de Asunción", "Asunción", "de Assunção"]),
    ("America/Montevideo", ["de Montevideo", "Montevideo", "de Montevidéu"]),
    ("America/Argentina/Cordoba", ["de Córdoba", "Córdoba", "de Córdoba"]),
    ("America/Sao_Paulo", ["de São Paulo", "São Paulo", "de São Paulo"]),
    ("America/Bahia", ["de Bahía", "Bahia", "da Bahia"]),
    ("America/Belem", ["de Belém", "Belém", "de Belém"]),
    ("America/Cuiaba", ["de Cuiabá", "Cuiabá", "de Cuiabá"]),
    ("America/Maceio", ["de Maceió", "Maceió", "de Maceió"]),
    ("America/New_York", ["de Nueva York", "New York", "de Nova York"]),
    ("America/Los_Angeles", ["de Los Ángeles", "Los Angeles", "de Los Angeles"]),
    ("America/Havana", ["de La Habana", "Havana", "de Havana"]),
    ("Europe/Madrid", ["de Madrid", "Madrid", "de Madri"]),
    ("Europe/Lisbon", ["de Lisboa", "Lisbon", "de Lisboa"]),
    ("Europe/London", ["de Londres", "London", "de Londres"]),
    ("Atlantic/Canary", ["de Canarias", "Canary Islands", "das Canárias"]),
];

/// The zone that is no city.
const UTC: &str = "UTC";

const fn row(language: Language) -> usize {
    match language {
        Language::Es => 0,
        Language::En => 1,
        Language::Pt => 2,
    }
}

impl Labels {
    /// Returns weekday and date: "jueves 4 de marzo", "Thursday, 4 March", "quinta-feira, 4 de março".
    #[must_use]
    pub fn date(&self, date: NaiveDate) -> String {
        let weekday = name(&DAYS, self.language, date.weekday().num_days_from_monday());
        let month = name(&MONTHS, self.language, date.month0());
        let day = date.day();
        match self.language {
            Language::Es => format!("{weekday} {day} de {month}"),
            Language::En => format!("{weekday}, {day} {month}"),
            Language::Pt => format!("{weekday}, {day} de {month}"),
        }
    }

    /// Returns weekday and date with the year: "jueves 4 de marzo de 2027".
    #[must_use]
    pub fn date_with_year(&self, date: NaiveDate) -> String {
        let joint = if self.language == Language::En { " " } else { " de " };
        format!("{}{joint}{}", self.date(date), date.year())
    }

    /// Returns the time of day: "17:00", "5:00 p. m."; with the offset if the clock shows it twice on that day: "1:00 (−07:00)".
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        let local = wall(self.zone, at);
        let text = self.clock(local);
        if matches!(resolve(self.zone, local), Resolved::Fold { .. }) { format!("{text} ({})", self.offset(at)) } else { text }
    }

    /// Returns date and time: "jueves 4 de marzo a las 17:00", "Thursday, 4 March at 5:00 p.m.", "quinta-feira, 4 de março às 17:00".
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> String {
        let local = wall(self.zone, at);
        let (date, time) = (self.date(local.date()), self.time(at));
        let one = match self.style() {
            HourStyle::Twelve => local.hour() % 12 == 1,
            HourStyle::TwentyFour => local.hour() == 1,
        };
        match (self.language, one) {
            (Language::Es, true) => format!("{date} a la {time}"),
            (Language::Es, false) => format!("{date} a las {time}"),
            (Language::En, _) => format!("{date} at {time}"),
            (Language::Pt, true) => format!("{date} à {time}"),
            (Language::Pt, false) => format!("{date} às {time}"),
        }
    }

    /// Returns the time with the zone, for a customer who may be in another one: "9:00 hora de la Ciudad de México".
    #[must_use]
    pub fn time_with_zone(&self, at: Timestamp) -> String {
        format!("{} {}", self.time(at), self.zone_name())
    }

    /// Returns date, time and zone.
    #[must_use]
    pub fn moment_with_zone(&self, at: Timestamp) -> String {
        format!("{} {}", self.moment(at), self.zone_name())
    }

    /// Returns the name of the zone: "hora de la Ciudad de México", "Mexico City time", "horário da Cidade do México".
    #[must_use]
    pub fn zone_name(&self) -> String {
        let known = CITIES.iter().find(|(zone, _)| *zone == self.zone.name()).and_then(|(_, names)| names.get(row(self.language)));
        let city = self.zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
        match (self.language, known) {
            (Language::Es, Some(of_city)) => format!("hora {of_city}"),
            (Language::Pt, Some(of_city)) => format!("horário {of_city}"),
            (Language::En, Some(name)) => format!("{name} time"),
            (Language::Es, None) if city == UTC => format!("hora {city}"),
            (Language::Pt, None) if city == UTC => format!("horário {city}"),
            (Language::En, None) if city == UTC => city,
            (Language::Es, None) => format!("hora de {city}"),
            (Language::Pt, None) => format!("horário de {city}"),
            (Language::En, None) => format!("{city} time"),
        }
    }

    /// Who reads Portuguese reads twenty-four hours, wherever the business is.
    fn style(&self) -> HourStyle {
        if self.language == Language::Pt { HourStyle::TwentyFour } else { self.hours }
    }

    fn clock(&self, local: NaiveDateTime) -> String {
        let (hour, minute) = (local.hour(), local.minute());
        match self.style() {
            HourStyle::TwentyFour => format!("{hour}:{minute:02}"),
            HourStyle::Twelve => {
                let shown = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
                let half = match (self.language, hour < 12) {
                    (Language::Es, true) => "a. m.",
                    (Language::Es, false) => "p. m.",
                    (Language::En | Language::Pt, true) => "a.m.",
                    (Language::En | Language::Pt, false) => "p.m.",
                };
                format!("{shown}:{minute:02} {half}")
            }
        }
    }

    fn offset(&self, at: Timestamp) -> String {
        let seconds = self.zone.offset_from_utc_datetime(&at.to_chrono().naive_utc()).fix().local_minus_utc();
        let minutes = seconds.unsigned_abs() / 60;
        format!("{}{:02}:{:02}", if seconds < 0 { '−' } else { '+' }, minutes / 60, minutes % 60)
    }
}

fn name<const N: usize>(table: &[[&'static str; N]; 3], language: Language, place: u32) -> &'static str {
    let names = table.get(row(language));
    names.and_then(|names| names.get(usize::try_from(place).unwrap_or_default())).copied().unwrap_or_default()
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
