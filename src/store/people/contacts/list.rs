//! Lists of contacts in pages by key. By name and by age the contacts are walked; by activity the conversations are, newest first, and a
//! contact stands where the newest one of them does: no number per contact is kept, which every message would have to write.

use super::{ContactRow, dress, own};
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::ContactId;
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::logged;
use crate::store::people::visible::in_sight_as;
use crate::store::time::{instant, timestamp};
use entities::contact::{Column, Entity};
use entities::conversation;
use entities::instant::Instant;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContactSort {
    /// The newest first.
    #[default]
    Created,
    /// By name, without accents; the nameless last.
    Name,
    /// Whoever was active last first; only those who have a conversation that is seen.
    LastActivity,
}

/// By what a place in a list is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactKey {
    /// An instant.
    At(Timestamp),
    /// A folded name.
    Name(String),
}

/// A place in a list: the key and the id of the row there. In the order of activity the row is a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPlace {
    /// The key.
    pub key: ContactKey,
    /// The id.
    pub id: Uuid,
}

/// Which contacts to list.
#[derive(Clone, Debug, Default)]
pub struct ContactFilter {
    /// The beginning of the name, folded.
    pub name: Option<String>,
    /// The beginning of the telephone.
    pub phone: Option<String>,
    /// The beginning of the address, in lower case.
    pub email: Option<String>,
    /// Only those who are blocked, or are not.
    pub blocked: Option<bool>,
    /// First seen then or later.
    pub created_from: Option<Timestamp>,
    /// First seen before then.
    pub created_before: Option<Timestamp>,
    /// The order.
    pub sort: ContactSort,
    /// Only what comes after this place.
    pub after: Option<ContactPlace>,
}

impl ContactFilter {
    /// Keeps what was asked for, and whoever was not merged away.
    fn condition(&self, backend: DbBackend) -> Condition {
        let created = Expr::col((Entity, Column::CreatedAt));
        let at = |at: Timestamp| instant(at).value(backend);
        let key = Expr::col((Entity, Column::NameKey));
        Condition::all()
            .add(Column::MergedInto.is_null())
            .add_option(self.name.as_deref().map(|text| begins(key, text)))
            .add_option(self.phone.as_deref().map(|text| begins(bytewise("phone", backend), text)))
            .add_option(self.email.as_deref().map(|text| begins(bytewise("email", backend), text)))
            .add_option(self.blocked.map(|blocked| Column::Blocked.eq(blocked)))
            .add_option(self.created_from.map(|from| created.clone().gte(at(from))))
            .add_option(self.created_before.map(|before| created.lt(at(before))))
    }
}

/// Names a column so that it is compared byte by byte, as its index is.
fn bytewise(column: &'static str, backend: DbBackend) -> Expr {
    let collation = if backend == DbBackend::Postgres { " COLLATE \"C\"" } else { "" };
    Expr::cust(format!("\"contact\".\"{column}\"{collation}"))
}

/// Keeps what begins so: a range, which an index can answer.
fn begins(column: Expr, text: &str) -> Condition {
    Condition::all().add(column.clone().gte(text.to_owned())).add(column.lt(format!("{text}{}", char::MAX)))
}

impl TenantScope {
    /// Writes into the log that somebody takes contacts out.
    ///
    /// # Errors
    /// [`StoreError`]: then nobody may.
    pub async fn note_export(&self, now: Timestamp) -> Result<(), StoreError> {
        let (tenant, by) = (self.id(), self.caller().clone());
        self.write(move |tx| Box::pin(async move { logged(tx, tenant, (&by, now), Deed::new(Action::ContactsExported, tenant)).await }))
            .await
    }

    /// Lists contacts, each with its place.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contacts(&self, filter: ContactFilter, limit: u64) -> Result<Vec<(ContactPlace, ContactRow)>, StoreError> {
        let (tenant, seen, talks) = (self.id().0, self.seen_contacts(), self.seen_conversations());
        let sight = self.sight().clone();
        self.read(move |tx| {
            Box::pin(async move {
                match filter.sort {
                    ContactSort::LastActivity => by_activity(tx, tenant, &sight, talks, &filter, limit).await,
                    ContactSort::Created | ContactSort::Name => by_contact(tx, tenant, (seen, talks), &filter, limit).await,
                }
            })
        })
        .await
    }
}

