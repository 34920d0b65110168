//! Five hundred races on SQLite, through real actors and the real writer; and one thousand customers whose first message comes twice.

use crate::testing::race::{options, race};
use crate::testing::rig::Rig;
use anyhow::Result;
use std::collections::HashSet;
use std::time::Duration;

#[actix::test]
#[expect(clippy::print_stdout, reason = "the shares of the moments are part of the finding")]
async fn five_hundred_races_break_no_promise() -> Result<()> {
    let rig = Rig::with(options(None)).await?;
    let tally = race(&rig, 1, 500).await?;
    println!("{tally:?}");
    assert_eq!(rig.store.wrong_counts(rig.tenant).await?, 0, "conv_23: the kept counts are those of the rows");
    assert!(tally.runs == 1 || tally.is_spread(), "{tally:?}");
    Ok(())
}

#[actix::test]
async fn a_thousand_first_messages_posted_twice_at_once_make_a_thousand_conversations() -> Result<()> {
    let rig = Rig::new().await?;
    let rooms: Vec<String> = (0..1_000).map(|room| format!("room-{room}")).collect();
    for chunk in rooms.chunks(100) {
        let posts = chunk.iter().map(|room| async {
            let item = rig.item(room, super::message("hola"));
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
