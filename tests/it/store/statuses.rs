//! Delivery statuses: monotone, parked while their message is unknown, and proof of a send where our reference comes back.

use super::rig::{NOW, Rig};
use super::sending::{mark, sent, two};
use anyhow::Result;
use recado::domain::delivery::{DeliveryState, StatusUpdate};
use recado::ports::store::{EngineStore, Mark};

fn status(id: &str, state: DeliveryState) -> StatusUpdate {
    let error = (state == DeliveryState::Failed).then(|| "131047".to_owned());
    StatusUpdate { external_id: id.to_owned(), reference: None, state, at: None, error }
}

async fn message_status(rig: &Rig) -> Result<String> {
    rig.one("SELECT status AS n FROM message WHERE seq = 1".to_owned()).await
}

#[tokio::test]
async fn conv_65_a_status_never_moves_backwards_and_failed_keeps_its_reason() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        mark(&rig, &rows[0], 1, sent("w1")).await?;
        let apply = |updates| rig.store.apply_statuses(rig.tenant, rig.inbox, updates, NOW);
        let (_, told) = apply(vec![status("w1", DeliveryState::Delivered), status("w1", DeliveryState::Read)]).await?;
        assert_eq!((told.len(), told[0].data["status"].as_str()), (1, Some("read")));
        assert!(apply(vec![status("w1", DeliveryState::Delivered)]).await?.1.is_empty());
        assert_eq!(message_status(&rig).await?, "read");
        let (keys, _) = apply(vec![status("w1", DeliveryState::Failed)]).await?;
        assert_eq!(keys, [rows[0].key]);
        apply(vec![status("w1", DeliveryState::Played), status("w1", DeliveryState::Failed)]).await?;
        assert_eq!(message_status(&rig).await?, "failed");
        assert_eq!(rig.one::<String>("SELECT error AS n FROM message WHERE seq = 1".to_owned()).await?, "131047");
        assert_eq!(rig.new_rows(rows[0].key).await?.len(), 1, "people hear of it once");
    }
    Ok(())
}

#[tokio::test]
async fn conv_67_a_status_before_its_message_is_applied_afterwards() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        let early = vec![status("w1", DeliveryState::Read), status("w1", DeliveryState::Delivered)];
        assert!(rig.store.apply_statuses(rig.tenant, rig.inbox, early, NOW).await?.1.is_empty());
        assert_eq!(rig.count("parked_status").await?, 2);
        let marked = mark(&rig, &rows[0], 1, sent("w1")).await?;
        assert_eq!(marked.published[0].data["status"], "read");
        assert_eq!((message_status(&rig).await?.as_str(), rig.count("parked_status").await?), ("read", 0));
    }
    Ok(())
}

#[tokio::test]
async fn a_parked_failure_reaches_people_when_the_message_is_known() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        rig.store.apply_statuses(rig.tenant, rig.inbox, vec![status("w1", DeliveryState::Failed)], NOW).await?;
        assert!(mark(&rig, &rows[0], 1, sent("w1")).await?.hint);
        assert_eq!(message_status(&rig).await?, "failed");
        assert_eq!(rig.new_rows(rows[0].key).await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn our_reference_in_a_status_proves_an_uncertain_send() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        mark(&rig, &rows[0], 1, Mark::Uncertain { code: "timeout".to_owned() }).await?;
        let mut update = status("w1", DeliveryState::Delivered);
        update.reference = Some(rows[0].id.to_string());
        let elsewhere = rig.store.apply_statuses(rig.tenant, rig.other, vec![update.clone()], NOW).await?;
        assert!(elsewhere.1.is_empty(), "another inbox's word proves nothing");
        rig.store.apply_statuses(rig.tenant, rig.inbox, vec![update], NOW).await?;
        assert_eq!(message_status(&rig).await?, "delivered");
        assert_eq!(rig.count("outbox WHERE state = 'sent' AND provider_id = 'w1'").await?, 1);
        assert_eq!(rig.count("message WHERE error IS NULL AND external_id = 'w1'").await?, 1);
    }
    Ok(())
}
