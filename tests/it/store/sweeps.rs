//! Housekeeping: what lies open is found again, what is past its time goes, who lives is known.

use super::rig::{NOW, Rig};
use super::sending::{mark, sent, two};
use anyhow::Result;
use recado::domain::delivery::{DeliveryState, StatusUpdate};
use recado::domain::ids::{Epoch, Partition};
use recado::ports::store::EngineStore;
use recado::store::connect::all_partitions;
use std::time::Duration;

#[tokio::test]
async fn open_conversations_are_found_in_owned_partitions_only() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let later = NOW.after(Duration::from_secs(1));
        let all = all_partitions();
        assert_eq!(rig.store.open_conversations(&all, later, NOW, 10).await?, [key]);
        assert!(rig.store.open_conversations(&all, NOW, later, 10).await?.is_empty());
        let others: Vec<Partition> = all.into_iter().filter(|part| *part != key.part).collect();
        assert!(rig.store.open_conversations(&others, later, later, 10).await?.is_empty());
        assert!(rig.store.open_conversations(&[], later, later, 10).await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn taking_partitions_raises_their_epochs() -> Result<()> {
    for rig in Rig::both().await? {
        let parts = [Partition(9), Partition(3), Partition(3)];
        let next = Epoch(rig.epoch.0 + 1);
        assert_eq!(rig.store.claim_partitions("b", &parts).await?, [(Partition(3), next), (Partition(9), next)]);
    }
    Ok(())
}

#[tokio::test]
async fn a_heartbeat_tells_the_last_one_of_any_node() -> Result<()> {
    for rig in Rig::both().await? {
        assert_eq!(rig.store.heartbeat("a", NOW).await?, None);
        let later = NOW.after(Duration::from_secs(1));
        assert_eq!(rig.store.heartbeat("b", later).await?, Some(NOW));
        assert_eq!(rig.store.heartbeat("a", later).await?, Some(later));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_past_its_time_goes_and_nothing_else() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        mark(&rig, &rows[0], 1, sent("w1")).await?;
        let update = StatusUpdate { external_id: "w9".into(), reference: None, state: DeliveryState::Sent, at: None, error: None };
        rig.store.apply_statuses(rig.tenant, rig.inbox, vec![update], NOW).await?;
        assert_eq!(rig.store.purge(NOW.after(Duration::from_mins(59))).await?, 0);
        assert_eq!(rig.store.purge(NOW.after(Duration::from_mins(61))).await?, 1);
        assert_eq!(rig.store.purge(NOW.after(Duration::from_hours(31 * 24))).await?, 2);
        assert_eq!((rig.count("outbox").await?, rig.count("message").await?), (1, 2));
    }
    Ok(())
}
