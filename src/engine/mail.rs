//! The worker for outgoing mails: takes due ones, writes them from what stands now, marks them, hands them over, and notes what came of it.
//!
//! What becomes of a mail is the core's to say ([`after`]). Never logs an address, a subject or a text; a link only where the demo asks for it.

use crate::domain::booking::ics;
use crate::domain::booking::letters::{AppointmentLetter, Letterhead, Subject, tells};
use crate::domain::ids::AppointmentId;
use crate::domain::mail::{Answer, Next, Tries, after};
use crate::domain::suspension::Feature;
use crate::engine::shared::{Lookers, Shared};
use crate::ports::bookings::Bookings;
use crate::ports::faults;
use crate::ports::mail::{
    Attachment, Content, Kept, Letter, Letters, Links, Mail, MailQueue, MailSeals, Mailer, Said, TakenMail, Unopened,
};
use crate::ports::store::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Mails that are under way at once.
const PARALLEL: usize = 4;
/// Longest time for one mail, should the mailer forget its own limits.
const LONGEST: Duration = Duration::from_mins(2);
/// How long a mail is ours: longer than it may take.
const LEASE: Duration = Duration::from_mins(5);
/// Pause before a mail that could not be written, since the database did not answer.
const PAUSE: Duration = Duration::from_secs(30);
/// Pause before a mail of a business that the operator has stopped is looked at again.
const HELD: Duration = Duration::from_mins(5);

/// What the worker needs.
#[derive(Clone)]
pub struct MailPorts {
    /// What must leave.
    pub queue: Arc<dyn MailQueue>,
    /// Who sends; `None`: nobody, and every mail is dropped with that reason.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// The templates.
    pub letters: Arc<dyn Letters>,
    /// Opens what the queue keeps sealed.
    pub seals: Arc<dyn MailSeals>,
    /// The pages that mails lead to; `None`: they lead nowhere.
    pub links: Option<Arc<dyn Links>>,
    /// The book.
    pub book: Arc<dyn Bookings>,
    /// A mail that nobody sends shows its link in the log, if it has one for that: the demo, never a server.
    pub show_links: bool,
}

/// The hands that send, and whether one has ever looked.
pub(crate) struct Look {
    hands: Lookers,
    begun: AtomicBool,
}

impl Default for Look {
    fn default() -> Self {
        Self { hands: Lookers::some(PARALLEL), begun: AtomicBool::new(false) }
    }
}

/// Lets a free hand look for due mails. One that finds something calls the next, so that a mail which takes long holds up no other.
pub(crate) fn look(shared: &Arc<Shared>, state: &Arc<Look>) {
    let Some(ports) = shared.ports.mail.clone() else { return };
    let Some(hand) = state.hands.take() else { return };
    let (shared, state) = (Arc::clone(shared), Arc::clone(state));
    actix::spawn(async move {
        let _hand = hand;
        if let Err(error) = send_due(&shared, &ports, &state).await {
            tracing::warn!(error = %error, "the queue of mails could not be read");
        }
    });
}

async fn send_due(shared: &Arc<Shared>, ports: &MailPorts, state: &Arc<Look>) -> Result<(), StoreError> {
    // The lock proves that whoever had taken mails before us is dead: they need not wait for its lease.
    if !state.begun.swap(true, Ordering::AcqRel) && shared.predecessor_dead {
        ports.queue.release_mails().await.inspect_err(|_| state.begun.store(false, Ordering::Release))?;
    }
    while shared.running.load(Ordering::Acquire) {
        let now = shared.now();
        let looking = shared.stats.look();
        let taken = ports.queue.take_mails(now, now.after(LEASE), 1).await?.pop();
        drop(looking);
        let Some(mail) = taken else { break };
        look(shared, state);
        run(shared, ports, mail).await;
    }
    Ok(())
}

async fn run(shared: &Arc<Shared>, ports: &MailPorts, mail: TakenMail) {
    let Some(next) = attempt(shared, ports, &mail).await else { return };
    match &next {
        Next::Failed { reason } => {
            tracing::warn!(tenant.id = %mail.tenant, mail.id = %mail.id, kind = mail.kind.as_str(), reason, "a mail will not be sent");
        }
        Next::Uncertain => {
            tracing::warn!(tenant.id = %mail.tenant, mail.id = %mail.id, kind = mail.kind.as_str(), "a mail may have been sent or not");
        }
        Next::Sent | Next::Retry { .. } | Next::Doubt { .. } | Next::Dropped { .. } => {}
    }
    if let Some(meters) = shared.stats.meters.get() {
        meters.mail_ended(mail.kind, &next);
    }
    let _looking = shared.stats.look();
    if let Err(error) = ports.queue.end_mail(&mail, next, shared.now()).await {
        tracing::warn!(error = %error, mail.id = %mail.id, "what came of a mail could not be written; it is taken again after its lease");
    }
}

