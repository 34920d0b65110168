//! Actions over many conversations as people begin them, look at them and call them off. The list of conversations is fixed when one is begun,
//! by one statement over the filter, within what its maker sees; whether he still may is asked again for each.

use super::listing::{Listing, fixed};
use super::logged;
use crate::domain::audit::{Action, Actor, Deed};
use crate::domain::bulk::{BulkAction, MOST_AT_WORK, MOST_ITEMS};
use crate::domain::ids::{AgentId, BulkActionId, ConversationId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::{from_json, json};
use crate::store::time::timestamp;
use entities::bulk_action::{Column as B, Entity as Actions, Model};
use entities::bulk_action_item::{Column as I, Entity as Items, Model as ItemModel};
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

const NEW: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("by_kind", Kind::Text),
    ("by_id", Kind::Id),
    ("fingerprint", Kind::Text),
    ("action", Kind::Text),
    ("state", Kind::Text),
    ("items", Kind::Int),
    ("created_at", Kind::At),
];
const ITEM: Columns =
    &[("tenant_id", Kind::Id), ("bulk_action_id", Kind::Id), ("place", Kind::Int), ("conversation_id", Kind::Id), ("result", Kind::Text)];
const OWN: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const OFF: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("at", Kind::At)];

/// Which conversations.
#[derive(Clone, Debug)]
pub enum Selection {
    /// These, each once, in this order.
    Ids(Vec<ConversationId>),
    /// What a list shows now.
    Filter(Box<Listing>),
}

/// An action to begin.
#[derive(Clone, Debug)]
pub struct NewBulkAction {
    /// Its id; the same one again begins no second.
    pub id: BulkActionId,
    /// Who begins it.
    pub by: AgentId,
    /// Hash of the request.
    pub fingerprint: String,
    /// What.
    pub action: BulkAction,
    /// To which conversations.
    pub selection: Selection,
}

/// An action, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRow {
    /// Its id.
    pub id: BulkActionId,
    /// Who began it.
    pub by: AgentId,
    /// What is done.
    pub action: BulkAction,
    /// `running`, `done` or `cancelled`.
    pub state: String,
    /// How many conversations.
    pub items: i64,
    /// How many of them came to what.
    pub counts: BTreeMap<String, i64>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was called off.
    pub cancelled_at: Option<Timestamp>,
    /// When nothing was left to do.
    pub finished_at: Option<Timestamp>,
}

/// One conversation of an action.
pub type BulkItem = ItemModel;

/// What became of the wish to begin one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is there; true: it was there before.
    Done(Box<BulkRow>, bool),
    /// The id belongs to another request.
    Mismatch,
    /// More than [`MOST_ITEMS`].
    TooMany,
    /// Whoever asks has one at work.
    AtWork,
    /// The business has [`MOST_AT_WORK`] at work.
    Busy,
}

