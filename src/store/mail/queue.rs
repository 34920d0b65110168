//! The store as the queue of mails.

use crate::domain::ids::TenantId;
use crate::domain::mail::{Address, MailKind, Next};
use crate::domain::time::Timestamp;
use crate::ports::faults;
use crate::ports::mail::{Kept, MailQueue, NewMail, TakenMail};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::mail::{message_id, queue};
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, at, get};
use async_trait::async_trait;
use sea_orm::DbErr;

const WINDOW: Columns = &[("now", Kind::At), ("until", Kind::At)];
const LEASE: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("state", Kind::Text),
    ("attempt", Kind::Int),
    ("doubtful", Kind::Int),
    ("leased_until", Kind::At),
];
const END: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("attempt", Kind::Int),
    ("state", Kind::Text),
    ("reason", Kind::Text),
    ("doubtful", Kind::Int),
    ("due_at", Kind::At),
    ("ended_at", Kind::At),
];

/// Due and nobody's.
const DUE: &str = "FROM mail m WHERE m.due_at <= (SELECT r.now FROM {rows})
    AND (m.leased_until IS NULL OR m.leased_until <= (SELECT r.now FROM {rows}))";
const OURS: &str = "mail.tenant_id = r.tenant_id AND mail.id = r.id AND mail.attempt = r.attempt AND mail.leased_until IS NOT NULL";

#[async_trait]
impl MailQueue for Store {
    async fn add_mail(&self, mail: NewMail) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.alone(move |tx| Box::pin(async move { queue(tx, std::slice::from_ref(&mail), now).await })).await
    }

    async fn take_mails(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenMail>, StoreError> {
        let mut window = self.rows(WINDOW);
        window.push([now.into(), until.into()]);
        // Asked first without the writer: most seconds nothing is due.
        if self.fetch(&format!("SELECT 1 AS due {DUE} LIMIT 1"), window.clone()).await?.is_empty() {
            return Ok(Vec::new());
        }
        self.alone(move |tx| Box::pin(async move { take(tx, &window, now, until, limit).await })).await
    }

    async fn begin_mail(&self, mail: &TakenMail, now: Timestamp) -> Result<bool, StoreError> {
        let mut rows = self.rows(LEASE);
        let (attempt, doubtful) = (mail.attempt, mail.doubtful);
        rows.push([mail.tenant.into(), mail.id.into(), "sending".into(), attempt.into(), doubtful.into(), now.into()]);
        let sql = format!("UPDATE mail SET state = 'sending' FROM {{rows}} WHERE {OURS} AND mail.leased_until > r.leased_until");
        let began = self.alone(move |tx| Box::pin(async move { tx.run(&sql, &rows).await })).await?;
        Ok(began == 1)
    }

    async fn end_mail(&self, mail: &TakenMail, next: Next, now: Timestamp) -> Result<(), StoreError> {
        let (state, reason, due) = match &next {
            Next::Sent => ("sent", None, None),
            Next::Retry { at, reason } => ("retry", Some(reason.as_str()), Some(*at)),
            Next::Doubt { at } => ("uncertain", Some("no_answer"), Some(*at)),
            Next::Uncertain => ("uncertain", Some("no_answer"), None),
            Next::Failed { reason } => ("failed", Some(reason.as_str()), None),
            Next::Dropped { reason } => ("dropped", Some(*reason), None),
        };
        let doubtful = mail.doubtful + i64::from(matches!(next, Next::Doubt { .. } | Next::Uncertain));
        let ended = due.is_none().then_some(now);
        let mut rows = self.rows(END);
        let (tenant, id, attempt) = (mail.tenant, mail.id, mail.attempt);
        rows.push([tenant.into(), id.into(), attempt.into(), state.into(), reason.into(), doubtful.into(), due.into(), ended.into()]);
        // What has ended is not read again: its text and its links go at once.
        let sql = format!(
            "UPDATE mail SET state = r.state, reason = r.reason, doubtful = r.doubtful, due_at = r.due_at, ended_at = r.ended_at,
             leased_until = NULL, payload = CASE WHEN r.ended_at IS NULL THEN mail.payload ELSE '' END FROM {{rows}} WHERE {OURS}"
        );
        self.alone(move |tx| Box::pin(async move { tx.run(&sql, &rows).await.map(drop) })).await?;
        faults::hit("mail_after_mark");
        Ok(())
    }

    async fn release_mails(&self) -> Result<(), StoreError> {
        let mut rows = self.rows(WINDOW);
        let now = self.inner.clock.now();
        rows.push([now.into(), now.into()]);
        let sql = "UPDATE mail SET leased_until = r.now FROM {rows} WHERE mail.leased_until > r.now";
        self.alone(move |tx| Box::pin(async move { tx.run(sql, &rows).await.map(drop) })).await
    }
}

