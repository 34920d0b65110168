//! The panic test: every guarded site is made to panic, and nobody outside notices more than a delay.

use crate::domain::conversation::standing::Standing;
use crate::domain::tool::ToolCall;
use crate::engine::guard::Site;
use crate::ports::llm::{ChatMessage, ChatReply};
use crate::testing::llm::Line;
use crate::testing::rig::Rig;
use anyhow::Result;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Messages with `recado` in them make the model call a tool first.
async fn rig() -> Result<Rig> {
    let rig = Rig::new().await?;
    rig.llm.by(Box::new(|request| {
        let wants = request.messages.iter().any(|message| matches!(message, ChatMessage::User { text, .. } if text.contains("recado")));
        let used = request.messages.iter().any(|message| matches!(message, ChatMessage::Tool { .. }));
        let arguments = json!({ "name": "Ana", "reason": "llamar" });
        let call = ToolCall { id: "c1".into(), name: "take_message".into(), arguments, extra: None };
        (wants && !used).then(|| Line::Says(ChatReply { calls: vec![call], ..ChatReply::default() }))
    }));
    Ok(rig)
}

/// Strikes that are followed by an answer: the third one in a row on the same rows of a conversation hands over to people instead.
const fn strikes(site: Site) -> u32 {
    match site {
        Site::ConversationLook | Site::ConversationAdvance | Site::ConversationPerform | Site::ModelCall | Site::ToolCall => 2,
        Site::RegistryRoute | Site::RegistryPassivate | Site::LaneAccept | Site::LanePump | Site::LaneDeliver | Site::Sweep => 3,
    }
}

#[actix::test]
async fn wherever_it_panics_the_message_is_answered_and_neighbours_do_not_notice() -> Result<()> {
    let mut walked = HashSet::new();
    for site in Site::ALL {
        let rig = rig().await?;
        rig.customer("neighbour", "hola").await?;
        rig.settle().await?;
        let engine = rig.engines[0].clone();
        let (passed, asked) = (engine.passed(site), strikes(site));
        engine.arm(site, asked);
        rig.customer("ana", "tome un recado").await?;
        for _ in 0..30 {
            rig.pass(Duration::from_secs(1), Duration::from_secs(1)).await;
        }
        rig.settle_within(Duration::from_secs(90), Duration::from_secs(1)).await?;
        rig.customer("neighbour", "otra").await?;
        rig.settle_within(Duration::from_secs(30), Duration::from_secs(1)).await?;
        assert_eq!(rig.received("ana"), ["re: tome un recado"], "{site:?}");
        assert_eq!(rig.received("neighbour"), ["re: hola", "re: otra"], "{site:?}");
        assert_eq!(rig.standing("ana").await?, Standing::Pending, "{site:?}");
        assert_eq!(engine.stats().panics.load(Ordering::Relaxed), u64::from(asked), "{site:?} was not struck");
        let notes = rig.messages("ana").await?.iter().filter(|line| line.direction == "note").count();
        assert_eq!(notes, 1, "{site:?}: the tool's effect happened once");
        rig.snapshot_is_rebuilt("ana").await?;
        if engine.passed(site) > passed {
            walked.insert(site);
        }
    }
    assert_eq!(walked.len(), Site::ALL.len(), "a site without a run");
    Ok(())
}

#[actix::test]
async fn the_third_panic_on_the_same_rows_gives_the_conversation_to_people() -> Result<()> {
    for site in [Site::ConversationLook, Site::ConversationAdvance, Site::ConversationPerform, Site::ModelCall, Site::ToolCall] {
        let rig = rig().await?;
        let engine = rig.engines[0].clone();
        engine.arm(site, 3);
        rig.customer("ana", "tome un recado").await?;
        rig.settle_within(Duration::from_secs(120), Duration::from_secs(1)).await?;
        assert_eq!(rig.standing("ana").await?, Standing::Open(None), "{site:?}");
        assert_eq!(rig.received("ana").len(), 1, "{site:?}: one text of the hand-off");
        let queue = rig.queue("ana").await?;
        assert!(queue.iter().all(|row| row.state == "dead" && row.reason.as_deref() == Some("poison")), "{site:?}: {queue:?}");
        let timeline = rig.timeline("ana").await?;
        assert!(timeline.iter().any(|(kind, data)| kind == "conversation.handed_off" && data["reason"] == "poison"), "{site:?}");
        rig.customer("neighbour", "hola").await?;
        rig.settle_within(Duration::from_secs(10), Duration::from_secs(1)).await?;
        assert_eq!(rig.received("neighbour"), ["re: hola"], "{site:?}");
    }
    Ok(())
}

#[actix::test]
async fn a_burst_of_hints_loses_no_answer() -> Result<()> {
    // What is ready among an actor's own futures runs once more after `ctx.wait`: an answer must not meet an empty actor there.
    let rig = Arc::new(Rig::new().await?);
    for round in 0..40 {
        let room = format!("room-{round}");
        let key = rig.customer(&room, "hola").await?;
        for _ in 0..round % 5 {
            rig.hint(key);
            tokio::task::yield_now().await;
            rig.hint(key);
        }
    }
    rig.settle().await?;
    for round in 0..40 {
        assert_eq!(rig.received(&format!("room-{round}")), ["re: hola"]);
    }
    Ok(())
}
