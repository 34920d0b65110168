//! One transaction of the writer: operations by kind, applied set by set, then the numbers of the tenants' feeds.
//!
//! Order of kinds: marks (so that the next row may be claimed), statuses (a mark of the same batch has told the provider's id),
//! ingest, commands, steps, claims; feeds last, so that their locks live for one fsync only.

use crate::domain::conversation::effect::InboundState;
use crate::ports::faults;
use crate::ports::store::{
    ClaimOutbox, Claimed, CommandAccepted, CommitError, CommitStep, Committed, Ingest, Ingested, Mark, MarkOutbox, Marked, NewCommand,
    Published,
};
use crate::store::rows::{Kind, Tx};
use crate::store::writer::feed::{Feed, Source};
use crate::store::writer::{Statuses, StatusesApplied, claim, command, commit, ingest, mark, status};
use sea_orm::{DbBackend, DbErr};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What one transaction must do.
pub(super) struct Work<'a> {
    pub desk: commit::Desk<'a>,
    pub ingests: Vec<&'a Ingest>,
    pub statuses: Vec<&'a Statuses>,
    pub commands: Vec<&'a NewCommand>,
    pub commits: Vec<&'a CommitStep>,
    pub claims: Vec<&'a ClaimOutbox>,
    pub marks: Vec<&'a MarkOutbox>,
}

/// What it came to, in the order of the work.
#[derive(Default)]
pub(super) struct Outcome {
    pub ingests: Vec<Vec<Ingested>>,
    pub statuses: Vec<StatusesApplied>,
    pub commands: Vec<CommandAccepted>,
    pub commits: Vec<Result<Committed, CommitError>>,
    pub claims: Vec<Claimed>,
    pub marks: Vec<Marked>,
    /// Every event, in order of its number within its tenant.
    pub published: Vec<Arc<Published>>,
}

impl Work<'_> {
    /// Passes the fault points of the parts that this work has: ingest, recording steps, sending steps, booking steps. The lane passes its own.
    pub fn points(&self, [ingest, record, send, book]: [&'static str; 4]) {
        if !self.ingests.is_empty() {
            faults::hit(ingest);
        }
        let records = |step: &&CommitStep| step.writes.inbound.iter().any(|row| row.from == InboundState::New);
        if self.commits.iter().any(records) {
            faults::hit(record);
        }
        if self.commits.iter().any(|step| !step.writes.outbox.is_empty()) {
            faults::hit(send);
        }
        if self.commits.iter().any(|step| step.writes.booking.is_some()) {
            faults::hit(book);
        }
    }
}

/// Applies the work. An error means that nothing may stand.
pub(super) async fn apply(tx: Tx<'_>, work: &Work<'_>) -> Result<Outcome, DbErr> {
    let mut feed = Feed::default();
    lock_provider_ids(tx, work).await?;
    let mut outcome = Outcome {
        marks: mark::apply(tx, &work.marks, &mut feed).await?,
        statuses: status::apply(tx, &work.statuses, &mut feed).await?,
        ingests: ingest::apply(tx, &work.ingests, &mut feed).await?,
        commands: command::apply(tx, &work.commands).await?,
        commits: commit::apply(tx, &work.commits, work.desk, &mut feed).await?,
        claims: claim::apply(tx, &work.claims, &mut feed).await?,
        published: Vec::new(),
    };
    for (source, event) in feed.number(tx).await? {
        match source {
            Source::Ingest | Source::Claim | Source::Removal | Source::Survey => {}
            Source::Mark(place) => {
                if let Some(marked) = outcome.marks.get_mut(place) {
                    marked.published.push(Arc::clone(&event));
                }
            }
            Source::Status(place) => {
                if let Some((_, published)) = outcome.statuses.get_mut(place) {
                    published.push(Arc::clone(&event));
                }
            }
            Source::Commit(place) => {
                if let Some(Ok(committed)) = outcome.commits.get_mut(place) {
                    committed.published.push(Arc::clone(&event));
                }
            }
        }
        outcome.published.push(event);
    }
    Ok(outcome)
}

/// A status and the answer of its send may come to two nodes at once: neither may miss the other, so both take the inbox's lock.
async fn lock_provider_ids(tx: Tx<'_>, work: &Work<'_>) -> Result<(), DbErr> {
    if tx.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sent = work.marks.iter().filter(|mark| matches!(mark.mark, Mark::Sent { .. })).map(|mark| mark.inbox);
    let inboxes: BTreeSet<_> = sent.chain(work.statuses.iter().map(|statuses| statuses.inbox)).collect();
    let mut rows = tx.rows(&[("inbox_id", Kind::Text)]);
    for inbox in inboxes {
        rows.push([(&inbox.to_string()).into()]);
    }
    tx.all("SELECT pg_advisory_xact_lock(hashtextextended(r.inbox_id, 7)) IS NULL AS locked FROM {rows}", &rows).await.map(drop)
}
