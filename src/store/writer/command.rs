//! People's commands become rows of the queue; a repeat finds the first one and its outcome.

use crate::domain::ids::InboundId;
use crate::ports::store::{CommandAccepted, NewCommand};
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::spelling::{from_json, json, key};
use sea_orm::DbErr;
use std::collections::{BTreeMap, HashMap};

const COMMAND: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("external_id", Kind::Text),
    ("kind", Kind::Text),
    ("conversation_id", Kind::Id),
    ("part", Kind::Small),
    ("payload", Kind::Text),
    ("state", Kind::Text),
    ("fingerprint", Kind::Text),
    ("occurred_at", Kind::At),
    ("received_at", Kind::At),
];

pub(super) async fn apply(tx: Tx<'_>, commands: &[&NewCommand]) -> Result<Vec<CommandAccepted>, DbErr> {
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<InboundId> = commands.iter().map(|_| tx.id()).collect();
    // Sorted by key, so that two nodes never wait for each other; the first of equal ones wins.
    let mut unique = BTreeMap::new();
    for (command, id) in commands.iter().zip(&ids) {
        unique.entry((command.key.tenant, command.inbox, key(&command.external_id))).or_insert((*command, *id));
    }
    let mut rows = tx.rows(COMMAND);
    for ((tenant, inbox, external_id), (command, id)) in &unique {
        let payload = json(&command.happening)?;
        rows.push([
            (*tenant).into(),
            id.0.into(),
            (*inbox).into(),
            external_id.into(),
            "command".into(),
            command.key.id.into(),
            i64::from(command.key.part.0).into(),
            (&payload).into(),
            "new".into(),
            (&command.fingerprint).into(),
            command.at.into(),
            command.at.into(),
        ]);
    }
    tx.put("inbound", &rows, "ON CONFLICT (tenant_id, inbox_id, external_id) DO NOTHING").await?;
    let stored = read_back(tx, &rows).await?;
    commands.iter().zip(ids).map(|(command, id)| answer(command, id, &stored)).collect()
}

struct Stored {
    id: InboundId,
    fingerprint: Option<String>,
    outcome: Option<String>,
}

type ByKey = HashMap<(uuid::Uuid, uuid::Uuid, String), Stored>;

async fn read_back(tx: Tx<'_>, rows: &crate::store::rows::Rows) -> Result<ByKey, DbErr> {
    let sql = "SELECT i.tenant_id, i.inbox_id, i.external_id, i.id, i.fingerprint, i.outcome FROM {rows} CROSS JOIN inbound i
               WHERE i.tenant_id = r.tenant_id AND i.inbox_id = r.inbox_id AND i.external_id = r.external_id";
    let mut stored = HashMap::new();
    for row in tx.all(sql, rows).await? {
        let key = (get(&row, "tenant_id")?, get(&row, "inbox_id")?, get(&row, "external_id")?);
        let id: uuid::Uuid = get(&row, "id")?;
        stored.insert(key, Stored { id: InboundId(id), fingerprint: get(&row, "fingerprint")?, outcome: get(&row, "outcome")? });
    }
    Ok(stored)
}

fn answer(command: &NewCommand, id: InboundId, stored: &ByKey) -> Result<CommandAccepted, DbErr> {
    let key = (command.key.tenant.0, command.inbox.0, key(&command.external_id));
    let row = stored.get(&key).ok_or_else(|| DbErr::Custom("a command is missing".to_owned()))?;
    if row.id == id {
        return Ok(CommandAccepted::New(id));
    }
    if row.fingerprint.as_ref() != Some(&command.fingerprint) {
        return Ok(CommandAccepted::Mismatch);
    }
    Ok(CommandAccepted::Repeat { id: row.id, outcome: row.outcome.as_deref().map(from_json).transpose()? })
}
