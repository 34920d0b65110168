//! Steps: fenced, versioned, at most one per conversation and transaction, all or nothing.

use super::rig::{NOW, Rig, open, say, settled};
use anyhow::Result;
use futures::future::{join, join_all};
use recado::domain::content::{Attachment, Content, MessageKind};
use recado::domain::conversation::effect::{
    Change, CommandOutcome, InboundMove, InboundState, JournalEntry, MessageChange, OutboxClass, TimelineKind, TurnRecord,
};
use recado::domain::conversation::event::{Happening, TimerKind};
use recado::domain::conversation::message::{Author, NewMessage, Recent};
use recado::domain::conversation::standing::{Human, Standing};
use recado::domain::conversation::{Exchange, Owed};
use recado::domain::ids::{AgentId, Epoch, InboundId};
use recado::domain::language::Language;
use recado::domain::learnt::{Learnt, MAX_MEMORY, Memory};
use recado::domain::tool::ToolCall;
use recado::ports::store::{CommandAccepted, CommitError, CommitStep, EngineStore, NewCommand};
use std::time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn of_two_steps_of_one_conversation_exactly_one_is_applied() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let mut first = rig.step(key).await?;
        let mut second = rig.step(key).await?;
        say(&mut first, "uno", OutboxClass::Assistant);
        say(&mut second, "dos", OutboxClass::Assistant);
        let (first, second) = join(rig.store.commit(first), rig.store.commit(second)).await;
        assert_eq!(first?.outbox.len(), 1);
        assert_eq!(second.err(), Some(CommitError::Stale));
        assert_eq!((rig.count("message").await?, rig.count("outbox").await?), (1, 1));
        assert_eq!(rig.load(key).await?.conversation.version, 1);
    }
    Ok(())
}

#[tokio::test]
async fn steps_of_many_conversations_and_two_engines_are_all_applied_once() -> Result<()> {
    for rig in Rig::both().await? {
        let second = open(rig.database.url()).await?;
        let mut steps = Vec::new();
        for person in 0..30 {
            let key = rig.begin(&format!("p{person}")).await?;
            let step = rig.answering(key, "hola", OutboxClass::Assistant).await?;
            steps.push((rig.store.clone(), step.clone()));
            steps.push((second.clone(), step));
        }
        let done = join_all(steps.iter().map(|(store, step)| store.commit(step.clone()))).await;
        assert_eq!(done.iter().filter(|result| result.is_ok()).count(), 30);
        assert!(done.iter().all(|result| matches!(result, Ok(_) | Err(CommitError::Stale))), "{done:?}");
        assert_eq!((rig.count("message").await?, rig.count("inbound WHERE state = 'settled'").await?), (30, 30));
        assert_eq!(rig.one::<i64>("SELECT MAX(number) - COUNT(*) AS n FROM timeline".to_owned()).await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_step_of_a_lost_partition_is_fenced() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let step = rig.answering(key, "hola", OutboxClass::Assistant).await?;
        rig.store.claim_partitions("other", &[key.part]).await?;
        assert_eq!(rig.store.commit(step.clone()).await.err(), Some(CommitError::Fenced));
        let epoch = Epoch(rig.epoch.0 + 1);
        assert!(rig.store.commit(CommitStep { epoch, ..step }).await.is_ok());
    }
    Ok(())
}

#[tokio::test]
async fn a_step_whose_rows_have_moved_is_stale_and_changes_nothing() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let mut step = rig.answering(key, "hola", OutboxClass::Assistant).await?;
        for row in &mut step.writes.inbound {
            row.from = InboundState::Recorded;
        }
        assert_eq!(rig.store.commit(step).await.err(), Some(CommitError::Stale));
        let mut unknown = rig.step(key).await?;
        unknown.writes.inbound.push(InboundMove {
            id: InboundId(Uuid::from_u128(5)),
            from: InboundState::New,
            to: InboundState::Settled,
            reason: None,
            outcome: None,
        });
        assert_eq!(rig.store.commit(unknown).await.err(), Some(CommitError::Stale));
        assert_eq!((rig.count("message").await?, rig.load(key).await?.conversation.version), (0, 0));
    }
    Ok(())
}

