//! Putting what was made into the tables, set by set.

use super::made::{Site, Talk};
use super::{FillError, FilledTenant, MESSAGES};
use crate::domain::content::Content;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Rows, Tx};
use crate::store::scope::{Role, store_error};
use crate::store::spelling::json;
use sea_orm::{ConnectionTrait, DbErr};
use std::ops::Range;
use std::sync::Arc;

const TENANT: Columns = &[
    ("id", Kind::Id),
    ("slug", Kind::Text),
    ("name", Kind::Text),
    ("locale", Kind::Text),
    ("timezone", Kind::Text),
    ("created_at", Kind::At),
];
const FEED: Columns = &[("tenant_id", Kind::Id), ("conversations", Kind::Int)];
const INBOX: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("channel", Kind::Text),
    ("name", Kind::Text),
    ("created_at", Kind::At),
    ("updated_at", Kind::At),
];
const CONTACT: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("name", Kind::Text),
    ("phone", Kind::Text),
    ("email", Kind::Text),
    ("created_at", Kind::At),
    ("updated_at", Kind::At),
];
const IDENTITY: Columns =
    &[("tenant_id", Kind::Id), ("kind", Kind::Text), ("value", Kind::Text), ("contact_id", Kind::Id), ("created_at", Kind::At)];
const THREAD: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("contact_id", Kind::Id),
    ("kind", Kind::Text),
    ("part", Kind::Small),
    ("reply_kind", Kind::Text),
    ("reply_to", Kind::Text),
    ("created_at", Kind::At),
];
const CONVERSATION: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("number", Kind::Int),
    ("thread_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("contact_id", Kind::Id),
    ("part", Kind::Small),
    ("status", Kind::Text),
    ("speaker", Kind::Text),
    ("speaker_id", Kind::Id),
    ("assignee_id", Kind::Id),
    ("priority", Kind::Text),
    ("cycle", Kind::Int),
    ("waiting_since", Kind::At),
    ("last_activity_at", Kind::At),
    ("last_inbound_at", Kind::At),
    ("resolved_at", Kind::At),
    ("version", Kind::Int),
    ("last_seq", Kind::Int),
    ("format", Kind::Small),
    ("snapshot", Kind::Text),
    ("created_at", Kind::At),
];
const MESSAGE: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("seq", Kind::Int),
    ("cycle", Kind::Int),
    ("direction", Kind::Text),
    ("author", Kind::Text),
    ("author_id", Kind::Id),
    ("content", Kind::Text),
    ("occurred_at", Kind::At),
    ("created_at", Kind::At),
];

/// Writes the tenants with their inboxes.
pub(super) async fn tenants(store: &Store, site: &Site) -> Result<(), FillError> {
    let (tenants, at) = (site.tenants(), site.begin());
    let ids = Arc::clone(&store.inner.ids);
    let written = store.solo(Role::Engine, move |db| {
        Box::pin(async move {
            let tx = Tx::new(db, &*ids);
            let (mut rows, mut feeds, mut inboxes) = (tx.rows(TENANT), tx.rows(FEED), tx.rows(INBOX));
            for (n, FilledTenant { id, inboxes: of, conversations, .. }) in tenants.iter().enumerate() {
                let slug = format!("made-up-{n}");
                rows.push([id.0.into(), (&slug).into(), (&slug).into(), "es-ES".into(), "Europe/Madrid".into(), at.into()]);
                feeds.push([id.0.into(), i64::from(*conversations).into()]);
                for (n, inbox) in of.iter().enumerate() {
                    let name = format!("Inbox {n}");
                    inboxes.push([id.0.into(), inbox.0.into(), "generic".into(), (&name).into(), at.into(), at.into()]);
                }
            }
            tx.insert("tenant", &rows).await?;
            tx.insert("tenant_feed", &feeds).await?;
            tx.insert("inbox", &inboxes).await
        })
    });
    Ok(written.await?)
}

/// Writes some conversations with their contacts, threads and messages, in one transaction.
pub(super) async fn conversations(store: &Store, site: &Site, which: Range<u32>) -> Result<(), FillError> {
    let talks: Vec<Talk> = which.map(|n| site.talk(n)).collect();
    let ids = Arc::clone(&store.inner.ids);
    let written = store.solo(Role::Engine, move |db| {
        Box::pin(async move {
            let tx = Tx::new(db, &*ids);
            people(tx, &talks).await?;
            let (mut rows, mut messages) = (tx.rows(CONVERSATION), tx.rows(MESSAGE));
            for talk in &talks {
                conversation(&mut rows, talk);
                for (seq, said) in (1_i64..).zip(&talk.messages) {
                    messages.push([
                        talk.tenant.into(),
                        said.id.into(),
                        talk.id.into(),
                        seq.into(),
                        1.into(),
                        said.direction.into(),
                        said.author.into(),
                        said.author_id.into(),
                        (&json(&Content::text(&said.text))?).into(),
                        said.at.into(),
                        said.at.into(),
                    ]);
                }
            }
            tx.insert("conversation", &rows).await?;
            tx.insert("message", &messages).await
        })
    });
    Ok(written.await?)
}

/// Writes those who come for the first time.
async fn people(tx: Tx<'_>, talks: &[Talk]) -> Result<(), DbErr> {
    let (mut contacts, mut identities, mut threads) = (tx.rows(CONTACT), tx.rows(IDENTITY), tx.rows(THREAD));
    for talk in talks.iter().filter(|talk| talk.first) {
        let (tenant, contact, at) = (talk.tenant, talk.contact, talk.at);
        contacts.push([
            tenant.into(),
            contact.into(),
            (&talk.name).into(),
            (&talk.phone).into(),
            talk.email.as_ref().into(),
            at.into(),
            at.into(),
        ]);
        identities.push([tenant.into(), "phone".into(), (&talk.phone).into(), contact.into(), at.into()]);
        if let Some(email) = &talk.email {
            identities.push([tenant.into(), "email".into(), email.into(), contact.into(), at.into()]);
        }
        threads.push([
            tenant.into(),
            talk.thread.into(),
            talk.inbox.into(),
            contact.into(),
            "direct".into(),
            talk.part.into(),
            "phone".into(),
            (&talk.phone).into(),
            at.into(),
        ]);
    }
    // As ingest does: what a contact is searched by is then written once.
    tx.insert("contact_identity", &identities).await?;
    tx.insert("contact", &contacts).await?;
    tx.insert("thread", &threads).await
}

fn conversation(rows: &mut Rows, talk: &Talk) {
    let last = talk.messages.last().map_or(talk.at, |said| said.at);
    rows.push([
        talk.tenant.into(),
        talk.id.into(),
        talk.number.into(),
        talk.thread.into(),
        talk.inbox.into(),
        talk.contact.into(),
        talk.part.into(),
        talk.status.into(),
        talk.speaker.into(),
        talk.assignee.filter(|_| talk.speaker == "human").into(),
        talk.assignee.into(),
        talk.priority.into(),
        1.into(),
        talk.waits.then_some(talk.at).into(),
        last.into(),
        last.into(),
        (talk.status == "resolved").then_some(last).into(),
        1.into(),
        i64::from(MESSAGES).into(),
        // No engine knows this form: it makes the snapshot from the messages.
        0.into(),
        "{}".into(),
        talk.at.into(),
    ]);
}

/// Lets PostgreSQL count what is there now, as its own housekeeping does within a minute.
pub(super) async fn analyze(store: &Store) -> Result<(), FillError> {
    let analyzed = store.readers().execute_unprepared("ANALYZE").await;
    Ok(analyzed.map(drop).map_err(store_error)?)
}
