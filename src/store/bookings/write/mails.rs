//! Mails that changes of appointments ask for, queued in the act's own transaction: by appointment, version and kind, so that a repeat adds
//! nothing. They go to the appointment's own address, else to its contact's. An address that is none gets no mail; it stops no booking.

use super::Change;
use crate::domain::booking::Agenda;
use crate::domain::booking::Appointment;
use crate::domain::booking::letters::mail_of;
use crate::domain::ids::{ContactId, TenantId};
use crate::domain::mail::{Address, MailKind, TRIED_FOR};
use crate::domain::time::Timestamp;
use crate::ports::mail::{Content, NewMail};
use crate::store::mail::queue;
use crate::store::rows::{Columns, Kind, Tx, get};
use sea_orm::DbErr;
use std::collections::HashMap;

const CONTACT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// Queues what the changes ask for; the mails are told from the rows that stand when they leave.
pub(in crate::store::bookings) async fn mails(
    tx: Tx<'_>,
    tenant: TenantId,
    changes: &[Change<'_>],
    agenda: &Agenda,
    now: Timestamp,
) -> Result<(), DbErr> {
    let told: Vec<(&Appointment, MailKind)> =
        changes.iter().filter_map(|change| Some((change.after, mail_of(change.before, change.after, agenda, now)?))).collect();
    let known = addresses(tx, tenant, told.iter().filter(|(row, _)| row.email.is_none()).filter_map(|(row, _)| row.contact)).await?;
    let mut mails = Vec::new();
    for (after, kind) in told {
        let address = after.email.as_ref().or_else(|| known.get(&after.contact?));
        let Some(to) = address.and_then(|text| Address::parse(text).ok()) else { continue };
        mails.push(NewMail {
            tenant,
            kind,
            to,
            contact: after.contact,
            content: Content::Appointment { id: after.id, version: after.version, start: Some(after.span.start) },
            reference: format!("appointment:{}:{}:{}", after.id, after.version, kind.as_str()),
            expires: now.after(TRIED_FOR).min(after.span.start),
        });
    }
    queue(tx, &mails, now).await
}

/// Returns the addresses that contacts are known by.
async fn addresses(tx: Tx<'_>, tenant: TenantId, contacts: impl Iterator<Item = ContactId>) -> Result<HashMap<ContactId, String>, DbErr> {
    let mut rows = tx.rows(CONTACT);
    for contact in contacts {
        rows.push([tenant.into(), contact.0.into()]);
    }
    let sql = "SELECT c.id, c.email FROM {rows} CROSS JOIN contact c
               WHERE c.tenant_id = r.tenant_id AND c.id = r.id AND c.email IS NOT NULL";
    let found = tx.all(sql, &rows).await?;
    found.iter().map(|row| Ok((ContactId(get(row, "id")?), get(row, "email")?))).collect()
}
