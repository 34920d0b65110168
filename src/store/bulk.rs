//! Actions over many conversations, worked off: one transaction reads what commands came to and queues the next ones beside the note that it
//! did. Whoever dies in between has done neither; two who work on one action wait for each other at its row.
//!
//! What is decided about an item, [`admit`] decides; the conversations themselves are changed by their actors only.

use crate::domain::audit::{Action, Actor, Caller, Deed};
use crate::domain::bulk::{BulkAction, ItemResult, Standing, admit};
use crate::domain::ids::{
    AgentId, ApiKeyId, BulkActionId, ConversationId, ConversationKey, InboundId, InboxId, Partition, TeamId, TenantId,
};
use crate::domain::membership::{Home, Place, Visibility};
use crate::domain::permission::{Grants, Role};
use crate::domain::time::Timestamp;
use crate::ports::bulk::{BulkActions, BulkStep};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::audit::record;
use crate::store::people::members::read_place;
use crate::store::removal::{AT_ONCE, Removal};
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, get, maybe_at};
use crate::store::scope::Role as Acts;
use crate::store::spelling::{INBOUND, from_json, json};
use async_trait::async_trait;
use sea_orm::{DatabaseTransaction, DbErr};
use std::sync::Arc;
use uuid::Uuid;

const ACTION: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const ENDED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("state", Kind::Text), ("at", Kind::At)];
const NAMED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const ITEM: Columns = &[
    ("tenant_id", Kind::Id),
    ("bulk_action_id", Kind::Id),
    ("place", Kind::Int),
    ("command_id", Kind::Id),
    ("result", Kind::Text),
    ("reason", Kind::Text),
    ("detail", Kind::Text),
];
const LIMIT: Columns = &[("most", Kind::Int)];

/// Conversations that are deleted in one transaction.
const DELETED_AT_ONCE: usize = 20;

/// An action at work.
struct Job {
    tenant: Uuid,
    id: Uuid,
    by: AgentId,
    by_key: bool,
    action: BulkAction,
    cancelled: bool,
    now: Timestamp,
}

/// What one conversation waits for.
struct Next {
    place: i64,
    conversation: ConversationId,
    /// Where it stands and its partition, if it is there.
    home: Option<(Home, Partition)>,
    /// How many messages it has had.
    messages: i64,
}

#[async_trait]
impl BulkActions for Store {
    async fn open_bulk(&self, limit: u32) -> Result<Vec<(TenantId, BulkActionId)>, StoreError> {
        let mut rows = self.rows(LIMIT);
        rows.push([i64::from(limit).into()]);
        let sql = format!(
            "SELECT b.tenant_id, b.id FROM bulk_action b WHERE b.state = 'running' AND (SELECT r.most FROM {{rows}}) > 0 ORDER BY b.created_at LIMIT {limit}"
        );
        let found = self.fetch(&sql, rows).await?;
        let read = |row: &Row| Ok::<_, DbErr>((TenantId(get(row, "tenant_id")?), BulkActionId(get(row, "id")?)));
        found.iter().map(read).collect::<Result<_, _>>().map_err(crate::store::scope::store_error)
    }

    async fn work_bulk(&self, tenant: TenantId, id: BulkActionId, most: usize, now: Timestamp) -> Result<BulkStep, StoreError> {
        let ids = Arc::clone(&self.inner.ids);
        self.solo(Acts::Engine, move |db| {
            Box::pin(async move {
                let tx = Tx::new(db, &*ids);
                match Job::read(tx, (tenant.0, id.0), now).await? {
                    Some(job) => job.go_on(db, tx, most).await,
                    None => Ok(BulkStep { done: true, ..BulkStep::default() }),
                }
            })
        })
        .await
    }
}

impl Job {
    /// Reads an action that is not done, and keeps everybody else from it.
    async fn read(tx: Tx<'_>, (tenant, id): (Uuid, Uuid), now: Timestamp) -> Result<Option<Self>, DbErr> {
        let mut rows = tx.rows(ACTION);
        rows.push([tenant.into(), id.into()]);
        let sql = format!(
            "SELECT b.by_kind, b.by_id, b.action, b.cancelled_at FROM {{rows}} CROSS JOIN bulk_action b
             WHERE b.tenant_id = r.tenant_id AND b.id = r.id AND b.state = 'running' {}",
            tx.lock("FOR UPDATE OF b")
        );
        let found = tx.all(&sql, &rows).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let (kind, by, action): (String, Uuid, String) = (get(row, "by_kind")?, get(row, "by_id")?, get(row, "action")?);
        Ok(Some(Self {
            tenant,
            id,
            by: AgentId(by),
            by_key: kind == "api_key",
            action: from_json(&action)?,
            cancelled: maybe_at(row, "cancelled_at")?.is_some(),
            now,
        }))
    }