#[tokio::test]
async fn a_step_that_the_database_refuses_does_not_harm_its_neighbours() -> Result<()> {
    for rig in Rig::both().await? {
        let mut steps = Vec::new();
        for person in 0..8 {
            let key = rig.begin(&format!("p{person}")).await?;
            steps.push(rig.answering(key, "hola", OutboxClass::Assistant).await?);
        }
        let twice = steps[3].writes.messages[0].clone();
        steps[3].writes.messages.push(twice);
        let done = join_all(steps.into_iter().map(|step| rig.store.commit(step))).await;
        let bad: Vec<usize> = done.iter().enumerate().filter(|(_, result)| result.is_err()).map(|(place, _)| place).collect();
        assert_eq!(bad, [3]);
        assert!(matches!(done[3], Err(CommitError::Store(_))));
        assert_eq!(rig.count("message").await?, 7);
    }
    Ok(())
}

#[tokio::test]
async fn what_a_step_wrote_is_loaded_and_rebuilt_alike() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let row = rig.new_rows(key).await?.remove(0);
        let mut step = rig.step(key).await?;
        let file = Attachment {
            kind: MessageKind::Audio,
            mime_type: "audio/ogg".to_owned(),
            provider_ref: Some("file-1".to_owned()),
            url: None,
            file_name: None,
            sha256: None,
            size: Some(7),
            voice: true,
            file: None,
        };
        let heard = NewMessage {
            seq: 1,
            cycle: 1,
            author: Author::Contact,
            content: Content { attachments: vec![file], ..Content::text("hola") },
            external_id: Some("first-ana".to_owned()),
            inbound: Some(row.id),
            turn_no: None,
            late: true,
            occurred_at: row.occurred_at,
            at: NOW,
        };
        step.state.last_seq = 1;
        step.state.recent.push(Recent::of(&heard));
        step.state.waiting_since = Some(NOW);
        step.state.last_inbound_at = Some(NOW);
        step.state.assignee = Some(AgentId(Uuid::from_u128(9)));
        let agent = Human::Agent(AgentId(Uuid::from_u128(9)));
        step.state.standing = Standing::Snoozed { speaker: Some(agent), until: Some(NOW.after(Duration::from_secs(60))) };
        step.writes.messages.push(heard);
        step.writes.inbound.push(InboundMove { to: InboundState::Recorded, reason: None, outcome: None, ..settled(&row) });
        say(&mut step, "un momento", OutboxClass::Assistant);
        step.state.spoke_in = 1;
        step.state.heard_in = 1;
        // As long as it may be, in letters of four bytes: it must not count against the snapshot's bound.
        let memory = Memory { text: "🦀".repeat(MAX_MEMORY), up_to: 1 };
        step.state.learnt = Learnt { memory: Some(memory), language: Some(Language::Pt), read: 1, changes: 2, ..Learnt::default() };
        step.writes.learnt = Some(step.state.learnt.clone());
        let (id, state) = (step.step, step.state.clone());
        let committed = rig.commit(step).await?;
        let loaded = rig.load(key).await?;
        assert_eq!(loaded.step, Some(id));
        assert_eq!(loaded.conversation.state, state);
        assert_eq!(loaded.conversation.owed, [Owed { id: row.id, seq: Some(1), received_at: NOW, media: true }]);
        assert_eq!(rig.store.rebuild_state(key).await?, Some(state.clone()));
        assert_eq!(rig.store.unsent(key).await?, committed.outbox);
        assert_eq!(rig.count("attachment WHERE state = 'pending' AND kind = 'audio'").await?, 1);
        rig.sql("UPDATE conversation SET snapshot = '{}', format = 9".to_owned()).await?;
        assert_eq!(rig.load(key).await?.conversation.state, state);
    }
    Ok(())
}

