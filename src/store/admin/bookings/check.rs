//! The agenda as people write it, checked field by field. Pure. Whether the named resources exist is asked in the transaction.

use crate::domain::booking::{DayHours, ExceptionKind, Holiday, Limits, Question, QuestionKind, Rules, Service};
use crate::store::admin::{AdminError, check_name};
use crate::store::bookings::agenda::ResourceDefinition;
use chrono_tz::Tz;
use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;

/// Minutes of a day of the clock.
const DAY: u32 = 1_440;
/// Most words, needs, intervals of one thing.
const MOST_WORDS: usize = 30;
const MOST_NEEDS: usize = 10;
const MOST_CHOICES: usize = 100;
const MOST_QUESTIONS: usize = 10;
const MOST_ANSWERS: usize = 8;
/// Bytes of the keys of a question and a choice together.
const MOST_KEYS: usize = 50;
const MOST_INTERVALS: usize = 12;
const MOST_EXCEPTIONS: usize = 1_000;
const MOST_REMINDERS: usize = 5;

/// Checks a service.
pub(super) fn service(it: &Service) -> Result<(), AdminError> {
    texts("name", &it.name, 100)?;
    words("aliases", &it.aliases)?;
    within("duration", it.duration, 5..=DAY)?;
    if let Some(step) = it.step {
        within("step", step, 5..=DAY)?;
    }
    within("buffer_before", it.buffer_before, 0..=DAY)?;
    within("buffer_after", it.buffer_after, 0..=DAY)?;
    within("min_notice", it.min_notice, 0..=365 * DAY)?;
    within("max_advance_days", it.max_advance_days, 1..=730)?;
    if it.price.as_ref().is_some_and(|price| check_name("price", price).is_err()) {
        return Err(AdminError::invalid("price", "must be 1 to 100 characters without line breaks"));
    }
    count("needs", it.needs.len(), 1..=MOST_NEEDS)?;
    for need in &it.needs {
        count("needs", need.any_of.len(), 1..=MOST_CHOICES)?;
        let different: HashSet<_> = need.any_of.iter().collect();
        if different.len() < need.any_of.len() {
            return Err(AdminError::invalid("needs", "must name a resource once in each need"));
        }
    }
    limits(&it.limits)?;
    questions(&it.questions)
}

fn limits(it: &Limits) -> Result<(), AdminError> {
    let Limits { per_day, per_week, minutes_per_day, per_contact } = *it;
    if [per_day, per_week, minutes_per_day, per_contact].contains(&Some(0)) {
        return Err(AdminError::invalid("limits", "must be at least 1, or left out"));
    }
    Ok(())
}

fn questions(all: &[Question]) -> Result<(), AdminError> {
    count("questions", all.len(), 0..=MOST_QUESTIONS)?;
    let mut keys = HashSet::new();
    for question in all {
        let key = &question.key;
        let fits = (1..=40).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !fits || !keys.insert(key) {
            return Err(AdminError::invalid("questions", "must have keys of 1 to 40 letters, digits and _, each once"));
        }
        texts("questions", &question.text, 300)?;
        choices(question)?;
    }
    Ok(())
}

fn choices(question: &Question) -> Result<(), AdminError> {
    if question.kind == QuestionKind::Choice {
        count("questions", question.choices.len(), 2..=MOST_ANSWERS)?;
    } else if !question.choices.is_empty() {
        return Err(AdminError::invalid("questions", "may have choices only with the kind choice"));
    }
    let mut keys = HashSet::new();
    for choice in &question.choices {
        let key = &choice.key;
        // The id of a button must fit the strictest channel: key and key.
        let fits = (1..=20).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !fits || question.key.len() + key.len() > MOST_KEYS || !keys.insert(key) {
            return Err(AdminError::invalid("questions", "must have choices with keys of 1 to 20 letters, digits and _, each once"));
        }
        texts("questions", &choice.text, 60)?;
    }
    Ok(())
}

/// Checks a resource.
pub(super) fn resource(it: &ResourceDefinition) -> Result<(), AdminError> {
    check_name("name", &it.name)?;
    words("aliases", &it.aliases)?;
    within("capacity", u32::from(it.capacity), 1..=500)?;
    if it.zone.as_deref().is_some_and(|zone| zone.parse::<Tz>().is_err()) {
        return Err(AdminError::invalid("zone", "must be a time zone of the IANA database, such as America/Mexico_City"));
    }
    for day in &it.hours.0 {
        hours("hours", day)?;
    }
    count("exceptions", it.exceptions.len(), 0..=MOST_EXCEPTIONS)?;
    for exception in &it.exceptions {
        match &exception.kind {
            ExceptionKind::Closed => {}
            ExceptionKind::Replace(day) | ExceptionKind::Add(day) => hours("exceptions", day)?,
        }
    }
    Ok(())
}

fn hours(field: &'static str, day: &[DayHours]) -> Result<(), AdminError> {
    count(field, day.len(), 0..=MOST_INTERVALS)?;
    let fits = |hours: &DayHours| u32::from(hours.from) < DAY && u32::from(hours.to) <= DAY;
    if day.iter().all(fits) { Ok(()) } else { Err(AdminError::invalid(field, "must begin at 0 to 1439 and end at 0 to 1440 minutes")) }
}

/// Checks a holiday.
pub(super) fn holiday(it: &Holiday) -> Result<(), AdminError> {
    check_name("name", &it.name).map(drop)
}

/// Checks a tenant's rules.
pub(super) fn rules(it: &Rules) -> Result<(), AdminError> {
    within("hold_minutes", it.hold_minutes, 1..=60)?;
    within("holds_per_day", it.holds_per_day, 1..=1_000)?;
    count("reminder_hours", it.reminder_hours.len(), 0..=MOST_REMINDERS)?;
    for hours in &it.reminder_hours {
        within("reminder_hours", *hours, 1..=720)?;
    }
    within("quiet_from", u32::from(it.quiet_from), 0..=23)?;
    within("quiet_to", u32::from(it.quiet_to), 0..=23)?;
    within("waitlist_minutes", it.waitlist_minutes, 1..=DAY)?;
    within("change_until_hours", it.change_until_hours, 0..=720)
}

fn within(field: &'static str, value: u32, range: RangeInclusive<u32>) -> Result<(), AdminError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(AdminError::invalid(field, &format!("must be from {} to {}", range.start(), range.end())))
}

fn count(field: &'static str, count: usize, range: RangeInclusive<usize>) -> Result<(), AdminError> {
    if range.contains(&count) {
        return Ok(());
    }
    Err(AdminError::invalid(field, &format!("must hold {} to {} entries", range.start(), range.end())))
}

fn words(field: &'static str, all: &[String]) -> Result<(), AdminError> {
    count(field, all.len(), 0..=MOST_WORDS)?;
    all.iter().try_for_each(|word| check_name(field, word).map(drop))
}

/// Checks a text by language code.
fn texts(field: &'static str, all: &BTreeMap<String, String>, longest: usize) -> Result<(), AdminError> {
    count(field, all.len(), 1..=10)?;
    let code = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
    if !all.keys().all(code) {
        return Err(AdminError::invalid(field, "must be given by language codes of two letters, such as es"));
    }
    let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    if all.values().all(fits) {
        return Ok(());
    }
    Err(AdminError::invalid(field, &format!("must be 1 to {longest} characters without line breaks in every language")))
}