    fn itself(&self, tx: Tx<'_>) -> Rows {
        let mut rows = tx.rows(ACTION);
        rows.push([self.tenant.into(), self.id.into()]);
        rows
    }

    async fn go_on(&self, db: &DatabaseTransaction, tx: Tx<'_>, most: usize) -> Result<BulkStep, DbErr> {
        let mut step = BulkStep::default();
        let mut changed = tx.rows(ITEM);
        self.collect(tx, &mut step, &mut changed).await?;
        let most = if self.action == BulkAction::Delete { most.min(DELETED_AT_ONCE) } else { most };
        let room = most.saturating_sub(step.given.len());
        let next = self.next(tx, room).await?;
        let more = room == 0 || next.len() == room;
        let mut commands = tx.rows(INBOUND);
        if !next.is_empty() {
            let standing = self.standing(tx).await?;
            let Some(happening) = self.action.happening(self.by) else {
                return self.delete(db, tx, (&next, more), &standing, (step, changed)).await;
            };
            let payload = json(&happening)?;
            for item in &next {
                let (result, given) = self.one(tx, item, &standing, (&payload, &mut commands));
                let command = given.map(|(_, InboundId(id))| id);
                step.given.extend(given);
                self.note(&mut changed, item.place, (command, &result));
            }
        }
        tx.insert("inbound", &commands).await?;
        self.write(tx, &mut step, &changed, more).await?;
        Ok(step)
    }

    /// Writes what became of the items, and of the action if that was all.
    async fn write(&self, tx: Tx<'_>, step: &mut BulkStep, changed: &Rows, more: bool) -> Result<(), DbErr> {
        step.moved = u64::try_from(changed.len()).unwrap_or(u64::MAX);
        let sql = "UPDATE bulk_action_item SET result = r.result, reason = r.reason, detail = r.detail,
                   command_id = COALESCE(r.command_id, bulk_action_item.command_id)
                   FROM {rows} WHERE bulk_action_item.tenant_id = r.tenant_id
                   AND bulk_action_item.bulk_action_id = r.bulk_action_id AND bulk_action_item.place = r.place";
        tx.update("items", sql, changed).await?;
        step.done = !more && step.given.is_empty();
        if step.done {
            self.end(tx).await?;
        }
        Ok(())
    }

    /// Removes the next conversations in this very transaction: an item is removed with the note that it is.
    async fn delete(
        &self,
        db: &DatabaseTransaction,
        tx: Tx<'_>,
        (next, more): (&[Next], bool),
        standing: &Standing,
        (mut step, mut changed): (BulkStep, Rows),
    ) -> Result<BulkStep, DbErr> {
        let (mut removal, mut gone) = (Removal::default(), Vec::new());
        for item in next {
            let result = match admit(&self.action, standing, item.home.map(|(home, _)| home)) {
                Ok(_) if item.messages > AT_ONCE => ItemResult::refused("too_long", "it has very many messages: delete it by itself"),
                Ok(_) => match removal.take(tx, (TenantId(self.tenant), item.conversation), self.now).await? {
                    Some(key) => {
                        gone.push(key);
                        ItemResult::Done
                    }
                    None => ItemResult::Absent,
                },
                Err(result) => result,
            };
            self.note(&mut changed, item.place, (None, &result));
        }
        self.write(tx, &mut step, &changed, more).await?;
        step.published = removal.finish(tx).await?;
        let actor = if self.by_key { Actor::ApiKey(ApiKeyId(self.by.0)) } else { Actor::Member(self.by.0) };
        for key in &gone {
            record(db, key.tenant, &Caller::here(actor), self.now, &Deed::new(Action::ConversationDeleted, key.id)).await?;
        }
        step.gone = gone;
        Ok(step)
    }

