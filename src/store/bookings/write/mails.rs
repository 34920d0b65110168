//! Mails that changes of appointments ask for, queued in the act's own transaction: by appointment, version and kind, so that a repeat adds
//! nothing. An address that is none gets no mail; it stops no booking.

use super::Change;
use crate::domain::booking::Agenda;
use crate::domain::booking::letters::mail_of;
use crate::domain::ids::TenantId;
use crate::domain::mail::{Address, TRIED_FOR};
use crate::domain::time::Timestamp;
use crate::ports::mail::{Content, NewMail};
use crate::store::mail::queue;
use crate::store::rows::Tx;
use sea_orm::DbErr;

/// Queues what the changes ask for; the mails are told from the rows that stand when they leave.
pub(in crate::store::bookings) async fn mails(
    tx: Tx<'_>,
    tenant: TenantId,
    changes: &[Change<'_>],
    agenda: &Agenda,
    now: Timestamp,
) -> Result<(), DbErr> {
    let mut mails = Vec::new();
    for Change { before, after } in changes {
        let Some(kind) = mail_of(*before, after, agenda, now) else { continue };
        let Some(to) = after.email.as_deref().and_then(|text| Address::parse(text).ok()) else { continue };
        mails.push(NewMail {
            tenant,
            kind,
            to,
            contact: after.contact,
            content: Content::Appointment { id: after.id, version: after.version, start: Some(after.span.start) },
            reference: format!("appointment:{}:{}:{}", after.id, after.version, kind.as_str()),
            expires: now.after(TRIED_FOR).min(after.span.start),
            show_link_in_demo: None,
        });
    }
    queue(tx, &mails, now).await
}
