//! What operators are shown of the queue, on both databases.

use super::rig::{NOW, Rig};
use super::sending::{mark, two};
use anyhow::Result;
use recado::crypto::ids::SystemIds;
use recado::ports::store::Mark;
use recado::store::Store;
use recado::store::connect::StoreOptions;
use recado::store::figures::{OutboxFigures, QueueFigures};
use recado::testing::clock::ManualClock;
use std::sync::Arc;
use std::time::Duration;

const LATER: Duration = Duration::from_secs(90);

/// Asks as a process would whose clock has moved on.
async fn later(rig: &Rig) -> Result<QueueFigures> {
    let clock = Arc::new(ManualClock::at(NOW.after(LATER)));
    let store = Store::open(&StoreOptions::new(rig.database.url()), clock, Arc::new(SystemIds::new())).await?;
    Ok(store.queue_figures().await?)
}

#[tokio::test]
async fn figures_tell_ages_and_counts_and_an_empty_queue_has_none() -> Result<()> {
    for rig in Rig::both().await? {
        assert_eq!(later(&rig).await?, QueueFigures::default());

        let rows = two(&rig).await?;
        let settled = later(&rig).await?;
        assert_eq!((settled.inbound_open, settled.inbound_age), (0, Duration::ZERO));
        assert_eq!((settled.outbox.pending, settled.outbox_age), (2, LATER));

        rig.begin("bea").await?;
        rig.sql(format!("UPDATE inbox SET state = 'paused' WHERE id = {}", rig.id(rig.other.0))).await?;
        rig.claim(&rows[0]).await?;
        let failed = Mark::Failed { code: "x".into(), detail: "y".into(), dead: true };
        let calling = later(&rig).await?;
        assert_eq!((calling.outbox.sending, calling.outbox.pending), (1, 1));
        mark(&rig, &rows[0], 1, failed).await?;
        rig.sql("UPDATE inbound SET state = 'dead' WHERE kind = 'delivery_failed'".to_owned()).await?;

        let figures = later(&rig).await?;
        assert_eq!(figures.outbox, OutboxFigures { pending: 1, dead: 1, ..OutboxFigures::default() });
        assert_eq!((figures.inbound_open, figures.inbound_age, figures.inbound_dead), (1, LATER, 1));
        assert_eq!((figures.quarantined, figures.paused_inboxes), (0, 1));
    }
    Ok(())
}
