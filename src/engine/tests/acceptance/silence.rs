//! The assistant never speaks over a person.

use crate::domain::conversation::standing::{Human, Standing};
use crate::testing::rig::Rig;
use anyhow::Result;

#[actix::test]
async fn a_message_is_answered() -> Result<()> {
    let rig = Rig::new().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola"]);
    rig.agent_replies("ana", "soy Eva").await?;
    rig.settle().await?;
    assert_eq!(rig.received("ana"), ["re: hola", "soy Eva"]);
    assert_eq!(rig.standing("ana").await?, Standing::Open(Some(Human::Agent(rig.agent))));
    rig.snapshot_is_rebuilt("ana").await
}
