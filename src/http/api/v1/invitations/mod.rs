//! Invitations of colleagues. The link is mailed; where no SMTP server is set it is shown to whoever asks, once. Only its hash is kept.

pub mod create;
pub mod list;
pub mod remove;
pub mod resend;

use crate::crypto::mac::hex;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens;
use crate::domain::ids::InvitationId;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::api::v1::members::{PlaceView, no_inbox, no_team};
use crate::http::problem::Problem;
use crate::store::people::invitations::{InvitationRow, Invited, Posted, Ticket};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An invitation that is neither accepted nor taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvitationView {
    /// Its id.
    id: Uuid,
    /// Who was asked.
    email: String,
    /// What he is to be.
    #[serde(flatten)]
    place: PlaceView,
    /// The member who asked.
    invited_by: Uuid,
    /// When the newest link was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Until when the link is good.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// What has become of the mail with the newest link; null if it is long ago.
    mail: Option<MailView>,
}

/// What has become of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MailView {
    /// `waiting`, `sent`, `failed`, `uncertain` (it may have been sent or not) or `not_sent` (no SMTP server is set, or it came too late).
    state: &'static str,
    /// What kept or ended it, such as `smtp_550`; null if nothing is known.
    reason: Option<String>,
}

impl From<Posted> for MailView {
    fn from(posted: Posted) -> Self {
        let (state, reason) = match posted {
            Posted::Waiting(reason) => ("waiting", reason),
            Posted::Sent => ("sent", None),
            Posted::Failed(reason) => ("failed", reason),
            Posted::Uncertain => ("uncertain", None),
            Posted::NotSent(reason) => ("not_sent", reason),
        };
        Self { state, reason }
    }
}

impl From<InvitationRow> for InvitationView {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: row.id.0,
            email: row.email,
            place: row.place.into(),
            invited_by: row.invited_by.0,
            created_at: row.created_at,
            expires_at: row.expires_at,
            mail: row.posted.map(MailView::from),
        }
    }
}

/// An invitation, with its link where nobody mails it: then it is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewInvitationView {
    /// The invitation.
    #[serde(flatten)]
    invitation: InvitationView,
    /// The address of the page at which it is accepted, to be handed over by whoever asks; null where it is mailed. The token stands in the
    /// fragment, which no server sees.
    link: Option<String>,
}

/// Makes a link. It begins with the address that the operator has set, whatever a request says.
fn mint(state: &HttpState) -> Result<Ticket, Problem> {
    let random = random_bytes().map_err(|error| {
        tracing::error!(error = %error, "no link was made");
        Problem::internal()
    })?;
    let (token, hash) = tokens::mint_as(tokens::INVITATION_PREFIX, random);
    let mut link = state.accounts.settings().public_url.clone();
    link.set_path("/join");
    link.set_fragment(Some(&format!("token={}", token.expose_secret())));
    Ok(Ticket { hash: hex(&hash), link: SecretString::from(link.to_string()), seal: state.accounts.mail_seal() })
}

/// Reads the id in a path; what is no id names nothing.
fn read_path(id: &str) -> Result<InvitationId, Problem> {
    id.parse().ok().ok_or_else(Problem::not_found)
}

/// Shows what became of a wish to ask somebody.
fn shown(state: &HttpState, invited: Invited, link: &SecretString) -> Result<NewInvitationView, Problem> {
    match invited {
        Invited::Made(row) => {
            let link = (!state.accounts.settings().mails).then(|| link.expose_secret().to_owned());
            Ok(NewInvitationView { invitation: (*row).into(), link })
        }
        Invited::Absent => Err(Problem::not_found()),
        Invited::IsMember => Err(Problem::conflict("there is already a member with this address").with_error("email", "is a member")),
        Invited::TooMany => Err(Problem::conflict("too many invitations are open: take some back").with_code("too_many_invitations")),
        Invited::Limit(reached) => Err(reached.into()),
        Invited::NoInbox => Err(no_inbox()),
        Invited::NoTeam => Err(no_team()),
        Invited::Refused(refusal) => Err(refusal.into()),
    }
}
