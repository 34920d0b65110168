//! Search over a database that `recado bench fill` has filled: p50 and p95 of each kind of question.
//!
//! `cargo bench --bench search -- --database URL [--conversations 1000000] [--rounds 100]`. Figures: `docs/performance.md`.

use anyhow::{Context, bail};
use recado::crypto::ids::SystemIds;
use recado::domain::ids::{ConversationId, InboxId};
use recado::domain::membership::Visibility;
use recado::domain::search::Wanted;
use recado::domain::time::Timestamp;
use recado::net::clock::SystemClock;
use recado::store::connect::StoreOptions;
use recado::store::fill::{Plan, planned};
use recado::store::people::search::{ContactSearch, MessageSearch};
use recado::store::{Store, TenantScope};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What to ask, by what it is.
const MESSAGES: [(&str, &str); 12] = [
    ("common word", "\"cita\""),
    ("common word, as a beginning", "cita"),
    ("beginning of one letter", "c"),
    ("beginning of three letters", "ort"),
    ("beginning of five letters", "ortod"),
    ("word of one message in 30", "\"17\""),
    ("word of one message in 1,000", "\"17\" ortodoncia lunes"),
    ("two common words", "cita viernes"),
    ("common and rare word", "cita ornitorrinco"),
    ("rare word", "ornitorrinco"),
    ("phrase", "\"una cita libre\""),
    ("no hit", "xyzzy"),
];
const CONTACTS: [(&str, &str); 7] = [
    ("common name", "\"garcía\""),
    ("beginning of a name", "gar"),
    ("beginning of one letter", "g"),
    ("two names", "ana muñoz"),
    ("number without its country", "600 12 34 60"),
    ("beginning of an address", "radico"),
    ("no hit", "xyzzy"),
];

struct Setup {
    database: String,
    plan: Plan,
    rounds: usize,
}

fn setup() -> anyhow::Result<Setup> {
    let until = Timestamp::from_secs(1_790_000_000);
    let mut plan = Plan { conversations: 1_000_000, seed: 7, until };
    let (mut database, mut rounds) = (None, 100);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            // What cargo adds.
            "--bench" => {}
            "--database" => database = Some(value()?),
            "--conversations" => plan.conversations = value()?.parse()?,
            "--rounds" => rounds = value()?.parse()?,
            other => bail!("no argument {other}"),
        }
    }
    Ok(Setup { database: database.context("--database is missing")?, plan, rounds })
}

fn main() -> anyhow::Result<()> {
    let setup = setup()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(&setup))
}

async fn run(setup: &Setup) -> anyhow::Result<()> {
    let store = Store::open(&StoreOptions::new(&setup.database), Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await?;
    let filled = planned(&setup.plan).context("no tenants")?;
    let large = store.tenant(filled.large.id);
    let inbox = *filled.large.inboxes.first().context("no inbox")?;
    let small = store.tenant(filled.small.first().context("no small tenant")?.id);
    line("| question | hits | p50 ms | p95 ms |")?;
    line("|---|---|---|---|")?;
    for (what, query) in MESSAGES {
        messages(setup, &large, &format!("messages: {what}"), said(query)?).await?;
    }
    let limited = large.clone().limited_to(Visibility::of([inbox]));
    messages(setup, &limited, "messages: common word, one inbox of twelve", said("cita")?).await?;
    messages(setup, &small, "messages: common word, small tenant", said("cita")?).await?;
    messages(setup, &small, "messages: beginning of one letter, small tenant", said("c")?).await?;
    let year = Some(setup.plan.until.before(Duration::from_secs(365 * 86_400)));
    messages(setup, &large, "messages: common word, a year ago", MessageSearch { to: year, ..said("cita")? }).await?;
    let talk = large.search_messages(said("ornitorrinco")?, 1).await?.rows.pop().map(|hit| hit.message.conversation);
    messages(setup, &large, "messages: one conversation", MessageSearch { conversation: talk, ..said("cita")? }).await?;
    for (what, query) in CONTACTS {
        contacts(setup, &large, &format!("contacts: {what}"), query).await?;
    }
    contacts(setup, &limited, "contacts: common name, one inbox of twelve", "garcia").await?;
    contacts(setup, &small, "contacts: common name, small tenant", "garcia").await
}

fn said(query: &str) -> anyhow::Result<MessageSearch> {
    let (conversation, inbox): (Option<ConversationId>, Option<InboxId>) = (None, None);
    Ok(MessageSearch { wanted: Wanted::parse(query)?, conversation, inbox, from: None, to: None, spam: false, before: None })
}

/// The first page again and again; each second round goes on to the next one, so that not only the newest rows are warm.
async fn messages(setup: &Setup, scope: &TenantScope, what: &str, search: MessageSearch) -> anyhow::Result<()> {
    let (mut times, mut hits, mut before) = (Vec::new(), 0, None);
    for _ in 0..setup.rounds {
        let begun = now();
        let page = scope.search_messages(MessageSearch { before, ..search.clone() }, 50).await?;
        times.push(begun.elapsed());
        hits = hits.max(page.rows.len());
        before = page.next.filter(|_| before.is_none());
    }
    report(what, hits, times)
}

async fn contacts(setup: &Setup, scope: &TenantScope, what: &str, query: &str) -> anyhow::Result<()> {
    let (mut times, mut hits, mut before) = (Vec::new(), 0, None);
    for _ in 0..setup.rounds {
        let begun = now();
        let page = scope.search_contacts(ContactSearch { wanted: Wanted::parse_contact(query)?, before }, 50).await?;
        times.push(begun.elapsed());
        hits = hits.max(page.rows.len());
        before = page.next.filter(|_| before.is_none());
    }
    report(what, hits, times)
}

fn report(what: &str, hits: usize, times: Vec<Duration>) -> anyhow::Result<()> {
    let mut millis: Vec<f64> = times.into_iter().map(|time| time.as_secs_f64() * 1_000.0).collect();
    millis.sort_by(f64::total_cmp);
    let at = |share: usize| millis.get((millis.len() * share / 100).min(millis.len().saturating_sub(1))).copied().unwrap_or_default();
    line(&format!("| {what} | {hits} | {:.1} | {:.1} |", at(50), at(95)))
}

fn line(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
