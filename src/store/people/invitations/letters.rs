//! The mail by which somebody is asked: queued with the invitation, and what has become of it, for whoever asked.

use crate::domain::account::invitation::{Asking, invitation};
use crate::domain::ids::{InvitationId, TenantId};
use crate::domain::language::Language;
use crate::domain::mail::{Address, MailKind};
use crate::domain::time::Timestamp;
use crate::domain::when::labels::{HourStyle, Labels};
use crate::ports::ids::IdSource;
use crate::ports::mail::{Content, Letter, Link, NewMail};
use crate::store::mail::{MailSeal, queue_sealed};
use crate::store::people::invitations::InvitationRow;
use crate::store::rows::Tx;
use entities::{mail, member, tenant};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;

/// What has become of the mail with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It waits, perhaps for another try; what kept it.
    Waiting(Option<String>),
    /// The server has taken it.
    Sent,
    /// It will not be delivered, and why.
    Failed(Option<String>),
    /// It may have been sent or not.
    Uncertain,
    /// Nobody has sent it, and why: without an SMTP server the link is handed over by whoever asks.
    NotSent(Option<String>),
}

impl Posted {
    fn read(state: &str, reason: Option<String>) -> Self {
        match state {
            "sent" => Self::Sent,
            "failed" => Self::Failed(reason),
            "uncertain" => Self::Uncertain,
            "dropped" => Self::NotSent(reason),
            _ => Self::Waiting(reason),
        }
    }
}

/// Names the mail of an invitation's newest link: a resent one is another mail.
fn reference(id: InvitationId, made: Timestamp) -> String {
    format!("invitation:{id}:{}", made.micros())
}

/// Queues the letter, in the language and the zone of the business. An address that is none gets none.
pub(super) async fn post(
    (tx, ids): (&DatabaseTransaction, &dyn IdSource),
    tenant: TenantId,
    row: &InvitationRow,
    (link, seal): (&SecretString, &MailSeal),
    now: Timestamp,
) -> Result<(), DbErr> {
    use member::Column as M;
    let Ok(to) = Address::parse(&row.email) else { return Ok(()) };
    let Some(business) = tenant::Entity::find_by_id(tenant.0).one(tx).await? else { return Ok(()) };
    let by = member::Entity::find().filter(M::TenantId.eq(tenant.0)).filter(M::Id.eq(row.invited_by.0)).one(tx).await?;
    let by = by.map(|by| by.name).unwrap_or_default();
    let language = Language::of_locale(&business.locale).unwrap_or_default();
    let zone = business.timezone.parse().unwrap_or(chrono_tz::UTC);
    let until = Labels { zone, language, hours: HourStyle::of_locale(&business.locale) }.moment_with_zone(row.expires_at);
    let asking = Asking { by: &by, business: &business.name, role: row.place.role, until: &until, link: link.expose_secret() };
    let (subject, text) = invitation(language, &asking);
    let letter = Letter { subject, text, html: None, from_name: Some("Recado".to_owned()), reply_to: None, attachments: Vec::new() };
    let mail = NewMail {
        tenant,
        kind: MailKind::Invitation,
        to,
        contact: None,
        content: Content::Letter(Box::new(letter)),
        reference: reference(row.id, row.created_at),
        expires: row.expires_at,
    };
    let link = Link(link.expose_secret().to_owned());
    queue_sealed(Tx::new(tx, ids), seal, (&mail, &link), now).await
}

/// Tells of each invitation what has become of the mail with its newest link.
pub(super) async fn look(tx: &DatabaseTransaction, tenant: TenantId, rows: &mut [InvitationRow]) -> Result<(), DbErr> {
    use mail::Column as C;
    let names: Vec<String> = rows.iter().map(|row| reference(row.id, row.created_at)).collect();
    // What a mail says is not people's to read, and no column of it is asked for.
    let mails = mail::Entity::find().select_only().columns([C::Reference, C::State, C::Reason]);
    let mails = mails.filter(C::TenantId.eq(tenant.0)).filter(C::Reference.is_in(names)).into_tuple::<(String, String, Option<String>)>();
    let mut found: HashMap<String, Posted> =
        mails.all(tx).await?.into_iter().map(|(reference, state, reason)| (reference, Posted::read(&state, reason))).collect();
    for row in rows {
        row.posted = found.remove(&reference(row.id, row.created_at));
    }
    Ok(())
}