    /// Reads what the commands in the queue came to.
    async fn collect(&self, tx: Tx<'_>, step: &mut BulkStep, changed: &mut Rows) -> Result<(), DbErr> {
        let sql = "SELECT b.place, b.conversation_id, b.command_id, i.id AS row_id, i.part, i.state, i.outcome
                   FROM {rows} CROSS JOIN bulk_action_item b
                   LEFT JOIN inbound i ON i.tenant_id = b.tenant_id AND i.id = b.command_id
                   WHERE b.tenant_id = r.tenant_id AND b.bulk_action_id = r.id AND b.result = 'given' ORDER BY b.place";
        for row in &tx.all(sql, &self.itself(tx)).await? {
            let (place, conversation): (i64, Uuid) = (get(row, "place")?, get(row, "conversation_id")?);
            let (id, outcome): (Option<Uuid>, Option<String>) = (get(row, "row_id")?, get(row, "outcome")?);
            let (part, state): (Option<i16>, Option<String>) = (get(row, "part")?, get(row, "state")?);
            let result = match (id, outcome) {
                (_, Some(outcome)) => ItemResult::of(from_json(&outcome)?),
                // The conversation went, and its queue with it.
                (None, None) => ItemResult::Absent,
                (Some(_), None) if state.as_deref() == Some("dead") => {
                    ItemResult::refused("failed", "this conversation could not be changed: tell the operator")
                }
                (Some(id), None) => {
                    let part = Partition(part.and_then(|part| u16::try_from(part).ok()).unwrap_or_default());
                    let key = ConversationKey { tenant: TenantId(self.tenant), id: ConversationId(conversation), part };
                    step.given.push((key, InboundId(id)));
                    continue;
                }
            };
            self.note(changed, place, (None, &result));
        }
        Ok(())
    }

    /// Lists the next items; none of an action that was called off.
    async fn next(&self, tx: Tx<'_>, room: usize) -> Result<Vec<Next>, DbErr> {
        if room == 0 || self.cancelled {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT b.place, b.conversation_id, c.inbox_id, c.team_id, c.assignee_id, c.part, c.last_seq FROM {{rows}} CROSS JOIN bulk_action_item b
             LEFT JOIN conversation c ON c.tenant_id = b.tenant_id AND c.id = b.conversation_id
             WHERE b.tenant_id = r.tenant_id AND b.bulk_action_id = r.id AND b.result = 'waiting' ORDER BY b.place LIMIT {room}"
        );
        let read = |row: &Row| {
            let [inbox, team, assignee]: [Option<Uuid>; 3] = [get(row, "inbox_id")?, get(row, "team_id")?, get(row, "assignee_id")?];
            let part: Option<i16> = get(row, "part")?;
            let part = part.and_then(|part| u16::try_from(part).ok());
            let home = inbox.map(|inbox| Home { inbox: InboxId(inbox), team: team.map(TeamId), assignee: assignee.map(AgentId) });
            let home = home.zip(part.map(Partition));
            let messages: Option<i64> = get(row, "last_seq")?;
            let conversation = ConversationId(get(row, "conversation_id")?);
            Ok(Next { place: get(row, "place")?, conversation, home, messages: messages.unwrap_or_default() })
        };
        tx.all(&sql, &self.itself(tx)).await?.iter().map(read).collect()
    }

    /// Decides one item; its command goes into the set, if there is one.
    fn one(
        &self,
        tx: Tx<'_>,
        item: &Next,
        standing: &Standing,
        (payload, commands): (&str, &mut Rows),
    ) -> (ItemResult, Option<(ConversationKey, InboundId)>) {
        let inbox = match admit(&self.action, standing, item.home.map(|(home, _)| home)) {
            Ok(inbox) => inbox,
            Err(result) => return (result, None),
        };
        let part = item.home.map(|(_, part)| part).unwrap_or(Partition(0));
        let id: InboundId = tx.id();
        // Never a second one for an item, whatever happens: it has one name.
        let external_id = format!("bulk:{}:{}", self.id, item.place);
        commands.push([
            self.tenant.into(),
            id.0.into(),
            inbox.0.into(),
            (&external_id).into(),
            "command".into(),
            item.conversation.0.into(),
            i64::from(part.0).into(),
            payload.into(),
            "new".into(),
            self.now.into(),
            self.now.into(),
        ]);
        (ItemResult::Given, Some((ConversationKey { tenant: TenantId(self.tenant), id: item.conversation, part }, id)))
    }