async fn by_contact(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    (seen, talks): (Condition, Condition),
    filter: &ContactFilter,
    limit: u64,
) -> Result<Vec<(ContactPlace, ContactRow)>, DbErr> {
    let backend = tx.get_database_backend();
    let mut query = own(tenant).filter(seen).filter(filter.condition(backend));
    query = match &filter.after {
        None => query,
        Some(ContactPlace { key: ContactKey::Name(name), id }) => {
            let same = Condition::all().add(Column::NameKey.eq(name.clone())).add(Column::Id.gt(*id));
            query.filter(Condition::any().add(Column::NameKey.gt(name.clone())).add(same))
        }
        Some(ContactPlace { key: ContactKey::At(at), id }) => {
            query.filter(before((Entity, Column::CreatedAt), (Entity, Column::Id), *at, *id, backend))
        }
    };
    query = match filter.sort {
        ContactSort::Name => query.order_by_asc(Column::NameKey).order_by_asc(Column::Id),
        ContactSort::Created | ContactSort::LastActivity => query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id),
    };
    let models = query.limit(limit).all(tx).await?;
    let rows = dress(tx, tenant, talks, models).await?;
    let placed = |row: ContactRow| {
        let key = match filter.sort {
            ContactSort::Name => ContactKey::Name(row.model.name_key.clone()),
            ContactSort::Created | ContactSort::LastActivity => ContactKey::At(timestamp(row.model.created_at)),
        };
        (ContactPlace { key, id: row.model.id }, row)
    };
    Ok(rows.into_iter().map(placed).collect())
}

/// Keeps what comes after a place in a list with the newest first.
fn before(
    at: impl sea_orm::sea_query::IntoColumnRef,
    id: impl sea_orm::sea_query::IntoColumnRef,
    moment: Timestamp,
    which: Uuid,
    backend: DbBackend,
) -> Condition {
    let (at, moment) = (Expr::col(at), instant(moment).value(backend));
    let same = Condition::all().add(at.clone().eq(moment.clone())).add(Expr::col(id).lt(which));
    Condition::any().add(at.lt(moment)).add(same)
}

async fn by_activity(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    sight: &Sight,
    talks: Condition,
    filter: &ContactFilter,
    limit: u64,
) -> Result<Vec<(ContactPlace, ContactRow)>, DbErr> {
    let statement = newest(tenant, sight, talks.clone(), filter, tx.get_database_backend(), limit);
    let mut places = Vec::new();
    for row in tx.query_all(&statement).await? {
        let (id, contact, at): (Uuid, Uuid, Instant) =
            (row.try_get("", "id")?, row.try_get("", "contact_id")?, row.try_get("", "last_activity_at")?);
        places.push((ContactPlace { key: ContactKey::At(timestamp(at)), id }, ContactId(contact)));
    }
    let models = own(tenant).filter(Column::Id.is_in(places.iter().map(|(_, contact)| contact.0))).all(tx).await?;
    let rows = dress(tx, tenant, talks, models).await?;
    let mut rows: HashMap<Uuid, ContactRow> = rows.into_iter().map(|row| (row.model.id, row)).collect();
    Ok(places.into_iter().filter_map(|(place, contact)| Some((place, rows.remove(&contact.0)?))).collect())
}

/// Asks for the newest conversation of each contact, newest first.
fn newest(tenant: Uuid, sight: &Sight, talks: Condition, filter: &ContactFilter, backend: DbBackend, limit: u64) -> SelectStatement {
    use conversation::{Column as C, Entity as E};
    let n = || Alias::new("n");
    let (mine, theirs) = (|column: C| Expr::col((E, column)), |column: C| Expr::col((n(), column)));
    let same = Condition::all().add(theirs(C::LastActivityAt).equals((E, C::LastActivityAt))).add(theirs(C::Id).gt(mine(C::Id)));
    let mut newer = Query::select();
    newer
        .expr(Expr::val(1))
        .from_as(E, n())
        .and_where(theirs(C::TenantId).eq(tenant))
        .and_where(theirs(C::ContactId).equals((E, C::ContactId)))
        .cond_where(Condition::any().add(theirs(C::LastActivityAt).gt(mine(C::LastActivityAt))).add(same))
        .cond_where(in_sight_as(sight, theirs));
    let contact = Condition::all()
        .add(Expr::col((Entity, Column::TenantId)).equals((E, C::TenantId)))
        .add(Expr::col((Entity, Column::Id)).equals((E, C::ContactId)));
    let mut statement = Query::select();
    statement
        .columns([(E, C::Id), (E, C::ContactId), (E, C::LastActivityAt)])
        .from(E)
        .join(JoinType::InnerJoin, Entity, contact)
        .and_where(mine(C::TenantId).eq(tenant))
        .cond_where(talks)
        .cond_where(filter.condition(backend))
        .and_where(Expr::exists(newer).not())
        .order_by((E, C::LastActivityAt), Order::Desc)
        .order_by((E, C::Id), Order::Desc)
        .limit(limit);
    if let Some(ContactPlace { key: ContactKey::At(at), id }) = &filter.after {
        statement.cond_where(before((E, C::LastActivityAt), (E, C::Id), *at, *id, backend));
    }
    statement
}
