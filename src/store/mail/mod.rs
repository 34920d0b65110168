//! The queue of outgoing mails. A mail is written in the transaction of its cause, and once: its reference is unique in its tenant.
//!
//! The row decides: it is taken under a lease that the number of the try names, marked before it is handed over, and keeps neither text nor
//! link once it has ended. What bears a link that opens something is sealed until then. This room never sends and never decides what becomes of a mail.

mod queue;
mod seal;
#[cfg(test)]
mod tests;

pub use seal::MailSeal;

use crate::crypto::mac::sha256_hex;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::ports::mail::{Kept, Link, NewMail, Said};
use crate::store::rows::{Cell, Columns, Kind, Rows, Tx};
use crate::store::spelling::json;
use sea_orm::DbErr;
use uuid::Uuid;

/// Longest reference.
const MOST_REFERENCE: usize = 200;
/// Longest payload, in bytes: what belongs to one mail, files included.
const MOST_PAYLOAD: usize = 1 << 20;

const MAIL: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("kind", Kind::Text),
    ("recipient", Kind::Text),
    ("contact_id", Kind::Id),
    ("payload", Kind::Text),
    ("reference", Kind::Text),
    ("state", Kind::Text),
    ("attempt", Kind::Int),
    ("doubtful", Kind::Int),
    ("due_at", Kind::At),
    ("expires_at", Kind::At),
    ("created_at", Kind::At),
];

/// Queues mails inside the transaction of their cause, due at once. One whose reference is known is there already, and not an error.
///
/// # Errors
/// The database's; also a mail that is too long for the queue, which undoes its cause too.
pub(in crate::store) async fn queue(tx: Tx<'_>, mails: &[NewMail], now: Timestamp) -> Result<(), DbErr> {
    let mut rows = tx.rows(MAIL);
    for mail in mails {
        let kept = Kept::Clear(Said { content: mail.content.clone(), link: None });
        push(&mut rows, (tx.id(), mail), &kept, now)?;
    }
    put(tx, &rows).await
}

/// As [`queue()`], for a mail with a link that opens something: what it says is readable by nobody but its sender.
///
/// # Errors
/// As [`queue()`]; also if it cannot be sealed.
pub(in crate::store) async fn queue_sealed(
    tx: Tx<'_>,
    seal: &MailSeal,
    (mail, link): (&NewMail, &Link),
    now: Timestamp,
) -> Result<(), DbErr> {
    let (id, mut rows): (Uuid, _) = (tx.id(), tx.rows(MAIL));
    let said = Said { content: mail.content.clone(), link: Some(link.clone()) };
    push(&mut rows, (id, mail), &seal.close(mail.tenant, id, &said)?, now)?;
    put(tx, &rows).await
}

fn push(rows: &mut Rows, (id, mail): (Uuid, &NewMail), kept: &Kept, now: Timestamp) -> Result<(), DbErr> {
    let payload = json(kept)?;
    if mail.reference.len() > MOST_REFERENCE || payload.len() > MOST_PAYLOAD {
        return Err(DbErr::Custom("a mail is too long for the queue".to_owned()));
    }
    rows.push([
        mail.tenant.into(),
        id.into(),
        mail.kind.as_str().into(),
        mail.to.as_str().into(),
        mail.contact.map_or(Cell::Null, |contact| contact.0.into()),
        (&payload).into(),
        (&mail.reference).into(),
        "pending".into(),
        0_i64.into(),
        0_i64.into(),
        now.into(),
        mail.expires.into(),
        now.into(),
    ]);
    Ok(())
}

async fn put(tx: Tx<'_>, rows: &Rows) -> Result<(), DbErr> {
    tx.put("mail", rows, "ON CONFLICT (tenant_id, reference) DO NOTHING").await.map(drop)
}

/// Derives the name that all tries of a mail bear. Says nothing of its cause to those who read it.
fn message_id(tenant: TenantId, reference: &str) -> String {
    let digest = sha256_hex(format!("mail/{tenant}/{reference}").as_bytes());
    digest.chars().take(40).collect()
}
