//! Somebody has become free: conversations that wait are asked to look who is, in the transaction in which it happened. Each then decides in
//! its own step; one that is asked in vain waits on.

use crate::domain::conversation::event::Happening;
use crate::domain::ids::{ConversationKey, InboxId, TeamId, TenantId};
use crate::domain::routing::SEEN_WITHIN;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::bookings::ask::Ask;
use crate::store::desk::{Counter, PLACE, TENANT, picture, take};
use crate::store::reads;
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::spelling::{INBOUND, json};
use sea_orm::DbErr;
use uuid::Uuid;

/// Most inboxes and teams with something that waits that are looked at.
const MOST_COUNTERS: u32 = 200;
/// Most conversations that are asked of one of them at once.
const MOST_ASKED: u32 = 200;

const SINCE: Columns = &[("since", Kind::At)];

/// The line: what waits, as its index has it.
const WAITS: &str = "c.status = 'open' AND c.speaker = 'nobody' AND c.assignee_id IS NULL";
/// The order of the line.
pub(in crate::store) const LINE: &str =
    "CASE c.priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 4 ELSE 3 END,
    COALESCE(c.waiting_since, c.created_at), c.id";

/// Asks as many conversations that wait as could be given now, first in the line first. The desk must have been taken.
///
/// # Errors
/// The database's.
pub(in crate::store) async fn hand_out(tx: Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<Vec<ConversationKey>, DbErr> {
    let mut rows = tx.rows(TENANT);
    rows.push([tenant.into()]);
    let sql = format!(
        "SELECT DISTINCT c.inbox_id, c.team_id FROM {{rows}} CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id AND {WAITS}
         LIMIT {MOST_COUNTERS}"
    );
    let mut asked = Vec::new();
    for row in tx.all(&sql, &rows).await? {
        let (inbox, team): (Uuid, Option<Uuid>) = (get(&row, "inbox_id")?, get(&row, "team_id")?);
        let counter = Counter { inbox: InboxId(inbox), team: team.map(TeamId) };
        let places = picture(Ask::Inside(tx), tenant, counter).await?.places(at).min(MOST_ASKED);
        if places > 0 {
            asked.extend(ask(tx, tenant, counter, places, at).await?);
        }
    }
    Ok(asked)
}

/// Asks the first of one line. One that was asked and has not looked yet is not asked again.
async fn ask(tx: Tx<'_>, tenant: TenantId, counter: Counter, places: u32, at: Timestamp) -> Result<Vec<ConversationKey>, DbErr> {
    let mut rows = tx.rows(PLACE);
    rows.push([tenant.into(), counter.inbox.into(), counter.team.map(|TeamId(id)| id).into()]);
    let sql = format!(
        "SELECT c.tenant_id, c.id AS conversation_id, c.part FROM {{rows}} CROSS JOIN conversation c
         WHERE c.tenant_id = r.tenant_id AND c.inbox_id = r.inbox_id AND {WAITS}
         AND (c.team_id = r.team_id OR (c.team_id IS NULL AND r.team_id IS NULL))
         AND NOT EXISTS (SELECT 1 FROM inbound i WHERE i.tenant_id = c.tenant_id AND i.conversation_id = c.id
         AND i.state IN ('new', 'recorded') AND i.state = 'new' AND i.external_id LIKE 'place:%')
         ORDER BY {LINE} LIMIT {places}"
    );
    let payload = json(&Happening::PlaceFreed)?;
    let mut asked = tx.rows(INBOUND);
    let mut keys = Vec::new();
    for row in tx.all(&sql, &rows).await? {
        let key = reads::key(&row)?;
        let id: Uuid = tx.id();
        asked.push([
            key.tenant.into(),
            id.into(),
            counter.inbox.into(),
            (&format!("place:{id}")).into(),
            "command".into(),
            key.id.into(),
            i64::from(key.part.0).into(),
            (&payload).into(),
            "new".into(),
            at.into(),
            at.into(),
        ]);
        keys.push(key);
    }
    tx.insert("inbound", &asked).await?;
    Ok(keys)
}

impl Store {
    /// Looks at every business in which somebody is there.
    pub(in crate::store) async fn hand_out_everywhere(&self, at: Timestamp, limit: u32) -> Result<Vec<ConversationKey>, StoreError> {
        let mut rows = self.one(SINCE);
        rows.push([at.before(SEEN_WITHIN).into()]);
        let sql = format!(
            "SELECT DISTINCT p.tenant_id FROM {{rows}} CROSS JOIN desk_member p WHERE p.choice = 'online' AND p.last_seen > r.since
             AND EXISTS (SELECT 1 FROM conversation c WHERE c.tenant_id = p.tenant_id AND {WAITS}) LIMIT {limit}"
        );
        let mut keys = Vec::new();
        for row in self.fetch(&sql, rows).await? {
            let tenant = TenantId(get(&row, "tenant_id").map_err(crate::store::scope::store_error)?);
            keys.extend(
                self.alone(move |tx| {
                    Box::pin(async move {
                        take(tx, tenant, at).await?;
                        hand_out(tx, tenant, at).await
                    })
                })
                .await?,
            );
        }
        Ok(keys)
    }
}
