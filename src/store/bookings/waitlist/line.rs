//! The waiting list as its port: who must be looked for, the line, and what people read.

use crate::domain::booking::waiting::{Entry, Place, WaitState};
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, TenantId};
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::ports::waitlist::{Looked, WaitFilter, Waitlist};
use crate::store::Store;
use crate::store::bookings::ask::Ask;
use crate::store::bookings::read::in_sight;
use crate::store::bookings::waitlist::{ID, READ, entry};
use crate::store::rows::{Columns, Kind, Row, get, maybe_at};
use crate::store::scope::store_error;
use async_trait::async_trait;
use sea_orm::DbErr;
use uuid::Uuid;

const NOW: Columns = &[("now", Kind::At)];
const LINE: Columns = &[("tenant_id", Kind::Id), ("now", Kind::At)];
const LOOKED: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("look_no", Kind::Int),
    ("look_at", Kind::At),
    ("refused_until", Kind::At),
    ("now", Kind::At),
];
const FILTER: Columns =
    &[("tenant_id", Kind::Id), ("service_id", Kind::Id), ("contact_id", Kind::Id), ("after_at", Kind::At), ("after_id", Kind::Id)];

/// The longest line: as many as may wait at once.
const LONGEST: u32 = 500;
/// Sizes of a list: few texts, so that few statements are prepared.
const SIZES: [u32; 3] = [50, 200, 1000];

#[async_trait]
impl Waitlist for Store {
    async fn over_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, AppointmentId)>, StoreError> {
        let mut rows = self.one(NOW);
        rows.push([now.into()]);
        let sql = format!(
            "SELECT a.tenant_id, a.id FROM {{rows}} CROSS JOIN appointment a WHERE a.status = 'held' AND a.hold_expires_at <= r.now
             ORDER BY a.hold_expires_at LIMIT {limit}"
        );
        let found = self.fetch(&sql, rows).await?;
        let one = |row: &Row| Ok((TenantId(get(row, "tenant_id")?), AppointmentId(get(row, "id")?)));
        found.iter().map(one).collect::<Result<_, DbErr>>().map_err(store_error)
    }

    async fn to_look_for(&self, now: Timestamp, limit: u32) -> Result<Vec<TenantId>, StoreError> {
        let mut rows = self.one(NOW);
        rows.push([now.into()]);
        let sql = format!(
            "SELECT w.tenant_id FROM {{rows}} CROSS JOIN waitlist_entry w WHERE w.state = 'waiting' AND w.look_at <= r.now
             ORDER BY w.look_at LIMIT {limit}"
        );
        let found = self.fetch(&sql, rows).await?;
        let mut tenants =
            found.iter().map(|row| get(row, "tenant_id").map(TenantId)).collect::<Result<Vec<_>, _>>().map_err(store_error)?;
        tenants.sort_unstable();
        tenants.dedup();
        Ok(tenants)
    }

    async fn line(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<Place>, StoreError> {
        let mut rows = self.one(LINE);
        rows.push([tenant.into(), now.into()]);
        let sql = format!(
            "SELECT {READ}, m.id AS stands, f.starts_at AS failed_start, (w.refused_until IS NOT NULL AND w.refused_until > r.now) OR EXISTS (
             SELECT 1 FROM appointment h WHERE h.tenant_id = w.tenant_id AND h.contact_id = w.contact_id
             AND ((h.status = 'held' AND h.hold_expires_at > r.now)
             OR (h.service_id = w.service_id AND h.status IN ('confirming', 'pending_owner')))) AS aside
             FROM {{rows}} CROSS JOIN waitlist_entry w
             LEFT JOIN appointment f ON f.tenant_id = w.tenant_id AND f.id = w.appointment_id
             LEFT JOIN appointment m ON m.tenant_id = w.tenant_id AND m.id = w.moves AND m.status = 'confirmed' AND m.starts_at > r.now
             WHERE w.tenant_id = r.tenant_id AND w.state = 'waiting' AND w.service_id IN (SELECT d.service_id FROM waitlist_entry d
             WHERE d.tenant_id = r.tenant_id AND d.state = 'waiting' AND d.look_at <= r.now) ORDER BY w.created_at, w.id LIMIT {LONGEST}"
        );
        let found = self.fetch(&sql, rows).await?;
        found.iter().map(place).collect::<Result<_, _>>().map_err(store_error)
    }

    async fn looked(&self, tenant: TenantId, looked: Vec<Looked>, now: Timestamp) -> Result<(), StoreError> {
        let mut rows = self.rows(LOOKED);
        for Looked { entry, look_no, again, refused } in looked {
            let aside = again.filter(|_| refused);
            rows.push([tenant.into(), entry.0.into(), look_no.into(), again.into(), aside.into(), now.into()]);
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.alone(move |tx| {
            Box::pin(async move {
                let seen = "FROM {rows} WHERE waitlist_entry.tenant_id = r.tenant_id AND waitlist_entry.id = r.id
                            AND waitlist_entry.look_no = r.look_no AND waitlist_entry.state = 'waiting'";
                let over = WaitState::Expired.as_str();
                let sql = format!("UPDATE waitlist_entry SET state = '{over}', updated_at = r.now {seen} AND r.look_at IS NULL");
                tx.run(&sql, &rows).await?;
                tx.run(
                    &format!(
                        "UPDATE waitlist_entry SET look_at = r.look_at, refused_until = r.refused_until {seen} AND r.look_at IS NOT NULL"
                    ),
                    &rows,
                )
                .await
                .map(drop)
            })
        })
        .await
    }
}