#[tokio::test]
async fn events_are_numbered_without_gaps_and_told_to_listeners() -> Result<()> {
    for rig in Rig::both().await? {
        let mut feed = rig.store.subscribe();
        let key = rig.begin("ana").await?;
        let mut step = rig.answering(key, "hola", OutboxClass::Assistant).await?;
        step.writes.timeline.push(TimelineKind::AssigneeChanged { assignee: None, from: None, by: None });
        let published = rig.commit(step).await?.published;
        let numbers: Vec<_> = published.iter().map(|event| (event.number, event.kind)).collect();
        assert_eq!(numbers, [(2, "message.created"), (3, "conversation.assignee")]);
        let data = &published[0].data;
        assert_eq!((&data["direction"], &data["status"], &data["seq"]), (&"out".into(), &"queued".into(), &1.into()));
        for (number, kind) in [(1, "conversation.created"), (2, "message.created"), (3, "conversation.assignee")] {
            let event = feed.try_recv()?;
            assert_eq!((event.number, event.kind), (number, kind));
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_journal_of_an_unfinished_turn_comes_back_and_goes_when_it_settles() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let call = ToolCall {
            id: "c1".to_owned(),
            name: "take_message".to_owned(),
            arguments: serde_json::json!({"b": 1, "a": "x"}),
            extra: None,
        };
        let entry = |ordinal, occurrence| JournalEntry {
            turn_no: 1,
            ordinal,
            occurrence,
            exchange: Exchange { call: call.clone(), result: serde_json::json!({"ok": true}) },
        };
        let mut step = rig.step(key).await?;
        step.writes.journal = vec![entry(0, 0), entry(1, 1)];
        rig.commit(step).await?;
        let journal = rig.load(key).await?.conversation.journal;
        assert_eq!(journal.len(), 2);
        assert_eq!((&journal[1].exchange.call.arguments, journal[1].ordinal), (&call.arguments, 1));
        let mut again = rig.step(key).await?;
        again.writes.journal = vec![entry(2, 1)];
        assert!(matches!(rig.store.commit(again).await, Err(CommitError::Store(_))), "an effect is journaled once");
        let mut end = rig.step(key).await?;
        end.state.last_turn = 1;
        end.writes.turn = Some(TurnRecord {
            turn_no: 1,
            outcome: "replied",
            reason: None,
            model: "m".to_owned(),
            trace: serde_json::json!([]),
            messages: Some("[]".to_owned()),
            started_at: NOW,
        });
        end.writes.usage.push(("turn", 1));
        rig.commit(end).await?;
        assert_eq!((rig.count("turn_step").await?, rig.count("turn").await?, rig.count("usage_fact").await?), (0, 1, 1));
        assert!(rig.load(key).await?.conversation.journal.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_takeover_calls_back_what_has_not_begun_to_leave_and_names_the_rest() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let mut step = rig.answering(key, "uno", OutboxClass::Assistant).await?;
        say(&mut step, "dos", OutboxClass::Assistant);
        let rows = rig.commit(step).await?.outbox;
        rig.claim(&rows[0]).await?;
        let mut takeover = rig.step(key).await?;
        takeover.writes.cancel_assistant = true;
        say(&mut takeover, "soy Ana", OutboxClass::Agent);
        let committed = rig.commit(takeover).await?;
        assert_eq!(committed.may_still_arrive, ["uno"]);
        let open = rig.store.unsent(key).await?;
        assert_eq!(open.iter().map(|row| row.content.text.as_str()).collect::<Vec<_>>(), ["uno", "soy Ana"]);
        assert_eq!(rig.count("message WHERE status = 'cancelled' AND error IS NULL").await?, 1);
        let told = committed.published.iter().filter(|event| event.kind == "message.status" && event.data["status"] == "cancelled");
        assert_eq!(told.count(), 1, "people see that it leaves no more");
    }
    Ok(())
}

#[tokio::test]
async fn quarantined_rows_come_back_when_it_was_no_spam() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let row = rig.new_rows(key).await?.remove(0);
        let mut step = rig.step(key).await?;
        step.writes.inbound.push(InboundMove { reason: Some("quarantined"), ..settled(&row) });
        rig.commit(step).await?;
        assert!(rig.new_rows(key).await?.is_empty());
        let mut step = rig.step(key).await?;
        step.writes.release_quarantine = true;
        rig.commit(step).await?;
        assert_eq!(rig.new_rows(key).await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn changes_find_their_message_by_the_providers_id() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let mut step = rig.step(key).await?;
        say(&mut step, "hola", OutboxClass::Assistant);
        step.writes.messages[0].external_id = Some("w1".to_owned());
        rig.commit(step).await?;
        let change = |change| MessageChange { target: "w1".to_owned(), change };
        let mut step = rig.step(key).await?;
        step.writes.changes = vec![
            change(Change::Edited(Content::text("uno"))),
            change(Change::Edited(Content::text("dos"))),
            change(Change::Reacted(Some("👍".to_owned()))),
            MessageChange { target: "unknown".to_owned(), change: Change::Deleted },
        ];
        rig.commit(step).await?;
        let content: String = rig.one("SELECT content AS n FROM message".to_owned()).await?;
        assert!(content.contains("dos"), "the last edit stands");
        assert_eq!(rig.one::<String>("SELECT reactions AS n FROM message".to_owned()).await?, r#"{"contact":"👍"}"#);
        let mut step = rig.step(key).await?;
        step.writes.changes = vec![change(Change::Deleted), change(Change::Reacted(None))];
        rig.commit(step).await?;
        assert_eq!(rig.count("message WHERE deleted_at IS NOT NULL AND reactions IS NULL AND content NOT LIKE '%dos%'").await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_command_given_twice_runs_once_and_tells_its_outcome() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let command = NewCommand {
            key,
            inbox: rig.inbox,
            external_id: "cmd:1:k".to_owned(),
            fingerprint: "f".to_owned(),
            happening: Happening::AgentHandedBack { by: AgentId(Uuid::from_u128(1)) },
            at: NOW,
        };
        let (first, second) = join(rig.store.add_command(command.clone()), rig.store.add_command(command.clone())).await;
        let CommandAccepted::New(id) = first? else { anyhow::bail!("not new") };
        assert_eq!(second?, CommandAccepted::Repeat { id, outcome: None });
        let other = NewCommand { fingerprint: "g".to_owned(), ..command.clone() };
        assert_eq!(rig.store.add_command(other).await?, CommandAccepted::Mismatch);
        let mut step = rig.step(key).await?;
        let rows = rig.new_rows(key).await?;
        step.writes.inbound = rows.iter().map(settled).collect();
        rig.commit(step).await?;
        let done = CommandOutcome::Done { changed: true, seq: None };
        assert_eq!(rig.store.command_outcome(rig.tenant, id).await?, Some(done.clone()));
        assert_eq!(rig.store.add_command(command).await?, CommandAccepted::Repeat { id, outcome: Some(done) });
    }
    Ok(())
}

#[tokio::test]
async fn a_timer_is_moved_and_dropped_with_the_state_it_belongs_to() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let mut step = rig.step(key).await?;
        step.writes.timers_set = vec![(TimerKind::Snooze, NOW), (TimerKind::IdleCheck, NOW)];
        rig.commit(step).await?;
        let mut step = rig.step(key).await?;
        step.writes.timers_set = vec![(TimerKind::Snooze, NOW.after(Duration::from_secs(9)))];
        step.writes.timers_dropped = vec![TimerKind::IdleCheck, TimerKind::AutoResolve];
        rig.commit(step).await?;
        assert_eq!(rig.count("timer").await?, 1);
        let parts = [key.part];
        assert!(rig.store.fire_timers(&parts, NOW.after(Duration::from_secs(8)), 9).await?.is_empty());
        let later = NOW.after(Duration::from_secs(9));
        assert_eq!(rig.store.fire_timers(&parts, later, 9).await?, [key]);
        assert!(rig.store.fire_timers(&parts, later, 9).await?.is_empty(), "once");
        assert_eq!(rig.count("inbound WHERE kind = 'timer'").await?, 1);
    }
    Ok(())
}
