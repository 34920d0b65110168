//! How far a member has read, and where he was mentioned. What is written here is the member's own: it never changes a conversation, nor its
//! version, nor wakes whoever holds it.

use crate::domain::ids::{AgentId, ConversationId, MemberId};
use crate::domain::membership::{Home, Visibility};
use crate::domain::permission::Role;
use crate::domain::reading::{MOST_UNREAD, Reading};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::rows::{Columns, Kind, Row, Tx, get};
use sea_orm::DbErr;
use std::collections::HashMap;
use std::sync::Arc;

const OWN: Columns = &[("tenant_id", Kind::Id), ("member_id", Kind::Id), ("conversation_id", Kind::Id)];
const READ: Columns = &[
    ("tenant_id", Kind::Id),
    ("member_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("last_read", Kind::Int),
    ("marked", Kind::Bool),
    ("updated_at", Kind::At),
];
const MEMBER: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// A cursor goes forward only: the slower of two windows takes nothing back.
const FORWARD: &str = "ON CONFLICT (tenant_id, member_id, conversation_id) DO UPDATE SET marked = excluded.marked,
    updated_at = excluded.updated_at, last_read = CASE WHEN conversation_member.last_read > excluded.last_read
    THEN conversation_member.last_read ELSE excluded.last_read END";
/// Back to just before the customer's newest message.
const BACK: &str = "ON CONFLICT (tenant_id, member_id, conversation_id) DO UPDATE SET marked = excluded.marked,
    updated_at = excluded.updated_at, last_read = excluded.last_read";

impl TenantScope {
    /// Tells how a member stands to conversations that he sees. Those that he has never opened are unread from when he became a member.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn readings(&self, member: MemberId, of: Vec<ConversationId>) -> Result<HashMap<ConversationId, Reading>, StoreError> {
        let (tenant, ids) = (self.id(), Arc::clone(&self.store().inner.ids));
        self.read(move |db| {
            Box::pin(async move {
                let tx = Tx::new(db, &*ids);
                let mut rows = tx.rows(OWN);
                for id in of {
                    rows.push([tenant.into(), member.0.into(), id.0.into()]);
                }
                let sql = format!(
                    "SELECT r.conversation_id, v.last_read, v.mentioned_seq, v.marked,
                     (SELECT COUNT(*) FROM (SELECT 1 AS one FROM message m WHERE m.tenant_id = r.tenant_id
                      AND m.conversation_id = r.conversation_id AND m.seq > COALESCE(v.last_read, 0) AND m.direction = 'in'
                      AND m.deleted_at IS NULL AND c.status <> 'spam' AND (v.last_read IS NOT NULL OR m.created_at > p.created_at)
                      LIMIT {MOST_UNREAD}) x) AS unread
                     FROM {{rows}} JOIN conversation c ON c.tenant_id = r.tenant_id AND c.id = r.conversation_id
                     JOIN member p ON p.tenant_id = r.tenant_id AND p.id = r.member_id
                     LEFT JOIN conversation_member v ON v.tenant_id = r.tenant_id AND v.member_id = r.member_id
                     AND v.conversation_id = r.conversation_id"
                );
                tx.all(&sql, &rows).await?.iter().map(reading).collect()
            })
        })
        .await
    }

    /// Notes that a member has read a conversation up to a message; the mark that it is to be looked at again goes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_read(&self, member: MemberId, conversation: ConversationId, seq: i64, at: Timestamp) -> Result<(), StoreError> {
        let (tenant, ids) = (self.id(), Arc::clone(&self.store().inner.ids));
        self.write(move |db| {
            Box::pin(async move {
                let tx = Tx::new(db, &*ids);
                let mut rows = tx.rows(READ);
                rows.push([tenant.into(), member.0.into(), conversation.0.into(), seq.into(), false.into(), at.into()]);
                tx.put("conversation_member", &rows, FORWARD).await.map(drop)
            })
        })
        .await
    }

    /// Marks a conversation as one to be looked at again: what the customer wrote last is unread, and a conversation without a word of the
    /// customer's is too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_unread(&self, member: MemberId, conversation: ConversationId, at: Timestamp) -> Result<(), StoreError> {
        let (tenant, ids) = (self.id(), Arc::clone(&self.store().inner.ids));
        self.write(move |db| {
            Box::pin(async move {
                let tx = Tx::new(db, &*ids);
                let mut rows = tx.rows(OWN);
                rows.push([tenant.into(), member.0.into(), conversation.0.into()]);
                let newest = "SELECT m.seq FROM {rows} CROSS JOIN message m WHERE m.tenant_id = r.tenant_id
                              AND m.conversation_id = r.conversation_id AND m.direction = 'in' AND m.deleted_at IS NULL
                              ORDER BY m.seq DESC LIMIT 1";
                let newest: Option<i64> = tx.all(newest, &rows).await?.first().map(|row| get(row, "seq")).transpose()?;
                let kept = "SELECT v.last_read FROM {rows} CROSS JOIN conversation_member v WHERE v.tenant_id = r.tenant_id
                            AND v.member_id = r.member_id AND v.conversation_id = r.conversation_id";
                let kept: Option<i64> = tx.all(kept, &rows).await?.first().map(|row| get(row, "last_read")).transpose()?.flatten();
                let back = newest.map(|seq| kept.map_or(seq - 1, |kept| kept.min(seq - 1))).or(kept);
                let mut rows = tx.rows(READ);
                rows.push([tenant.into(), member.0.into(), conversation.0.into(), back.into(), true.into(), at.into()]);
                tx.put("conversation_member", &rows, BACK).await.map(drop)
            })
        })
        .await
    }

    /// Returns those of these members who are of the business, are not suspended, and see a conversation where it stands.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn who_see(&self, home: Home, members: &[MemberId]) -> Result<Vec<MemberId>, StoreError> {
        let (tenant, ids, members) = (self.id(), Arc::clone(&self.store().inner.ids), members.to_vec());
        let found = self.read(move |db| {
            Box::pin(async move {
                let tx = Tx::new(db, &*ids);
                let mut rows = tx.rows(MEMBER);
                for member in members {
                    rows.push([tenant.into(), member.0.into()]);
                }
                let sql = "SELECT m.id, m.role, m.inboxes FROM {rows} CROSS JOIN member m
                           WHERE m.tenant_id = r.tenant_id AND m.id = r.id AND m.state = 'active'";
                tx.all(sql, &rows).await?.iter().map(seeing).collect::<Result<Vec<_>, DbErr>>()
            })
        });
        Ok(found
            .await?
            .into_iter()
            .filter(|(member, limit)| limit.sees(&home, Some(AgentId(member.0))))
            .map(|(member, _)| member)
            .collect())
    }
}

fn reading(row: &Row) -> Result<(ConversationId, Reading), DbErr> {
    let unread: i64 = get(row, "unread")?;
    let reading = Reading {
        last_read: get(row, "last_read")?,
        unread: u32::try_from(unread).unwrap_or(MOST_UNREAD),
        marked: get::<Option<bool>>(row, "marked")?.unwrap_or_default(),
        mentioned: get(row, "mentioned_seq")?,
    };
    Ok((ConversationId(get(row, "conversation_id")?), reading))
}

fn seeing(row: &Row) -> Result<(MemberId, Visibility), DbErr> {
    let (role, inboxes): (String, Option<String>) = (get(row, "role")?, get(row, "inboxes")?);
    let role = Role::named(&role).ok_or_else(|| DbErr::Type("a role that this release does not know".to_owned()))?;
    Ok((MemberId(get(row, "id")?), role.visibility_with(inboxes.as_deref())))
}
