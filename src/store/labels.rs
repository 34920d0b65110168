//! Taking deleted labels off conversations, in bounded parts. Another writer than the conversation's actor: so its version rises, and an actor
//! that still holds the label reads the row again before it writes.

use crate::domain::ids::{LabelId, TenantId};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::rows::{Columns, Kind, Tx, get};
use sea_orm::DbErr;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Conversations of one transaction.
const CHUNK: u32 = 500;
/// Most transactions of one round.
const MOST_CHUNKS: u32 = 20;

const LABEL: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
const TAKEN: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("label_id", Kind::Id)];
const LABELS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("labels", Kind::Text)];

impl Store {
    /// Takes deleted labels off conversations; returns off how many. What is left is for the next round.
    pub(super) async fn take_labels_off(&self) -> Result<u64, StoreError> {
        let sql = "SELECT l.tenant_id, l.id FROM label l WHERE l.deleted_at IS NOT NULL AND (SELECT COUNT(*) FROM {rows}) > 0 LIMIT 20";
        let mut any = self.rows(LABEL);
        any.push([Uuid::nil().into(), Uuid::nil().into()]);
        let mut taken = 0;
        for row in self.fetch(sql, any).await? {
            let read = || Ok::<_, DbErr>((get(&row, "tenant_id")?, get(&row, "id")?));
            let (tenant, label): (Uuid, Uuid) = read().map_err(crate::store::scope::store_error)?;
            taken += self.take_label_off(tenant.into(), label.into()).await?;
        }
        Ok(taken)
    }

    /// Takes one deleted label off conversations, and its row away after the last one.
    pub(super) async fn take_label_off(&self, tenant: TenantId, label: LabelId) -> Result<u64, StoreError> {
        let mut taken = 0;
        for _ in 0..MOST_CHUNKS {
            let part = self.alone(move |tx| Box::pin(async move { take_off(tx, tenant, label).await })).await?;
            taken += part;
            if part < u64::from(CHUNK) {
                break;
            }
        }
        Ok(taken)
    }
}

async fn take_off(tx: Tx<'_>, tenant: TenantId, label: LabelId) -> Result<u64, DbErr> {
    let mut one = tx.rows(LABEL);
    one.push([tenant.into(), label.0.into()]);
    let lock = tx.lock("FOR UPDATE OF c");
    let sql = format!(
        "SELECT c.id, c.labels FROM {{rows}} CROSS JOIN conversation_label g CROSS JOIN conversation c
         WHERE g.tenant_id = r.tenant_id AND g.label_id = r.id AND c.tenant_id = g.tenant_id AND c.id = g.conversation_id
         ORDER BY c.id LIMIT {CHUNK} {lock}"
    );
    let mut taken = tx.rows(TAKEN);
    let mut left = tx.rows(LABELS);
    for row in tx.all(&sql, &one).await? {
        let (conversation, text): (Uuid, Option<String>) = (get(&row, "id")?, get(&row, "labels")?);
        let mut labels: BTreeSet<LabelId> = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        labels.remove(&label);
        let text = (!labels.is_empty()).then(|| crate::store::spelling::json(&labels)).transpose()?;
        left.push([tenant.into(), conversation.into(), text.as_ref().into()]);
        taken.push([tenant.into(), conversation.into(), label.0.into()]);
    }
    let sql = "UPDATE conversation SET labels = r.labels, version = conversation.version + 1
               FROM {rows} WHERE conversation.tenant_id = r.tenant_id AND conversation.id = r.id";
    tx.update("labels of conversations", sql, &left).await?;
    let gone = tx.delete("conversation_label", &taken, "").await?;
    if gone < u64::from(CHUNK) {
        let unused = "AND deleted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM conversation_label g WHERE g.tenant_id = label.tenant_id \
                      AND g.label_id = label.id)";
        tx.delete("label", &one, unused).await?;
    }
    Ok(gone)
}
