//! The messages of steps, with the files that they announce.

use super::Winner;
use crate::domain::conversation::message::{Author, NewMessage};
use crate::domain::conversation::standing::Human;
use crate::domain::delivery::DeliveryState;
use crate::store::rows::{Columns, Kind, Tx};
use crate::store::spelling::{author_columns, json, key};
use sea_orm::DbErr;
use uuid::Uuid;

const MESSAGE: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("seq", Kind::Int),
    ("cycle", Kind::Int),
    ("direction", Kind::Text),
    ("author", Kind::Text),
    ("author_id", Kind::Id),
    ("content", Kind::Text),
    ("external_id", Kind::Text),
    ("inbound_id", Kind::Id),
    ("status", Kind::Text),
    ("status_rank", Kind::Small),
    ("turn_no", Kind::Int),
    ("late", Kind::Bool),
    ("occurred_at", Kind::At),
    ("created_at", Kind::At),
];

const ATTACHMENT: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("message_id", Kind::Id),
    ("ordinal", Kind::Small),
    ("state", Kind::Text),
    ("kind", Kind::Text),
    ("mime_type", Kind::Text),
    ("provider_ref", Kind::Text),
    ("url", Kind::Text),
    ("file_name", Kind::Text),
    ("sha256", Kind::Text),
    ("size", Kind::Int),
    ("voice", Kind::Bool),
    ("created_at", Kind::At),
];

const USED: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("file_id", Kind::Id)];

/// Returns the status that a message begins with: ours are queued, what people wrote at their phone has left already.
pub(super) fn first_status(winner: &Winner<'_>, message: &NewMessage) -> Option<(&'static str, i16)> {
    if winner.step.writes.outbox.iter().any(|row| row.seq == message.seq) {
        return Some(("queued", 0));
    }
    let phone = message.author == Author::Human(Human::Phone);
    phone.then_some((DeliveryState::Delivered.as_str(), DeliveryState::Delivered.rank()))
}

pub(super) async fn insert(tx: Tx<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let mut rows = tx.rows(MESSAGE);
    let mut files = tx.rows(ATTACHMENT);
    let mut used = tx.rows(USED);
    for winner in winners {
        let conversation = winner.step.key;
        for (message, id) in winner.step.writes.messages.iter().zip(&winner.messages) {
            let (author, author_id) = author_columns(message.author);
            let content = json(&message.content)?;
            let external_id = message.external_id.as_deref().map(key);
            let status = first_status(winner, message);
            rows.push([
                conversation.tenant.into(),
                id.0.into(),
                conversation.id.into(),
                message.seq.into(),
                message.cycle.into(),
                message.author.direction().into(),
                author.into(),
                author_id.into(),
                (&content).into(),
                external_id.as_ref().into(),
                message.inbound.map(|row| row.0).into(),
                status.map(|(word, _)| word).into(),
                i64::from(status.map_or(0, |(_, rank)| rank)).into(),
                message.turn_no.into(),
                message.late.into(),
                message.occurred_at.into(),
                message.at.into(),
            ]);
            announce(tx, &mut files, winner, (message, id.0))?;
            for file in message.content.attachments.iter().filter_map(|file| file.file) {
                used.push([conversation.tenant.into(), conversation.id.into(), file.id.0.into()]);
            }
        }
    }
    tx.insert("message", &rows).await?;
    tx.insert("attachment", &files).await?;
    // Held since the command came; from here on a message has them.
    let sql = "UPDATE conversation_file SET held_until = NULL FROM {rows} WHERE conversation_file.tenant_id = r.tenant_id
               AND conversation_file.conversation_id = r.conversation_id AND conversation_file.file_id = r.file_id";
    tx.run(sql, &used).await.map(drop)
}

/// Files that came in are fetched later by a job; what we send ourselves is not fetched.
fn announce(
    tx: Tx<'_>,
    files: &mut crate::store::rows::Rows,
    winner: &Winner<'_>,
    (message, id): (&NewMessage, Uuid),
) -> Result<(), DbErr> {
    if !matches!(message.author, Author::Contact | Author::Human(Human::Phone)) {
        return Ok(());
    }
    let conversation = winner.step.key;
    for (ordinal, file) in (0_i64..).zip(&message.content.attachments) {
        let kind = json(&file.kind)?;
        files.push([
            conversation.tenant.into(),
            tx.id::<Uuid>().into(),
            conversation.id.into(),
            id.into(),
            ordinal.into(),
            "pending".into(),
            kind.trim_matches('"').into(),
            file.mime_type.as_str().into(),
            file.provider_ref.as_ref().into(),
            file.url.as_ref().into(),
            file.file_name.as_ref().into(),
            file.sha256.as_ref().into(),
            file.size.and_then(|size| i64::try_from(size).ok()).into(),
            file.voice.into(),
            message.at.into(),
        ]);
    }
    Ok(())
}
