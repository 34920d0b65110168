//! Drafts: people of the business see what is being written, customers never, and nothing of it stays.

use crate::ports::engine::{Engine, LiveEvent};
use crate::ports::llm::ChatReply;
use crate::testing::llm::Line;
use crate::testing::rig::Rig;
use anyhow::{Context, Result};
use tokio::sync::broadcast::Receiver;

fn texts(heard: &mut Receiver<LiveEvent>) -> Vec<String> {
    let mut all = Vec::new();
    while let Ok(event) = heard.try_recv() {
        if let LiveEvent::Draft { text, turn_no, .. } = event {
            assert_eq!(turn_no, 1);
            all.push(text);
        }
    }
    all
}

fn writing(rig: &Rig) {
    rig.llm.by(Box::new(|request| {
        for text in ["Ho", "Hola", "Hola, buenas"] {
            request.drafts.show(text);
        }
        Some(Line::Says(ChatReply { text: Some("Hola, buenas tardes.".into()), model: "scripted".into(), ..ChatReply::default() }))
    }));
}

#[actix::test]
async fn a_draft_is_shown_at_a_pace_and_taken_back_when_the_turn_ends() -> Result<()> {
    let rig = Rig::new().await?;
    let mut heard = rig.engines.first().context("no engine")?.subscribe(rig.tenant);
    writing(&rig);
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    assert_eq!(texts(&mut heard), ["Ho", ""], "the clock stands still: one draft, then none");
    assert_eq!(rig.received("ana"), ["Hola, buenas tardes."]);
    let timeline = format!("{:?}", rig.timeline("ana").await?);
    assert!(!timeline.contains("draft"), "{timeline}");
    Ok(())
}

#[actix::test]
async fn without_a_listener_no_draft_is_asked_for() -> Result<()> {
    let rig = Rig::new().await?;
    writing(&rig);
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    assert!(rig.llm.seen().iter().all(|request| !request.drafts.wanted()));
    Ok(())
}
