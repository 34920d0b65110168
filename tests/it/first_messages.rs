//! One thousand customers whose first message is posted to two processes at once: one contact, one thread, one conversation each.

use crate::support::database::TestDatabase;
use anyhow::Result;
use recado::domain::content::Content;
use recado::domain::delivery::ItemBody;
use recado::engine::Threads;
use recado::engine::placement::Fixed;
use recado::testing::rig::{Rig, RigOptions};
use std::collections::HashSet;
use std::time::Duration;

#[actix::test]
async fn a_thousand_first_messages_posted_to_two_processes_make_a_thousand_conversations() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    let mut rig = Rig::build(RigOptions { url: Some(database.url().to_owned()), ..RigOptions::default() }).await?;
    rig.start(&Fixed::of(|part| part % 2 == 0), Threads::Current).await?;
    rig.start_apart(database.url(), &Fixed::of(|part| part % 2 == 1), Threads::Current).await?;
    let rooms: Vec<String> = (0..1_000).map(|room| format!("room-{room}")).collect();
    for chunk in rooms.chunks(100) {
        let posts = chunk.iter().map(|room| async {
            let item = rig.item(room, ItemBody::Message { content: Content::text("hola") });
            // The two posts take different doors: the rig counts.
            let (one, other) = (vec![item.clone()], vec![item]);
            futures::join!(rig.ingest(rig.inbox, one), rig.ingest(rig.inbox, other))
        });
        for (one, other) in futures::future::join_all(posts).await {
            one?;
            other?;
        }
    }
    let conversations = rig.conversations().await?;
    assert_eq!(conversations.len(), 1_000);
    assert_eq!(conversations.iter().map(|row| row.thread_id).collect::<HashSet<_>>().len(), 1_000);
    assert_eq!(conversations.iter().map(|row| row.contact_id).collect::<HashSet<_>>().len(), 1_000);
    for room in &rooms {
        rig.hint(rig.key(room)?);
    }
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
    assert_eq!(rig.channel.received().len(), 1_000);
    Ok(())
}
