//! What people do with contacts and prepared texts that the log must tell, each once, and what comes to nothing beside it.

use crate::audit::deeds::Watch;
use crate::audit::rig::{Rig, generic};
use crate::store::rig::message;
use anyhow::{Result, bail};
use recado::crypto::ids::SystemIds;
use recado::domain::audit::Action;
use recado::domain::bulk::BulkAction;
use recado::domain::contact::Change;
use recado::domain::ids::{AgentId, BulkActionId, CannedReplyId, ContactId, ContactImportId, ConversationId, MessageId};
use recado::domain::inbox::ReopenWithin;
use recado::ports::clock::Clock;
use recado::ports::ids::IdSource;
use recado::ports::store::{EngineStore, Ingest, Ingested};
use recado::store::people::bulk::{NewBulkAction, Selection};
use recado::store::people::canned::Canned;
use recado::store::people::contacts::{Deleted, NewContact, Saved};
use recado::store::people::messages_gone::Deleter;

/// Does every one of them once.
pub async fn everything(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let scope = rig.store().tenant(rig.tenant);
    let (by, now) = (AgentId(rig.tenant.0), rig.clock.now());
    let make = async |name: &str| -> Result<ContactId> {
        let id = ContactId(SystemIds::new().uuid());
        let what = Change { name: Some(Some(name.to_owned())), ..Change::default() };
        let Saved::Done(..) = scope.create_contact(NewContact { id, what }, now).await? else { bail!("not made") };
        Ok(id)
    };
    let (ana, luz) = (make("Ana canary").await?, make("Luz canary").await?);
    watch.none("who keeps customers administers nothing").await?;
    for (blocked, action) in [(true, Action::ContactBlocked), (false, Action::ContactUnblocked)] {
        scope.block_contact(ana, blocked, by, now).await?;
        watch.one(action, ana).await?;
        scope.block_contact(ana, blocked, by, now).await?;
        watch.none("it stood so").await?;
    }
    scope.merge_contacts(ana, luz, by, now).await?;
    watch.one(Action::ContactMerged, ana).await?;
    scope.merge_contacts(ana, ana, by, now).await?;
    scope.merge_contacts(ana, ContactId(rig.tenant.0), by, now).await?;
    watch.none("the same one, and nobody").await?;
    scope.undo_merge(ana, now).await?;
    watch.one(Action::ContactMergeUndone, ana).await?;
    scope.undo_merge(ana, now).await?;
    watch.none("nothing was left to take back").await?;
    assert_eq!(scope.delete_contact(luz, now).await?, Deleted::Done);
    watch.one(Action::ContactDeleted, luz).await?;
    assert_eq!(scope.delete_contact(luz, now).await?, Deleted::Absent);
    watch.none("she was gone").await?;
    scope.note_export(now).await?;
    watch.one(Action::ContactsExported, rig.tenant).await?;
    let id = ContactImportId(SystemIds::new().uuid());
    for _ in 0..2 {
        scope.begin_import(id, by, ("name\nEva canary\n".into(), 1), now).await?;
    }
    watch.one(Action::ContactsImported, id).await?;
    conversation(rig, watch).await?;
    let id = BulkActionId(SystemIds::new().uuid());
    let selection = Selection::Ids(vec![ConversationId(rig.tenant.0)]);
    let new = NewBulkAction { id, by, fingerprint: "x".into(), action: BulkAction::Resolve { survey: false }, selection };
    for _ in 0..2 {
        scope.begin_bulk(new.clone(), now).await?;
    }
    watch.one(Action::BulkActionBegun, id).await?;
    for _ in 0..2 {
        scope.cancel_bulk(id, now).await?;
    }
    watch.one(Action::BulkActionCancelled, id).await?;
    texts(rig, watch).await
}

async fn conversation(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let (store, now) = (rig.store(), rig.clock.now());
    let inbox = rig.admin.create_inbox(rig.tenant, generic("Talk")).await?.view.id;
    watch.one(Action::InboxCreated, inbox).await?;
    let (items, reopen) = (vec![message("m1", "eva", "a canary")], ReopenWithin::Always);
    let said = Ingest { tenant: rig.tenant, inbox, assistant: true, reopen, received_at: now, first_index: 0, items };
    let talk = match store.ingest(said).await?.first() {
        Some(Ingested::Accepted(key)) => key.id,
        other => bail!("not taken in: {other:?}"),
    };
    watch.none("a customer administers nothing").await?;
    one_message(rig, watch, talk).await?;
    assert!(store.tenant(rig.tenant).delete_conversation(talk, now).await?.is_some());
    watch.one(Action::ConversationDeleted, talk).await?;
    assert!(store.tenant(rig.tenant).delete_conversation(talk, now).await?.is_none());
    watch.none("it was gone").await
}

/// Deletes the words of a message that was said in a conversation.
async fn one_message(rig: &Rig, watch: &mut Watch<'_>, talk: ConversationId) -> Result<()> {
    let (scope, now, id) = (rig.store().tenant(rig.tenant), rig.clock.now(), MessageId(SystemIds::new().uuid()));
    let postgres = rig.store().backend() == sea_orm::DbBackend::Postgres;
    let bound = |id: uuid::Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let at = if postgres { "to_timestamp(0)" } else { "0" };
    let row = format!("{}, {}, {}", bound(rig.tenant.0), bound(id.0), bound(talk.0));
    rig.forge(&format!(
        r#"INSERT INTO message (tenant_id, id, conversation_id, seq, cycle, direction, author, content, occurred_at, created_at)
           VALUES ({row}, 1, 1, 'in', 'contact', '{{"text": "a canary"}}', {at}, {at})"#
    ))
    .await?;
    for any in [false, true, true] {
        scope.delete_message(talk, id, Deleter { agent: AgentId(rig.tenant.0), any }, now).await?;
    }
    watch.one(Action::MessageDeleted, id).await
}

async fn texts(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let (scope, now) = (rig.store().tenant(rig.tenant), rig.clock.now());
    let text = |title: &str| Canned {
        code: "hours".into(),
        title: title.into(),
        body: "canary".into(),
        language: None,
        owner: None,
        files: Vec::new(),
    };
    let id = CannedReplyId(SystemIds::new().uuid());
    scope.add_canned_reply(None, id, text("a"), now).await?;
    watch.one(Action::CannedReplyAdded, id).await?;
    scope.add_canned_reply(None, CannedReplyId(rig.tenant.0), text("b"), now).await?;
    scope.replace_canned_reply(None, id, text("a"), now).await?;
    watch.none("the code is taken, and nothing was to be another way").await?;
    scope.replace_canned_reply(None, id, text("b"), now).await?;
    watch.one(Action::CannedReplyReplaced, id).await?;
    assert!(scope.remove_canned_reply(None, id, now).await?);
    watch.one(Action::CannedReplyRemoved, id).await?;
    assert!(!scope.remove_canned_reply(None, id, now).await?);
    watch.none("it was gone").await
}
