//! Changes of earlier messages by their writers: edited, deleted for everyone, reacted to.

use super::Winner;
use crate::domain::content::Content;
use crate::domain::conversation::effect::Change;
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::spelling::{json, key};
use crate::store::wiping::{Told, forget_what_tells_of};
use sea_orm::DbErr;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const CHANGES: Columns = &[
    ("tenant_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("external_id", Kind::Text),
    ("content", Kind::Text),
    ("deleted", Kind::Bool),
    ("reacted", Kind::Bool),
    ("reactions", Kind::Text),
    ("at", Kind::At),
];

/// The messages that were changed: conversation and provider's id → message.
pub(super) type Changed = HashMap<(Uuid, String), Uuid>;

/// All changes of one message in one step.
#[derive(Default)]
struct Sum {
    content: Option<String>,
    deleted: bool,
    reaction: Option<Option<String>>,
    at: Timestamp,
}

impl Sum {
    fn add(&mut self, change: &Change) -> Result<(), DbErr> {
        match change {
            Change::Edited(content) if !self.deleted => self.content = Some(json(content)?),
            Change::Edited(_) => {}
            Change::Deleted => {
                self.deleted = true;
                self.content = Some(json(&Content::default())?);
            }
            Change::Reacted(emoji) => self.reaction = Some(emoji.clone()),
        }
        Ok(())
    }
}

pub(super) async fn apply(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<Changed, DbErr> {
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for winner in winners {
        for change in &winner.step.writes.changes {
            let place = (winner.step.key.tenant, winner.step.key.id, key(&change.target));
            let sum = sums.entry(place).or_default();
            sum.at = winner.step.at;
            sum.add(&change.change)?;
        }
    }
    let mut rows = tx.rows(CHANGES);
    for ((tenant, conversation, target), sum) in &sums {
        let reactions = sum.reaction.as_ref().and_then(Option::as_ref).map(|emoji| serde_json::json!({ "contact": emoji }).to_string());
        rows.push([
            (*tenant).into(),
            (*conversation).into(),
            target.into(),
            sum.content.as_ref().into(),
            sum.deleted.into(),
            sum.reaction.is_some().into(),
            reactions.as_ref().into(),
            sum.at.into(),
        ]);
    }
    // Words that are gone do not come back by a later edit.
    let sql = "UPDATE message SET content = CASE WHEN message.deleted_at IS NULL THEN COALESCE(r.content, message.content) ELSE message.content END,
               edited_at = CASE WHEN r.content IS NOT NULL AND NOT r.deleted AND message.deleted_at IS NULL THEN r.at ELSE message.edited_at END,
               deleted_at = CASE WHEN r.deleted THEN COALESCE(message.deleted_at, r.at) ELSE message.deleted_at END,
               reactions = CASE WHEN r.reacted THEN r.reactions ELSE message.reactions END
               FROM {rows} WHERE message.tenant_id = r.tenant_id AND message.conversation_id = r.conversation_id
               AND message.external_id = r.external_id
               RETURNING message.tenant_id, message.conversation_id, message.external_id, message.id, message.deleted_by IS NOT NULL AS wiped";
    let (mut changed, mut wiped) = (HashMap::new(), Vec::new());
    for row in tx.all(sql, &rows).await? {
        let (conversation, external_id): (Uuid, String) = (get(&row, "conversation_id")?, get(&row, "external_id")?);
        if get(&row, "wiped")? {
            let tenant: Uuid = get(&row, "tenant_id")?;
            wiped.push(Told { tenant: tenant.into(), conversation: conversation.into(), external_id: external_id.clone() });
        }
        changed.insert((conversation, external_id), get(&row, "id")?);
    }
    forget_what_tells_of(tx, &wiped).await?;
    Ok(changed)
}
