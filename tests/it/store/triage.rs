//! What people sort conversations by, and the kept counts: in the transaction of the step, on both databases.

use super::rig::{Rig, open};
use crate::support::dice::Dice;
use anyhow::{Context, Result};
use futures::future::join_all;
use recado::domain::conversation::effect::TimelineKind;
use recado::domain::conversation::standing::{Human, Standing};
use recado::domain::ids::{AgentId, ConversationKey, LabelId};
use recado::domain::triage::attributes::Scalar;
use recado::domain::triage::{Priority, Triage, TriageChange};
use recado::ports::store::{CommitStep, EngineStore};
use recado::store::people::labels::{LabelForm, Labelled};
use std::collections::BTreeSet;
use uuid::Uuid;

fn person(number: u64) -> AgentId {
    AgentId(Uuid::from_u128(u128::from(number) + 1))
}

impl Rig {
    async fn label(&self, title: &str) -> Result<LabelId> {
        let form = LabelForm { title: title.to_owned(), colour: "#d97706".to_owned(), description: None };
        match self.store.tenant(self.tenant).create_label(form).await? {
            Labelled::Done(row) => Ok(row.id),
            none @ (Labelled::Absent | Labelled::Taken | Labelled::TooMany) => anyhow::bail!("{none:?}"),
        }
    }

    /// A step that sorts a conversation, as the core would make it.
    async fn triaging(&self, key: ConversationKey, changes: &[TriageChange]) -> Result<CommitStep> {
        let mut step = self.step(key).await?;
        let before = step.state.triage.clone();
        let after = before.changed(changes).ok().context("within the bounds")?;
        step.writes.timeline.push(TimelineKind::Triaged { by: Some(person(0)), differences: before.differences(&after) });
        step.writes.triage_before = Some(Box::new(before));
        step.state.triage = after;
        Ok(step)
    }

    async fn links(&self) -> Result<i64> {
        self.count("conversation_label").await
    }
}

