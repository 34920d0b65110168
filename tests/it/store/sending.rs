//! Claims and marks: one row at a time, in order, and the truth about a call is always written.

use super::rig::{NOW, Rig, say};
use anyhow::Result;
use futures::future::join;
use recado::domain::booking::{Proviso, Status, StillSo};
use recado::domain::conversation::effect::OutboxClass;
use recado::domain::conversation::event::Happening;
use recado::domain::ids::{AppointmentId, Epoch};
use recado::ports::store::{Claimed, EngineStore, Mark, MarkOutbox, Marked, OutboxRow};
use std::time::Duration;

/// Two rows of one conversation.
pub async fn two(rig: &Rig) -> Result<Vec<OutboxRow>> {
    let key = rig.begin("ana").await?;
    let mut step = rig.answering(key, "uno", OutboxClass::Assistant).await?;
    say(&mut step, "dos", OutboxClass::Assistant);
    Ok(rig.commit(step).await?.outbox)
}

pub async fn mark(rig: &Rig, row: &OutboxRow, attempt: i64, mark: Mark) -> Result<Marked> {
    Ok(rig.store.mark_outbox(MarkOutbox { key: row.key, inbox: row.inbox, id: row.id, attempt, mark, at: NOW }).await?)
}

pub fn sent(id: &str) -> Mark {
    Mark::Sent { provider_id: id.to_owned() }
}

#[tokio::test]
async fn what_its_appointment_has_overtaken_is_called_back_when_it_would_leave() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let mut step = rig.answering(key, "le recuerdo su cita", OutboxClass::Bulk).await?;
        let (appointment, status) = (AppointmentId(uuid::Uuid::from_u128(9)), Status::Confirmed);
        let still = StillSo { id: appointment, status, start: NOW };
        step.writes.outbox[0].proviso =
            Some(Proviso { until: NOW.after(Duration::from_mins(9)), appointment: Some(still), ended_cycle: None });
        say(&mut step, "dos", OutboxClass::Assistant);
        let rows = rig.commit(step).await?.outbox;
        assert_eq!(rig.claim(&rows[0]).await?, Claimed::Gone);
        assert_eq!(
            rig.claim(&rows[1]).await?,
            Claimed::Go { attempt: 1, last_inbound_at: Some(NOW) },
            "what comes after it is not held up"
        );
        assert_eq!(rig.count("outbox WHERE state = 'cancelled' AND code = 'superseded' AND finished_at IS NOT NULL").await?, 1);
        assert_eq!(rig.count("message WHERE status = 'cancelled' AND error = 'superseded'").await?, 1);
        assert_eq!(rig.count("timeline WHERE kind = 'message.status'").await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_row_waits_for_the_one_before_it() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        let (first, second) = join(rig.claim(&rows[0]), rig.claim(&rows[1])).await;
        assert_eq!(first?, Claimed::Go { attempt: 1, last_inbound_at: Some(NOW) });
        assert_eq!(second?, Claimed::NotNext);
        assert_eq!(rig.claim(&rows[0]).await?, Claimed::Gone, "a call is under way");
        assert!(mark(&rig, &rows[0], 1, sent("w1")).await?.applied);
        assert!(matches!(rig.claim(&rows[1]).await?, Claimed::Go { .. }));
        assert!(!mark(&rig, &rows[0], 1, sent("w1")).await?.applied, "marked once");
        assert_eq!(rig.count("message WHERE status = 'sent' AND external_id = 'w1'").await?, 1);
        assert_eq!(rig.count("usage_fact WHERE kind = 'message_sent'").await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_claim_is_fenced_by_attempt_and_epoch_but_a_mark_is_not() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        assert_eq!(rig.claim_at(&rows[0], 1, rig.epoch).await?, Claimed::Gone);
        assert_eq!(rig.claim_at(&rows[0], 0, Epoch(rig.epoch.0 - 1)).await?, Claimed::Gone);
        assert!(matches!(rig.claim(&rows[0]).await?, Claimed::Go { .. }));
        rig.store.claim_partitions("other", &[rows[0].key.part]).await?;
        assert!(!mark(&rig, &rows[0], 2, sent("w1")).await?.applied);
        assert!(mark(&rig, &rows[0], 1, sent("w1")).await?.applied);
    }
    Ok(())
}