/// Tries once; `None`: the mail is not ours any more, or nobody knows, and its lease decides.
async fn attempt(shared: &Arc<Shared>, ports: &MailPorts, mail: &TakenMail) -> Option<Next> {
    let now = shared.now();
    if mail.expires <= now {
        return Some(if mail.doubtful > 0 { Next::Uncertain } else { Next::Dropped { reason: "expired" } });
    }
    if mail.doubtful > 1 {
        return Some(Next::Uncertain);
    }
    match is_held(shared, mail).await {
        Ok(false) => {}
        Ok(true) => return Some(Next::Retry { at: now.after(HELD), reason: "suspended".to_owned() }),
        Err(_) => return Some(Next::Retry { at: now.after(PAUSE), reason: "database".to_owned() }),
    }
    let Some(mailer) = &ports.mailer else {
        tell_unsent(ports, mail);
        return Some(Next::Dropped { reason: "no_smtp" });
    };
    let letter = match write(shared, ports, mail).await {
        Ok(Some(letter)) => letter,
        Ok(None) => return Some(Next::Dropped { reason: "superseded" }),
        Err(Stop::Sealed) => return Some(Next::Failed { reason: "unreadable".to_owned() }),
        Err(Stop::Template) => return Some(Next::Failed { reason: "template".to_owned() }),
        Err(Stop::Store) => return Some(Next::Retry { at: now.after(PAUSE), reason: "database".to_owned() }),
    };
    let looking = shared.stats.look();
    let begun = ports.queue.begin_mail(mail, shared.now()).await;
    drop(looking);
    match begun {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => {
            tracing::warn!(error = %error, mail.id = %mail.id, "a mail could not be marked before it is sent, so it waits");
            return None;
        }
    }
    faults::hit("mail_before_send");
    let outgoing = Mail { to: mail.to.clone(), letter, message_id: mail.message_id.clone(), date: mail.created };
    let late = shared.ports.clock.sleep_until(shared.moment().after(LONGEST));
    let answer = tokio::select! {
        answer = mailer.send(&outgoing) => answer,
        () = late => Answer::Unknown,
    };
    faults::hit("mail_before_mark");
    let doubtful = mail.doubtful + i64::from(answer == Answer::Unknown);
    let tries = Tries { made: mail.attempt, doubtful };
    Some(after(answer, tries, mail.expires, shared.now(), shared.ports.ids.below(1_000)))
}

/// Tells whether the operator has stopped what the business sends. What its own members are told of their accounts leaves all the same.
async fn is_held(shared: &Arc<Shared>, mail: &TakenMail) -> Result<bool, StoreError> {
    if !mail.to_customer {
        return Ok(false);
    }
    let looking = shared.stats.look();
    let tenant = shared.ports.directory.tenant(mail.tenant).await?;
    drop(looking);
    Ok(tenant.is_some_and(|tenant| !tenant.stopped.lets(Feature::Outgoing)))
}

/// Says that a mail of this kind was not sent; the demo also shows the link for which it was made.
fn tell_unsent(ports: &MailPorts, mail: &TakenMail) {
    let kind = mail.kind.as_str();
    let link = if ports.show_links { opened(ports, mail).ok().and_then(|said| said.link) } else { None };
    match link {
        Some(link) => tracing::info!(kind, link = %link.0, "a mail was not sent, since no SMTP server is set: open its link"),
        None => tracing::info!(kind, mail.id = %mail.id, "a mail was not sent, since no SMTP server is set"),
    }
}

/// Returns what a mail says, for as long as it is being written.
fn opened(ports: &MailPorts, mail: &TakenMail) -> Result<Said, Unopened> {
    match &mail.kept {
        Kept::Clear(said) => Ok(said.clone()),
        Kept::Sealed { sealed } => ports.seals.open(mail.tenant, mail.id, sealed),
    }
}

/// Why a mail could not be written.
enum Stop {
    /// The database.
    Store,
    /// The template.
    Template,
    /// What it says does not open.
    Sealed,
}

impl From<StoreError> for Stop {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

/// Writes the letter as things stand now; `None`: there is nothing true to say any more.
async fn write(shared: &Arc<Shared>, ports: &MailPorts, mail: &TakenMail) -> Result<Option<Letter>, Stop> {
    let said = opened(ports, mail).map_err(|Unopened| Stop::Sealed)?;
    match said.content {
        Content::Letter(letter) => Ok(Some(*letter)),
        Content::Appointment { id, version, start } => {
            appointment(shared, ports, mail, id, Subject { kind: mail.kind, version, start }).await
        }
    }
}

async fn appointment(
    shared: &Arc<Shared>,
    ports: &MailPorts,
    mail: &TakenMail,
    id: AppointmentId,
    subject: Subject,
) -> Result<Option<Letter>, Stop> {
    let row = ports.book.appointment(mail.tenant, id).await?;
    let Some(row) = row.filter(|row| tells(subject, row, shared.now())) else { return Ok(None) };
    let (agenda, tenant) = (ports.book.agenda(mail.tenant).await?, shared.ports.directory.tenant(mail.tenant).await?);
    let (Some(agenda), Some(tenant)) = (agenda, tenant) else { return Ok(None) };
    let place = tenant.facts.address.get(row.language.code()).or_else(|| tenant.facts.address.values().next());
    let link = ports.links.as_ref().map(|links| links.appointment(mail.tenant, id));
    let head = Letterhead { business: &tenant.name, place: place.map(String::as_str), link: link.as_deref() };
    let values = AppointmentLetter::of(mail.kind, &row, &agenda, head);
    let rendered = ports.letters.appointment(row.language, &values).map_err(|error| {
        tracing::error!(error = %error, "a mail could not be rendered");
        Stop::Template
    })?;
    let organizer = ports.links.as_ref().map_or(ics::NOBODY, |links| links.organizer());
    let calendar = values.calendar(&row, organizer);
    let file = Attachment {
        name: "appointment.ics".to_owned(),
        media_type: format!("text/calendar; method={}; charset=utf-8", ics::method(row.status)),
        bytes: calendar.into_bytes(),
    };
    Ok(Some(Letter {
        subject: rendered.subject,
        text: rendered.text,
        html: Some(rendered.html),
        from_name: Some(tenant.name.clone()),
        reply_to: None,
        attachments: vec![file],
    }))
}
