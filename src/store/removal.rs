//! A conversation that goes for good, with all that was said in it. What stays: its events on the timeline, which hold no words, an
//! appointment that was made in it, unlinked, and what was counted for the bill.
//!
//! Whoever holds it in memory finds it gone at the next step. Its thread stays and forgets it, under the lock that whoever takes messages in
//! takes too: what the customer writes next opens a new conversation, and nothing falls in between.

use crate::domain::conversation::standing::Status;
use crate::domain::ids::{ConversationId, ConversationKey, InboxId, Partition, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::Published;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, get};
use crate::store::writer::counts::Counted;
use crate::store::writer::feed::{Draft, Feed, Source};
use sea_orm::DbErr;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

const KEY: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const AT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("at", Kind::At)];

/// More messages than this go in pieces before the conversation does: one transaction must not keep everybody waiting.
pub(in crate::store) const AT_ONCE: i64 = 2_000;

/// What goes in one transaction: rows first, numbers last, since the lock of the tenant's feed is everybody's last one.
#[derive(Default)]
pub(in crate::store) struct Removal {
    feed: Feed,
}

impl Removal {
    /// Removes a conversation; `None`: it is not there.
    pub async fn take(
        &mut self,
        tx: Tx<'_>,
        (tenant, id): (TenantId, ConversationId),
        now: Timestamp,
    ) -> Result<Option<ConversationKey>, DbErr> {
        let mut rows = tx.rows(KEY);
        rows.push([tenant.into(), id.into()]);
        let sql = "SELECT c.thread_id FROM {rows} CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id AND c.id = r.id";
        let Some(thread) = tx.all(sql, &rows).await?.first().map(|row| get::<Uuid>(row, "thread_id")).transpose()? else { return Ok(None) };
        let mut of = tx.rows(KEY);
        of.push([tenant.into(), thread.into()]);
        let sql = format!(
            "SELECT t.id FROM {{rows}} CROSS JOIN thread t WHERE t.tenant_id = r.tenant_id AND t.id = r.id {}",
            tx.lock("FOR UPDATE OF t")
        );
        tx.all(&sql, &of).await?;
        let sql = format!(
            "SELECT c.inbox_id, c.status, c.assignee_id, c.team_id, c.part, c.number FROM {{rows}} CROSS JOIN conversation c
             WHERE c.tenant_id = r.tenant_id AND c.id = r.id {}",
            tx.lock("FOR UPDATE OF c")
        );
        let found = tx.all(&sql, &rows).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let part: i16 = get(row, "part")?;
        let key = ConversationKey { tenant, id, part: Partition(u16::try_from(part).unwrap_or_default()) };
        unlink(tx, &rows, (tenant, id, now)).await?;
        // The files of its messages belong here: marked for purge by whoever keeps them, before their rows go with the conversation.
        tx.run("DELETE FROM conversation WHERE (tenant_id, id) IN (SELECT r.tenant_id, r.id FROM {rows})", &rows).await?;
        self.tell(row, key, now)?;
        Ok(Some(key))
    }

    /// Counts it out, and says on the timeline that it is gone.
    fn tell(&mut self, row: &Row, key: ConversationKey, at: Timestamp) -> Result<(), DbErr> {
        let (inbox, status, assignee): (Uuid, String, Option<Uuid>) =
            (get(row, "inbox_id")?, get(row, "status")?, get(row, "assignee_id")?);
        let status = Status::parse(&status).ok_or_else(|| DbErr::Type("unknown status of a conversation".to_owned()))?;
        self.feed.gone(Counted { tenant: key.tenant, inbox: InboxId(inbox), status, assignee: assignee.map(Into::into) });
        let team: Option<Uuid> = get(row, "team_id")?;
        let data = json!({ "number": get::<i64>(row, "number")?, "inbox_id": inbox, "team_id": team, "assignee_id": assignee });
        self.feed.event(Source::Removal, Draft { tenant: key.tenant, conversation: key.id, kind: "conversation.deleted", data, at });
        Ok(())
    }

    /// Numbers what was told; returns it in order. The last of the transaction but for the audit log.
    pub async fn finish(self, tx: Tx<'_>) -> Result<Vec<Arc<Published>>, DbErr> {
        Ok(self.feed.number(tx).await?.into_iter().map(|(_, event)| event).collect())
    }
}

/// Lets go what refers to it without a key of the database, and empties its queue.
async fn unlink(tx: Tx<'_>, rows: &Rows, (tenant, id, now): (TenantId, ConversationId, Timestamp)) -> Result<(), DbErr> {
    let statements = [
        "UPDATE thread SET conversation_id = NULL FROM {rows} WHERE thread.tenant_id = r.tenant_id AND thread.conversation_id = r.id
         AND thread.id = (SELECT c.thread_id FROM conversation c WHERE c.tenant_id = r.tenant_id AND c.id = r.id)",
        "UPDATE appointment SET conversation_id = NULL FROM {rows} WHERE appointment.tenant_id = r.tenant_id AND appointment.conversation_id = r.id",
        // Each by an index of its own.
        "DELETE FROM inbound WHERE (tenant_id, conversation_id) IN (SELECT r.tenant_id, r.id FROM {rows}) AND state IN ('new', 'recorded')",
        "DELETE FROM inbound WHERE (tenant_id, conversation_id) IN (SELECT r.tenant_id, r.id FROM {rows}) AND state IN ('settled', 'dead')",
    ];
    for statement in statements {
        tx.run(statement, rows).await?;
    }
    // Nobody could tell them of a time that becomes free.
    let mut waiting = tx.rows(AT);
    waiting.push([tenant.into(), id.into(), now.into()]);
    let sql = "UPDATE waitlist_entry SET state = 'left', updated_at = r.at FROM {rows} WHERE waitlist_entry.tenant_id = r.tenant_id
               AND waitlist_entry.conversation_id = r.id AND waitlist_entry.state IN ('waiting', 'offered')";
    tx.run(sql, &waiting).await.map(drop)
}

/// Removes a piece of a long conversation's messages, the oldest first; true: there are many left. Whoever dies in between has removed some;
/// the wish is repeated.
pub(in crate::store) async fn thin_out(tx: Tx<'_>, (tenant, id): (TenantId, ConversationId)) -> Result<bool, DbErr> {
    let mut rows = tx.rows(KEY);
    rows.push([tenant.into(), id.into()]);
    let sql = "SELECT COUNT(*) AS n FROM {rows} CROSS JOIN message m WHERE m.tenant_id = r.tenant_id AND m.conversation_id = r.id";
    let count: i64 = tx.all(sql, &rows).await?.first().map(|row| get(row, "n")).transpose()?.unwrap_or_default();
    if count <= AT_ONCE {
        return Ok(false);
    }
    let sql = "DELETE FROM message WHERE (tenant_id, id) IN (SELECT m.tenant_id, m.id FROM {rows} CROSS JOIN message m
               WHERE m.tenant_id = r.tenant_id AND m.conversation_id = r.id ORDER BY m.seq LIMIT 1000)";
    tx.run(sql, &rows).await?;
    Ok(true)
}
