//! Booking in conversation, with the engine, the store and the tools as they are: talks that people can read (`tests/booking/*.toml`), with
//! the offline assistant; and a scripted model that gets it wrong.

mod coming;
mod holds;
mod kit;
mod models;
mod standing;
mod waiting;
mod wrong;

use anyhow::{Result, bail};
use kit::{Step, Talks, play};

/// What there must be a talk of in every language.
pub const KINDS: [&str; 17] = [
    "book",
    "another_time",
    "change_mind",
    "taken",
    "two_services",
    "move",
    "cancel",
    "stranger",
    "outside_hours",
    "holiday",
    "clocks_change",
    "expired_yes",
    "bad_date",
    "several_days",
    "named_zone",
    "unknown_zone",
    "cannot_come",
];

/// What there must be a talk of in every language besides, about the questions of a service.
const QUESTIONS: [&str; 3] = ["questions", "questions_unclear", "questions_kept"];

const LANGUAGES: [&str; 3] = ["es", "en", "pt"];

/// Read when the test runs: a talk can be changed without building anything.
fn talks(language: &str) -> Result<Talks> {
    let path = format!("{}/tests/booking/{language}.toml", env!("CARGO_MANIFEST_DIR"));
    Ok(toml::from_str(&std::fs::read_to_string(path)?)?)
}

async fn all(language: &str) -> Result<()> {
    let talks = talks(language)?;
    let mut wrong = Vec::new();
    for talk in &talks.talk {
        if let Err(error) = play(talk).await {
            wrong.push(format!("{}: {error:#}", talk.name));
        }
    }
    if wrong.is_empty() { Ok(()) } else { bail!("{} of {} talks went wrong:\n{}", wrong.len(), talks.talk.len(), wrong.join("\n\n")) }
}

#[actix::test]
async fn the_offline_assistant_books_moves_and_cancels_in_spanish() -> Result<()> {
    all("es").await
}

#[actix::test]
async fn the_offline_assistant_books_moves_and_cancels_in_english() -> Result<()> {
    all("en").await
}

#[actix::test]
async fn the_offline_assistant_books_moves_and_cancels_in_portuguese() -> Result<()> {
    all("pt").await
}

#[test]
fn every_language_has_a_talk_of_every_kind() {
    for language in LANGUAGES {
        let talks = talks(language).unwrap();
        let has = |kind: &str| talks.talk.iter().any(|talk| talk.kind.as_deref() == Some(kind));
        let missing: Vec<&str> = KINDS.into_iter().chain(QUESTIONS).filter(|kind| !has(kind)).collect();
        assert!(missing.is_empty(), "{language} has no talk of {missing:?}");
        let known = |kind: &str| KINDS.contains(&kind) || QUESTIONS.contains(&kind);
        let unknown: Vec<&str> = talks.talk.iter().filter_map(|talk| talk.kind.as_deref()).filter(|kind| !known(kind)).collect();
        assert!(unknown.is_empty(), "{language} has talks of {unknown:?}");
    }
}

#[test]
fn every_step_of_a_talk_does_one_thing() {
    for language in LANGUAGES {
        let talks = talks(language).unwrap();
        let does = |step: &Step| {
            usize::from(step.customer.is_some())
                + usize::from(step.tap.is_some())
                + usize::from(step.stranger.is_some())
                + usize::from(step.taken.is_some())
                + usize::from(step.minutes.is_some())
                + usize::from(step.full.is_some())
                + usize::from(step.busy_until.is_some())
                + usize::from(step.freed.is_some())
        };
        assert!(talks.talk.iter().flat_map(|talk| &talk.step).all(|step| does(step) == 1));
    }
}
