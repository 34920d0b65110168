//! Booking in conversation, with the engine, the store and the tools as they are: talks that people can read (`tests/booking/*.toml`), with
//! the offline assistant; and a scripted model that gets it wrong.

mod kit;
mod models;
mod waiting;

use anyhow::{Result, bail};
use kit::{Step, Talks, play};

async fn all(file: &str) -> Result<()> {
    let talks: Talks = toml::from_str(file)?;
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
    all(include_str!("../../../../tests/booking/es.toml")).await
}

#[actix::test]
async fn the_offline_assistant_books_moves_and_cancels_in_english() -> Result<()> {
    all(include_str!("../../../../tests/booking/en.toml")).await
}

#[actix::test]
async fn the_offline_assistant_books_moves_and_cancels_in_portuguese() -> Result<()> {
    all(include_str!("../../../../tests/booking/pt.toml")).await
}

#[test]
fn every_step_of_a_talk_does_one_thing() {
    for file in [
        include_str!("../../../../tests/booking/es.toml"),
        include_str!("../../../../tests/booking/en.toml"),
        include_str!("../../../../tests/booking/pt.toml"),
    ] {
        let talks: Talks = toml::from_str(file).unwrap();
        assert!(talks.talk.len() >= 12, "{}", talks.talk.len());
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