/// Finds the newest conversation of a contact that is seen.
pub(in crate::store::bookings) async fn conversation_of(
    ask: Ask<'_>,
    tenant: TenantId,
    contact: ContactId,
    seen: &Sight,
) -> Result<Option<ConversationId>, DbErr> {
    let mut rows = ask.rows(ID);
    rows.push([tenant.into(), contact.0.into()]);
    let seen = in_sight(ask, seen).map(|seen| format!("AND {seen}")).unwrap_or_default();
    let sql = format!(
        "SELECT c.id FROM {{rows}} CROSS JOIN conversation c WHERE {} AND c.contact_id = r.id {seen}
         ORDER BY c.created_at DESC, c.id DESC LIMIT 1",
        ask.own("c")
    );
    ask.all(&sql, rows).await?.first().map(|row| get(row, "id").map(ConversationId)).transpose()
}

fn place(row: &Row) -> Result<Place, DbErr> {
    let stands: Option<Uuid> = get(row, "stands")?;
    let entry = Entry { moves: stands.map(AppointmentId), ..entry(row)? };
    Ok(Place { entry, look_no: get(row, "look_no")?, aside: get(row, "aside")?, failed: maybe_at(row, "failed_start")? })
}

/// Lists entries in the order in which they joined.
pub(in crate::store::bookings) async fn list(ask: Ask<'_>, tenant: TenantId, filter: &WaitFilter) -> Result<Vec<Entry>, DbErr> {
    let mut rows = ask.rows(FILTER);
    rows.push([
        tenant.into(),
        filter.service.map(|id| id.0).into(),
        filter.contact.map(|id| id.0).into(),
        filter.after.map(|(at, _)| at).into(),
        filter.after.map(|(_, id)| id.0).into(),
    ]);
    let mut sql = format!("SELECT {READ} FROM {{rows}} CROSS JOIN waitlist_entry w WHERE {}", ask.own("w"));
    let conditions = [
        (filter.service.is_some(), "w.service_id = r.service_id"),
        (filter.contact.is_some(), "w.contact_id = r.contact_id"),
        (filter.after.is_some(), "(w.created_at, w.id) > (r.after_at, r.after_id)"),
    ];
    let seen = in_sight(ask, &filter.seen).map(|seen| {
        format!(
            " AND EXISTS (SELECT 1 FROM conversation c WHERE c.tenant_id = w.tenant_id AND c.id = w.conversation_id
             AND {seen})"
        )
    });
    sql.push_str(&seen.unwrap_or_default());
    for (_, condition) in conditions.into_iter().filter(|(wanted, _)| *wanted) {
        sql.push_str(" AND ");
        sql.push_str(condition);
    }
    if !filter.state.is_empty() {
        let words: Vec<String> = filter.state.iter().map(|state| format!("'{}'", state.as_str())).collect();
        sql.push_str(&format!(" AND w.state IN ({})", words.join(", ")));
    }
    let most = SIZES.into_iter().find(|size| *size >= filter.limit).unwrap_or(1000);
    sql.push_str(&format!(" ORDER BY w.created_at, w.id LIMIT {most}"));
    let wanted = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    ask.all(&sql, rows).await?.iter().take(wanted).map(entry).collect()
}