#[tokio::test]
async fn a_retry_waits_and_a_cancelled_one_ends() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        let later = NOW.after(Duration::from_secs(5));
        let retry = || Mark::Retry { due_at: later, code: "busy".to_owned() };
        assert!(mark(&rig, &rows[0], 1, retry()).await?.applied);
        let parts = [rows[0].key.part];
        let due = rig.store.due_outbox(&parts, NOW, 10).await?;
        assert_eq!(due.iter().map(|row| row.id).collect::<Vec<_>>(), [rows[1].id]);
        assert_eq!(rig.store.due_outbox(&parts, later, 10).await?.len(), 2);
        assert!(matches!(rig.claim_at(&rows[0], 1, rig.epoch).await?, Claimed::Go { attempt: 2, .. }));
        let mut takeover = rig.step(rows[0].key).await?;
        takeover.writes.cancel_assistant = true;
        assert_eq!(rig.commit(takeover).await?.may_still_arrive, ["uno"]);
        assert!(mark(&rig, &rows[0], 2, retry()).await?.applied);
        assert!(rig.store.unsent(rows[0].key).await?.is_empty());
        assert_eq!(rig.count("outbox WHERE state = 'cancelled'").await?, 2);
        assert_eq!(rig.count("message WHERE status = 'cancelled'").await?, 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_message_and_an_unknown_one_make_rows_for_people() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        let refused = Mark::Failed { code: "131026".to_owned(), detail: "unreachable".to_owned(), dead: false };
        let marked = mark(&rig, &rows[0], 1, refused).await?;
        assert!(marked.applied && marked.hint);
        assert_eq!(marked.published[0].data["status"], "failed");
        rig.claim(&rows[1]).await?;
        assert!(mark(&rig, &rows[1], 1, Mark::Uncertain { code: "timeout".to_owned() }).await?.hint);
        let rows_now = rig.new_rows(rows[0].key).await?;
        let told: Vec<_> = rows_now.into_iter().map(|row| row.happening).collect();
        let happening = |seq, code: &str, uncertain| Happening::DeliveryFailed {
            seq: Some(seq),
            code: code.to_owned(),
            uncertain,
            assistant: true,
            survey: false,
        };
        assert_eq!(told, [happening(1, "131026", false), happening(2, "timeout", true)]);
        assert!(mark(&rig, &rows[1], 1, sent("w2")).await?.applied, "the truth may always be written");
        assert_eq!(rig.count("message WHERE status = 'sent'").await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn own_sends_are_found_by_time_and_by_the_providers_id() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        rig.claim(&rows[0]).await?;
        let key = rows[0].key;
        let sends = rig.store.own_sends(key, NOW, "").await?;
        assert_eq!((sends.len(), sends[0].sending, sends[0].text.as_str()), (1, true, "uno"));
        mark(&rig, &rows[0], 1, sent("w1")).await?;
        let later = NOW.after(Duration::from_secs(1));
        assert!(rig.store.own_sends(key, later, "w9").await?.is_empty());
        let sends = rig.store.own_sends(key, later, "w1").await?;
        assert_eq!((sends.len(), sends[0].reference.clone()), (1, rows[0].id.to_string()));
    }
    Ok(())
}

#[tokio::test]
async fn rows_of_a_paused_inbox_are_not_due_until_it_is_resumed() -> Result<()> {
    for rig in Rig::both().await? {
        let rows = two(&rig).await?;
        let parts = [rows[0].key.part];
        for (state, due) in [("paused", 0), ("disabled", 0), ("active", 2)] {
            rig.sql(format!("UPDATE inbox SET state = '{state}' WHERE id = {}", rig.id(rig.inbox.0))).await?;
            assert_eq!(rig.store.due_outbox(&parts, NOW, 10).await?.len(), due, "{state}");
        }
    }
    Ok(())
}