    fn note(&self, changed: &mut Rows, place: i64, (command, result): (Option<Uuid>, &ItemResult)) {
        let (reason, detail) = match result {
            ItemResult::Refused { code, detail } => (Some(code.as_str()), Some(detail.as_str())),
            ItemResult::Given | ItemResult::Done | ItemResult::Unchanged | ItemResult::Absent => (None, None),
        };
        changed.push([
            self.tenant.into(),
            self.id.into(),
            place.into(),
            command.into(),
            result.word().into(),
            reason.into(),
            detail.into(),
        ]);
    }

    /// Reads who began it and whom it is about, as they are now.
    async fn standing(&self, tx: Tx<'_>) -> Result<Standing, DbErr> {
        let by = if self.by_key { self.key(tx).await? } else { self.member(tx, self.by).await? };
        let everything = |place: &Place| !self.by_key || place.permissions == Some(Grants::everything());
        let administers = by.as_ref().is_some_and(|place| place.role >= Role::Administrator && everything(place));
        let to = match self.action.person() {
            Some(person) => self.member(tx, person).await?,
            None => None,
        };
        let (named, sql) = match &self.action {
            BulkAction::Label { add, .. } => (
                add.iter().map(|label| label.0).collect(),
                "SELECT l.id FROM {rows} CROSS JOIN label l WHERE l.tenant_id = r.tenant_id AND l.id = r.id AND l.deleted_at IS NULL",
            ),
            BulkAction::Assign { team, .. } => (
                team.and_then(|team| team.id).map(|team| team.0).into_iter().collect::<Vec<Uuid>>(),
                "SELECT t.id FROM {rows} CROSS JOIN team t WHERE t.tenant_id = r.tenant_id AND t.id = r.id AND t.state = 'active'",
            ),
            BulkAction::Resolve { .. }
            | BulkAction::Reopen
            | BulkAction::Snooze { .. }
            | BulkAction::Spam
            | BulkAction::NotSpam
            | BulkAction::Priority { .. }
            | BulkAction::Delete => return Ok(Standing { who: Some(self.by), by, to, administers, known: true }),
        };
        let mut rows = tx.rows(NAMED);
        named.iter().for_each(|id| rows.push([self.tenant.into(), (*id).into()]));
        let known = tx.all(sql, &rows).await?.len() == named.len();
        Ok(Standing { who: Some(self.by), by, to, administers, known })
    }

    async fn member(&self, tx: Tx<'_>, AgentId(id): AgentId) -> Result<Option<Place>, DbErr> {
        let mut rows = tx.rows(NAMED);
        rows.push([self.tenant.into(), id.into()]);
        let sql = "SELECT m.role, m.permissions, m.inboxes FROM {rows} CROSS JOIN member m
                   WHERE m.tenant_id = r.tenant_id AND m.id = r.id AND m.state = 'active'";
        let found = tx.all(sql, &rows).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let (role, permissions, inboxes): (String, Option<String>, Option<String>) =
            (get(row, "role")?, get(row, "permissions")?, get(row, "inboxes")?);
        read_place(&role, permissions.as_deref(), inboxes.as_deref()).map(Some)
    }

    /// A key is no member: it holds what its scopes say, and sees everything.
    async fn key(&self, tx: Tx<'_>) -> Result<Option<Place>, DbErr> {
        let mut rows = tx.rows(NAMED);
        rows.push([self.tenant.into(), self.by.0.into()]);
        let sql =
            "SELECT k.scopes FROM {rows} CROSS JOIN api_key k WHERE k.tenant_id = r.tenant_id AND k.id = r.id AND k.revoked_at IS NULL";
        let found = tx.all(sql, &rows).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let scopes: String = get(row, "scopes")?;
        let permissions = Some(Grants::stored(&scopes));
        Ok(Some(Place { role: Role::Administrator, permissions, visibility: Visibility::everything() }))
    }

    async fn end(&self, tx: Tx<'_>) -> Result<(), DbErr> {
        let mut rows = tx.rows(ENDED);
        let state = if self.cancelled { "cancelled" } else { "done" };
        rows.push([self.tenant.into(), self.id.into(), state.into(), self.now.into()]);
        let sql = "UPDATE bulk_action SET state = r.state, finished_at = r.at FROM {rows}
                   WHERE bulk_action.tenant_id = r.tenant_id AND bulk_action.id = r.id";
        tx.update("the action", sql, &rows).await
    }
}
