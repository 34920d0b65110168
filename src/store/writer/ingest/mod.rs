//! Ingest: a delivery's items become durable rows of the queue, each in its thread's conversation.
//!
//! Order of the writes, which is what makes two nodes with the same first message agree: aliases first, sorted (the second node waits
//! there and then adopts the first one's thread); threads locked and read; the row itself (a repeat stops here and leaves nothing
//! behind); only then contact, thread and conversation of rows that went in.

mod contacts;
mod entry;
mod found;
mod queue;
mod threads;
mod unrouted;

use crate::domain::ids::ConversationKey;
use crate::ports::store::{Ingest, Ingested};
use crate::store::rows::Tx;
use crate::store::writer::feed::Feed;
use entry::{Entry, Fate};
use sea_orm::DbErr;

pub(super) async fn apply(tx: Tx<'_>, ingests: &[&Ingest], feed: &mut Feed) -> Result<Vec<Vec<Ingested>>, DbErr> {
    if ingests.is_empty() {
        return Ok(Vec::new());
    }
    let mut entries = entry::all(tx, ingests);
    let mut threads = threads::find(tx, &mut entries).await?;
    threads::open(tx, &entries, &mut threads).await?;
    for entry in &mut entries {
        let Some(thread) = entry.thread.and_then(|id| threads.get_mut(&id)) else { continue };
        entry.fate = thread.place(tx, entry).map_or(Fate::Unrouted("no_conversation"), Fate::Placed);
    }
    queue::insert(tx, &mut entries).await?;
    threads::forget_empty(tx, &entries, &mut threads).await?;
    contacts::resolve(tx, &entries, &mut threads).await?;
    found::write(tx, &entries, &threads, feed).await?;
    unrouted::insert(tx, &entries).await?;
    Ok(answers(ingests, &entries))
}

fn answers(ingests: &[&Ingest], entries: &[Entry<'_>]) -> Vec<Vec<Ingested>> {
    let mut answers: Vec<Vec<Ingested>> = ingests.iter().map(|ingest| Vec::with_capacity(ingest.items.len())).collect();
    for entry in entries {
        if let Some(answer) = answers.get_mut(entry.op) {
            answer.push(match entry.fate {
                Fate::Stored(key) => Ingested::Accepted(key),
                Fate::Placed(_) | Fate::Repeat => Ingested::Duplicate,
                Fate::Open | Fate::Unrouted(_) => Ingested::Unrouted,
            });
        }
    }
    answers
}

/// Returns the key of a conversation whose row went in.
const fn stored(entry: &Entry<'_>) -> Option<ConversationKey> {
    match entry.fate {
        Fate::Stored(key) => Some(key),
        Fate::Open | Fate::Placed(_) | Fate::Repeat | Fate::Unrouted(_) => None,
    }
}