impl TenantScope {
    /// Begins an action: fixes the list of its conversations.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn begin_bulk(&self, new: NewBulkAction, now: Timestamp) -> Result<Begun, StoreError> {
        let scope = self.clone();
        self.write(move |tx| Box::pin(async move { scope.begin(tx, new, now).await })).await
    }

    async fn begin(&self, db: &DatabaseTransaction, new: NewBulkAction, now: Timestamp) -> Result<Begun, DbErr> {
        let ids = Arc::clone(&self.store().inner.ids);
        let (tenant, tx) = (self.id().0, Tx::new(db, &*ids));
        let mut own = tx.rows(OWN);
        own.push([tenant.into(), new.id.0.into()]);
        // Whoever begins one waits for the others of the business: the bounds are counted, not guessed.
        let sql = format!("SELECT t.id FROM {{rows}} CROSS JOIN tenant t WHERE t.id = r.tenant_id {}", tx.lock("FOR UPDATE OF t"));
        tx.all(&sql, &own).await?;
        if let Some(model) = find(db, tenant, new.id).await? {
            let same = model.fingerprint == new.fingerprint && model.by_id == new.by.0;
            return if same { Ok(Begun::Done(Box::new(read(db, model).await?), true)) } else { Ok(Begun::Mismatch) };
        }
        let at_work = Actions::find().filter(B::TenantId.eq(tenant)).filter(B::State.eq("running"));
        let at_work: Vec<Uuid> = at_work.select_only().column(B::ById).into_tuple().all(db).await?;
        if at_work.contains(&new.by.0) {
            return Ok(Begun::AtWork);
        }
        if i64::try_from(at_work.len()).unwrap_or(i64::MAX) >= MOST_AT_WORK {
            return Ok(Begun::Busy);
        }
        let Some(items) = self.fix(tx, db, &new, now).await? else { return Ok(Begun::TooMany) };
        let model = find(db, tenant, new.id).await?.ok_or_else(|| DbErr::Custom("the action is missing".to_owned()))?;
        let row = read(db, model).await?;
        let deed = Deed::new(Action::BulkActionBegun, new.id).after("action", new.action.word()).after("conversations", items);
        logged(db, self.id(), (self.caller(), now), deed).await?;
        Ok(Begun::Done(Box::new(row), false))
    }

    /// Writes the action and its list; returns how many. `None`: there are too many, and nothing was written.
    async fn fix(&self, tx: Tx<'_>, db: &DatabaseTransaction, new: &NewBulkAction, now: Timestamp) -> Result<Option<u64>, DbErr> {
        let tenant = self.id().0;
        let (count, list) = match &new.selection {
            Selection::Ids(ids) => (ids.len() as u64, None),
            Selection::Filter(listing) => fixed(db, tenant, self.sight(), listing, MOST_ITEMS + 1).await?,
        };
        if count > MOST_ITEMS {
            return Ok(None);
        }
        let mut rows = tx.rows(NEW);
        let by_kind = if matches!(self.caller().actor, Actor::ApiKey(_)) { "api_key" } else { "member" };
        let (action, count_cell) = (json(&new.action)?, i64::try_from(count).unwrap_or(i64::MAX));
        rows.push([
            tenant.into(),
            new.id.0.into(),
            by_kind.into(),
            new.by.0.into(),
            (&new.fingerprint).into(),
            (&action).into(),
            "running".into(),
            count_cell.into(),
            now.into(),
        ]);
        tx.insert("bulk_action", &rows).await?;
        if let Selection::Ids(ids) = &new.selection {
            let mut rows = tx.rows(ITEM);
            for (place, ConversationId(id)) in (0_i64..).zip(ids) {
                rows.push([tenant.into(), new.id.0.into(), place.into(), (*id).into(), "waiting".into()]);
            }
            tx.insert("bulk_action_item", &rows).await?;
        }
        if let Some(list) = list {
            let mut items = Query::select();
            items.expr(Expr::val(tenant)).expr(Expr::val(new.id.0));
            items.expr(Expr::cust("ROW_NUMBER() OVER (ORDER BY \"at\" DESC, \"id\" DESC) - 1"));
            items.column(Alias::new("id")).expr(Expr::cust("'waiting'")).from_subquery(list, Alias::new("listed"));
            let mut put = Query::insert();
            put.into_table(Items).columns([I::TenantId, I::BulkActionId, I::Place, I::ConversationId, I::Result]);
            put.select_from(items).map_err(|error| DbErr::Custom(error.to_string()))?;
            let done = db.execute(&put).await?.rows_affected();
            if done != count {
                // Somebody was faster by a hair; the list is what it is.
                let fewer = Actions::update_many().col_expr(B::Items, Expr::val(i64::try_from(done).unwrap_or(i64::MAX)));
                fewer.filter(B::TenantId.eq(tenant)).filter(B::Id.eq(new.id.0)).exec(db).await?;
                return Ok(Some(done));
            }
        }
        Ok(Some(count))
    }

    /// Finds an action.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn bulk_action(&self, id: BulkActionId) -> Result<Option<BulkRow>, StoreError> {
        let tenant = self.id().0;
        self.read(move |tx| {
            Box::pin(async move {
                match find(tx, tenant, id).await? {
                    Some(model) => read(tx, model).await.map(Some),
                    None => Ok(None),
                }
            })
        })
        .await
    }

    /// Lists what became of the conversations of an action, in the order in which they are taken.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn bulk_items(
        &self,
        id: BulkActionId,
        result: Option<&'static str>,
        after: Option<i64>,
        limit: u64,
    ) -> Result<Vec<BulkItem>, StoreError> {
        let mut rows = Items::find().filter(I::TenantId.eq(self.id().0)).filter(I::BulkActionId.eq(id.0));
        if let Some(result) = result {
            rows = rows.filter(I::Result.eq(result));
        }
        if let Some(after) = after {
            rows = rows.filter(I::Place.gt(after));
        }
        let rows = rows.order_by_asc(I::Place).limit(limit);
        self.read(move |tx| Box::pin(rows.all(tx))).await
    }

    /// Calls off what was not given to the queue yet; what was, comes to its end. True: there was something to call off.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn cancel_bulk(&self, id: BulkActionId, now: Timestamp) -> Result<bool, StoreError> {
        let scope = self.clone();
        self.write(move |tx| Box::pin(async move { scope.call_off(tx, id, now).await })).await
    }

    async fn call_off(&self, db: &DatabaseTransaction, id: BulkActionId, now: Timestamp) -> Result<bool, DbErr> {
        let ids = Arc::clone(&self.store().inner.ids);
        let tx = Tx::new(db, &*ids);
        let mut rows = tx.rows(OFF);
        rows.push([self.id().0.into(), id.0.into(), now.into()]);
        let sql = "UPDATE bulk_action SET cancelled_at = r.at FROM {rows} WHERE bulk_action.tenant_id = r.tenant_id
                   AND bulk_action.id = r.id AND bulk_action.state = 'running' AND bulk_action.cancelled_at IS NULL";
        if tx.run(sql, &rows).await? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE bulk_action_item SET result = 'cancelled' FROM {rows} WHERE bulk_action_item.tenant_id = r.tenant_id
                   AND bulk_action_item.bulk_action_id = r.id AND bulk_action_item.result = 'waiting'";
        let left = tx.run(sql, &rows).await?;
        let deed = Deed::new(Action::BulkActionCancelled, id).after("conversations", left);
        logged(db, self.id(), (self.caller(), now), deed).await?;
        Ok(true)
    }
}

async fn find(db: &DatabaseTransaction, tenant: Uuid, id: BulkActionId) -> Result<Option<Model>, DbErr> {
    Actions::find().filter(B::TenantId.eq(tenant)).filter(B::Id.eq(id.0)).one(db).await
}

/// Counts what its items came to, and puts it beside the action.
async fn read(db: &DatabaseTransaction, model: Model) -> Result<BulkRow, DbErr> {
    let mine = Items::find().filter(I::TenantId.eq(model.tenant_id)).filter(I::BulkActionId.eq(model.id));
    let counts = mine.select_only().column(I::Result).column_as(I::Place.count(), "count").group_by(I::Result);
    let counts: Vec<(String, i64)> = counts.into_tuple().all(db).await?;
    Ok(BulkRow {
        id: model.id.into(),
        by: AgentId(model.by_id),
        action: from_json(&model.action)?,
        state: model.state,
        items: model.items,
        counts: counts.into_iter().collect(),
        created_at: timestamp(model.created_at),
        cancelled_at: model.cancelled_at.map(timestamp),
        finished_at: model.finished_at.map(timestamp),
    })
}
