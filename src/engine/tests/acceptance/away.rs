//! The away text: exactly once, whatever dies.

use super::done;
use crate::domain::away::AwayText;
use crate::domain::booking::WeekHours;
use crate::domain::conversation::standing::Standing;
use crate::domain::inbox::CommonSettings;
use crate::domain::routing::Hours;
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::testing::gated_store::Place;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;

const AWAY: &str = "Estamos fuera.";

/// A business without an assistant whose people are never there.
async fn closed() -> Result<Rig> {
    let base = RigOptions::default();
    let away_text = Some(AwayText { es: Some(AWAY.to_owned()), ..AwayText::default() });
    let common = CommonSettings { assistant: Some(false), away_text, ..base.common.clone() };
    let mut rig = Rig::build(RigOptions { common, ..base }).await?;
    let hours = Hours { zone: chrono_tz::America::Mexico_City, week: Some(WeekHours::default()), ..Hours::default() };
    rig.directory.change(rig.inbox, |inbox| inbox.hours = Arc::new(hours));
    rig.start(&Single, Threads::Own).await?;
    Ok(rig)
}

#[actix::test]
async fn conv_81_a_death_before_or_after_the_commit_says_it_exactly_once() -> Result<()> {
    for place in [Place::Records, Place::Replies, Place::Claims] {
        let mut rig = closed().await?;
        rig.ingest(rig.inbox, vec![rig.item("ana", super::super::message("hola"))]).await?;
        let key = rig.key("ana")?;
        rig.gates.hold(place, key.id);
        rig.hint(key);
        rig.until("it is held", || async { Ok(rig.gates.held(place, key.id) == 1) }).await?;
        rig.kill(0).await;
        rig.advance(Duration::from_secs(3));
        rig.start(&Single, Threads::Own).await?;
        rig.gates.let_go(place, key.id);
        rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
        rig.customer("ana", "¿hola?").await?;
        rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
        assert_eq!(rig.received("ana"), [AWAY], "{place:?}");
        assert_eq!(rig.standing("ana").await?, Standing::Open(None));
        let lines = rig.messages("ana").await?;
        let away = lines.iter().find(|line| line.direction == "out").map(|line| line.author.as_str());
        assert_eq!(away, Some("system"), "it is nobody's answer");
        rig.snapshot_is_rebuilt("ana").await?;
        rig.kill(1).await;
    }
    Ok(())
}

#[actix::test]
async fn conv_81_a_person_who_takes_the_conversation_stops_it() -> Result<()> {
    let rig = closed().await?;
    rig.ingest(rig.inbox, vec![rig.item("ana", super::super::message("hola"))]).await?;
    let key = rig.key("ana")?;
    rig.gates.hold(Place::Claims, key.id);
    rig.hint(key);
    rig.until("it waits to leave", || async { Ok(rig.gates.held(Place::Claims, key.id) == 1) }).await?;
    done(&rig.agent_replies("ana", "aquí estoy").await?);
    rig.gates.let_go(Place::Claims, key.id);
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["aquí estoy"]);
    assert_eq!(rig.outbox("ana").await?[0].state, "cancelled");
    rig.snapshot_is_rebuilt("ana").await?;
    rig.kill(0).await;
    Ok(())
}