#[tokio::test]
async fn what_a_conversation_is_sorted_by_is_loaded_rebuilt_and_told() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let (one, two) = (rig.label("Reclamación").await?, rig.label("vip").await?);
        let attributes = [("plan".to_owned(), Some(Scalar::Text("oro ü".to_owned()))), ("n".to_owned(), Some(Scalar::Number(7.into())))];
        let changes = [
            TriageChange::Priority(Some(Priority::High)),
            TriageChange::SetLabels([one, two].into()),
            TriageChange::Attributes(attributes.into()),
        ];
        let step = rig.triaging(key, &changes).await?;
        let expected = step.state.triage.clone();
        let told = rig.commit(step).await?.published;
        let event = told.iter().find(|event| event.kind == "conversation.changed").context("an event")?;
        assert_eq!(event.data["changes"][0], serde_json::json!({"field": "priority", "before": null, "after": "high"}));
        assert!(!event.data.to_string().contains("oro"), "the timeline outlives what people note of a customer");
        assert_eq!(rig.load(key).await?.conversation.state.triage, expected);
        assert_eq!(rig.store.rebuild_state(key).await?.context("a state")?.triage, expected);
        assert_eq!(rig.links().await?, 2);
        let step = rig.triaging(key, &[TriageChange::RemoveLabels([one].into()), TriageChange::Priority(None)]).await?;
        rig.commit(step).await?;
        assert_eq!(rig.links().await?, 1);
        let step = rig
            .triaging(
                key,
                &[
                    TriageChange::SetLabels(BTreeSet::new()),
                    TriageChange::Attributes([("plan".to_owned(), None), ("n".to_owned(), None)].into()),
                ],
            )
            .await?;
        rig.commit(step).await?;
        assert_eq!(rig.load(key).await?.conversation.state.triage, Triage::default());
        assert_eq!(rig.count("conversation WHERE labels IS NULL AND attributes IS NULL AND priority IS NULL").await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn the_rows_by_which_lists_find_labels_follow_the_conversation() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let label = rig.label("vip").await?;
        let step = rig.triaging(key, &[TriageChange::AddLabels([label].into())]).await?;
        rig.commit(step).await?;
        let step = rig.triaging(key, &[TriageChange::Priority(Some(Priority::High))]).await?;
        rig.commit(step).await?;
        let mut step = rig.answering(key, "hola", recado::domain::conversation::effect::OutboxClass::Assistant).await?;
        step.state.standing = Standing::Resolved;
        step.state.assignee = Some(person(3));
        step.state.waiting_since = Some(step.state.last_activity_at);
        step.state.last_activity_at = step.state.last_activity_at.after(std::time::Duration::from_secs(60));
        rig.commit(step).await?;
        let alike = "conversation c JOIN conversation_label g ON g.tenant_id = c.tenant_id AND g.conversation_id = c.id
                     AND g.status = c.status AND g.last_activity_at = c.last_activity_at AND g.created_at = c.created_at
                     AND g.waiting_since = c.waiting_since AND g.priority = c.priority AND g.assignee_id = c.assignee_id
                     WHERE c.status = 'resolved' AND c.priority = 'high'";
        assert_eq!(rig.count(alike).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_deleted_label_is_taken_off_and_an_actor_that_holds_it_reads_again() -> Result<()> {
    for rig in Rig::both().await? {
        let (gone, stays) = (rig.label("gone").await?, rig.label("stays").await?);
        let mut keys = Vec::new();
        for number in 0..3 {
            let key = rig.begin(&format!("p{number}")).await?;
            let step = rig.triaging(key, &[TriageChange::AddLabels([gone, stays].into())]).await?;
            rig.commit(step).await?;
            keys.push(key);
        }
        let held = rig.triaging(keys[0], &[TriageChange::Priority(Some(Priority::Low))]).await?;
        let late = rig.triaging(keys[1], &[TriageChange::Priority(Some(Priority::Low))]).await?;
        assert!(rig.store.tenant(rig.tenant).delete_label(gone).await?);
        assert!(!rig.store.tenant(rig.tenant).delete_label(gone).await?, "twice is once");
        assert!(rig.store.commit(held).await.is_err() && rig.store.commit(late).await.is_err(), "the version has risen");
        assert_eq!((rig.links().await?, rig.count("label").await?), (3, 1));
        for key in keys {
            assert_eq!(rig.load(key).await?.conversation.state.triage.labels, [stays].into());
        }
        // A command that was on its way gives it to nobody, and harms nobody.
        let key = rig.begin("late").await?;
        let step = rig.triaging(key, &[TriageChange::AddLabels([gone, stays].into())]).await?;
        rig.commit(step).await?;
        assert_eq!(rig.links().await?, 4);
        let again = rig.label("GÓNE").await?;
        assert_ne!(again, gone, "its title is free again");
    }
    Ok(())
}

/// Draws a standing and an assignee.
fn moved(step: &mut CommitStep, dice: &mut Dice) {
    let somebody = person(dice.within(&(0..3)));
    step.state.assignee = (dice.within(&(0..3)) > 0).then_some(somebody);
    step.state.standing = match dice.within(&(0..5)) {
        0 => Standing::Pending,
        1 => Standing::Open(Some(Human::Agent(somebody))),
        2 => Standing::Snoozed { speaker: None, until: None },
        3 => Standing::Resolved,
        _ => Standing::Spam,
    };
}

#[tokio::test]
async fn conv_23_counts_stay_right_through_a_storm_of_two_nodes() -> Result<()> {
    for rig in Rig::both().await? {
        let nodes = [rig.store.clone(), open(rig.database.url()).await?];
        let mut dice = Dice::new(7);
        let mut keys = Vec::new();
        for round in 0..40 {
            keys.push(rig.begin(&format!("p{round}")).await?);
            let mut steps = Vec::new();
            for _ in 0..12 {
                let key = keys[usize::try_from(dice.within(&(0..keys.len() as u64)))?];
                let mut step = rig.step(key).await?;
                moved(&mut step, &mut dice);
                // Most are only one of several for the same conversation: the others are stale and must count for nothing.
                steps.push(nodes[usize::from(dice.once_in(2))].commit(step));
            }
            let done = join_all(steps).await;
            assert!(done.iter().any(Result::is_ok));
        }
        assert_eq!(rig.count("conversation").await?, 40);
        assert_eq!(rig.store.wrong_counts(rig.tenant).await?, 0);
        let counted: i64 = rig.one("SELECT CAST(SUM(count) AS bigint) AS n FROM conversation_count".to_owned()).await?;
        assert_eq!((counted, rig.count("conversation_count WHERE count < 0").await?), (40, 0));
    }
    Ok(())
}

#[tokio::test]
async fn a_count_that_went_wrong_is_found_and_put_right() -> Result<()> {
    for rig in Rig::both().await? {
        rig.begin("ana").await?;
        assert_eq!(rig.store.wrong_counts(rig.tenant).await?, 0);
        rig.sql("UPDATE conversation_count SET count = count + 5".to_owned()).await?;
        assert_eq!(rig.store.wrong_counts(rig.tenant).await?, 1);
        assert_eq!(rig.store.recount_conversations(rig.tenant).await?, 1);
        assert_eq!((rig.store.wrong_counts(rig.tenant).await?, rig.store.recount_conversations(rig.tenant).await?), (0, 0));
    }
    Ok(())
}
