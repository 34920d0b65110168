//! The assistant's first words say that a machine wrote them, also where a model forgets it; a business may switch that off.

use crate::domain::inbox::CommonSettings;
use crate::ports::llm::ChatMessage;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::Result;

async fn rig(disclosure: Option<bool>) -> Result<Rig> {
    let common = CommonSettings { disclosure, ..RigOptions::default().common };
    Rig::with(RigOptions { common, ..RigOptions::default() }).await
}

fn told_to(rig: &Rig, at: usize) -> bool {
    let seen = rig.llm.seen();
    let Some(ChatMessage::System { text }) = seen.get(at).and_then(|request| request.messages.first()) else { return false };
    text.contains("This is your first message here")
}

#[actix::test]
async fn the_first_words_of_a_stretch_say_who_answers_and_later_ones_do_not() -> Result<()> {
    let rig = rig(None).await?;
    for words in ["hola", "otra cosa"] {
        rig.customer("ana", words).await?;
        rig.settle().await?;
    }
    let received = rig.received("ana");
    assert!(received[0].contains("Soy el asistente automático"), "{received:?}");
    assert_eq!(received[1], "re: otra cosa");
    assert_eq!((told_to(&rig, 0), told_to(&rig, 1)), (true, false));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn a_business_may_switch_the_disclosure_off_for_model_and_core_alike() -> Result<()> {
    let rig = rig(Some(false)).await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    assert!(!told_to(&rig, 0));
    rig.snapshot_is_rebuilt("ana").await
}
