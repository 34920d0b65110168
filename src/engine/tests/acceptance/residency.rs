//! Which conversations are in memory, and that it does not matter.

use crate::engine::settings::EngineSettings;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[actix::test]
async fn an_idle_conversation_leaves_memory_and_comes_back() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    assert!(rig.observe("ana").await?.is_some());
    rig.advance(Duration::from_secs(31));
    rig.until("it left memory", || async { Ok(rig.observe("ana").await?.is_none()) }).await?;
    assert_eq!(rig.engines[0].stats().live.load(Ordering::Relaxed), 0);
    rig.customer("ana", "otra vez").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola", "re: otra vez"]);
    Ok(())
}

#[actix::test]
async fn a_thinking_conversation_stays_in_memory() -> Result<()> {
    let rig = Rig::new().await?;
    rig.llm.gates.close("hola");
    rig.customer("ana", "hola").await?;
    rig.until("the model was asked", || async { Ok(rig.llm.gates.waiting("hola") == 1) }).await?;
    rig.pass(Duration::from_secs(40), Duration::from_secs(2)).await;
    assert_eq!(rig.observe("ana").await?.and_then(|observed| observed.phase), Some("thinking"));
    assert_eq!(rig.llm.seen().len(), 1);
    rig.llm.gates.open("hola");
    rig.settle().await
}

#[actix::test]
async fn live_actors_are_bounded_and_everybody_is_served() -> Result<()> {
    let settings = EngineSettings { max_live: 4, drain_ms: 0, ..EngineSettings::default() };
    let rig = Rig::with(RigOptions { settings, ..RigOptions::default() }).await?;
    for room in 0..20 {
        rig.customer(&format!("room-{room}"), "hola").await?;
    }
    let live = || rig.engines[0].stats().live.load(Ordering::Relaxed);
    for _ in 0..60 {
        assert!(live() <= 4, "{} are live", live());
        rig.pass(Duration::from_secs(1), Duration::from_secs(1)).await;
    }
    rig.settle_within(Duration::from_secs(120), Duration::from_secs(1)).await?;
    for room in 0..20 {
        assert_eq!(rig.received(&format!("room-{room}")), ["re: hola"], "{room}");
    }
    Ok(())
}