async fn take(tx: Tx<'_>, window: &Rows, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<TakenMail>, DbErr> {
    let sql = format!(
        "SELECT m.tenant_id, m.id, m.kind, m.recipient, m.contact_id, m.payload, m.reference, m.state, m.attempt, m.doubtful, m.expires_at, m.created_at
         {DUE} ORDER BY m.due_at, m.id LIMIT {limit} {}",
        tx.lock("FOR UPDATE OF m SKIP LOCKED")
    );
    let (mut mails, mut leases, mut broken) = (Vec::new(), tx.rows(LEASE), tx.rows(END));
    for row in tx.all(&sql, window).await? {
        let state: String = get(&row, "state")?;
        // Whoever was sending it has not come back with an answer.
        let lost = state == "sending";
        match taken(&row, lost) {
            Ok(mail) => {
                let state = if lost { "uncertain" } else { state.as_str() };
                let (attempt, doubtful) = (mail.attempt, mail.doubtful);
                leases.push([mail.tenant.into(), mail.id.into(), state.into(), attempt.into(), doubtful.into(), until.into()]);
                mails.push(mail);
            }
            Err(error) => {
                // One row that cannot be read must not keep the others from leaving.
                tracing::error!(error = %error, "a mail of the queue cannot be read and will not be sent");
                let (tenant, id): (uuid::Uuid, uuid::Uuid) = (get(&row, "tenant_id")?, get(&row, "id")?);
                let (state, reason) = ("failed".into(), "unreadable".into());
                broken.push([tenant.into(), id.into(), 0_i64.into(), state, reason, 0_i64.into(), None::<Timestamp>.into(), now.into()]);
            }
        }
    }
    let sql = "UPDATE mail SET state = r.state, attempt = r.attempt, doubtful = r.doubtful, leased_until = r.leased_until FROM {rows}
               WHERE mail.tenant_id = r.tenant_id AND mail.id = r.id";
    tx.run(sql, &leases).await?;
    let sql = "UPDATE mail SET state = r.state, reason = r.reason, due_at = NULL, ended_at = r.ended_at, payload = '' FROM {rows}
               WHERE mail.tenant_id = r.tenant_id AND mail.id = r.id";
    tx.run(sql, &broken).await?;
    Ok(mails)
}

fn taken(row: &Row, lost: bool) -> Result<TakenMail, DbErr> {
    let unreadable = |what: &str| DbErr::Type(format!("a mail's {what} that this release does not know"));
    let (tenant, reference): (_, String) = (TenantId(get(row, "tenant_id")?), get(row, "reference")?);
    let (kind, to, payload): (String, String, String) = (get(row, "kind")?, get(row, "recipient")?, get(row, "payload")?);
    let (attempt, doubtful): (i64, i64) = (get(row, "attempt")?, get(row, "doubtful")?);
    // Neither error shows what it could not read.
    let kept: Kept = serde_json::from_str(&payload).map_err(|_unshown| unreadable("payload"))?;
    let kind = MailKind::parse(&kind).ok_or_else(|| unreadable("kind"))?;
    let contact: Option<uuid::Uuid> = get(row, "contact_id")?;
    Ok(TakenMail {
        tenant,
        id: get(row, "id")?,
        kind,
        to_customer: contact.is_some() || kind.is_of_an_appointment(),
        to: Address::parse(&to).map_err(|_unshown| unreadable("recipient"))?,
        kept,
        message_id: message_id(tenant, &reference),
        attempt: attempt + 1,
        doubtful: doubtful + i64::from(lost),
        expires: at(row, "expires_at")?,
        created: at(row, "created_at")?,
    })
}
