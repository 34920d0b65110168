//! One turn of the crank: read, decide, commit. Everything a conversation does to the database between two messages, as one future that
//! knows no actor: the actor only keeps others out while it runs.

mod commit;

use crate::domain::conversation::echo::{Echo, EchoVerdict, Match, match_echo};
use crate::domain::conversation::effect::Effect;
use crate::domain::conversation::event::{Event, Happening, InboundRow};
use crate::domain::conversation::{Conversation, Phase, resume};
use crate::domain::delivery::{Address, ItemBody};
use crate::domain::ids::{ConversationKey, InboundId};
use crate::domain::survey::addressed;
use crate::domain::time::Timestamp;
use crate::engine::settings::ms;
use crate::engine::shared::{Shared, Stats};
use crate::ports::directory::InboxEntry;
use crate::ports::faults;
use crate::ports::store::{Loaded, NewRow, StoreError};
use crate::ports::toolbox::About;
use std::sync::Arc;
use std::time::Duration;

/// A conversation in memory, with what it takes to step it.
pub(crate) struct Held {
    pub conversation: Conversation,
    pub to: Address,
    pub blocked: bool,
    pub name: Option<String>,
    /// Several people write there.
    pub group: bool,
    pub entry: Arc<InboxEntry>,
}

/// What made the crank turn.
pub(crate) enum Trigger {
    /// A hint: read the new rows.
    Look,
    /// A result of something that the conversation asked for.
    Result(Box<Event>),
    /// The open rows made the actor fail too often.
    Poison,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Cranked {
    pub held: Option<Box<Held>>,
    pub effects: Vec<Effect>,
    /// Look again after this long: an echo is parked, or the database was busy.
    pub again: Option<Duration>,
    /// The database was busy, silent or unwilling: wait longer each time.
    pub failed: bool,
    /// The database refused the step: counts towards poison.
    pub refused: bool,
    /// Something was committed: whatever failed before, it was not these rows.
    pub progressed: bool,
}

/// Tries before a conversation is left to the safety net.
const TRIES: u32 = 4;
/// Pause before another look when the database is busy or its answer is unknown.
const BUSY: Duration = Duration::from_millis(500);
/// Time that an open turn is given beyond its deadline before it counts as lost.
const OVERDUE: Duration = Duration::from_secs(5);
/// How far back an echo may be our own send.
const OWN_SENDS: Duration = Duration::from_secs(120);

/// Turns the crank.
pub(crate) async fn crank(shared: Arc<Shared>, key: ConversationKey, held: Option<Box<Held>>, trigger: Trigger) -> Cranked {
    let mut crank = Crank { shared, key, held, effects: Vec::new(), again: None, failed: false, progressed: false };
    let mut trigger = trigger;
    for _ in 0..TRIES {
        match crank.turn(&trigger).await {
            Ok(()) => return crank.done(false),
            Err(Stop::Reload) => {
                crank.held = None;
                // The turn that asked for a result went with the state; what is owed opens the next one.
                if matches!(trigger, Trigger::Result(_)) {
                    trigger = Trigger::Look;
                }
            }
            Err(Stop::Gone) => {
                crank.held = None;
                return crank.done(false);
            }
            Err(Stop::Later | Stop::Desk) => {
                crank.held = None;
                crank.fail();
                return crank.done(false);
            }
            Err(Stop::Refused) => {
                crank.held = None;
                crank.fail();
                return crank.done(true);
            }
        }
    }
    crank.fail();
    crank.done(false)
}

/// Why a turn of the crank ended early.
enum Stop {
    /// Another writer was faster: read again and decide again.
    Reload,
    /// The database is busy or silent: later.
    Later,
    /// Not ours any more, or not there.
    Gone,
    /// The database refuses this very step.
    Refused,
    /// The front desk is not as it was read: read it again and decide again, from the same state.
    Desk,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            // A read that fails is no fault of the rows: only a refused commit may count towards giving them up.
            StoreError::Busy | StoreError::InboxBusy | StoreError::Unknown | StoreError::Refused(_) => Self::Later,
        }
    }
}

struct Crank {
    shared: Arc<Shared>,
    key: ConversationKey,
    held: Option<Box<Held>>,
    effects: Vec<Effect>,
    again: Option<Duration>,
    failed: bool,
    progressed: bool,
}

/// New rows, sorted out.
#[derive(Default)]
struct Rows {
    ready: Vec<InboundRow>,
    broken: Vec<InboundId>,
    /// An echo waits for a send to settle, at the latest until then.
    parked: Option<Timestamp>,
}

impl Crank {
    /// Says that another look is needed, because this one came to nothing.
    const fn fail(&mut self) {
        self.again = Some(BUSY);
        self.failed = true;
    }

    fn done(self, refused: bool) -> Cranked {
        Cranked { held: self.held, effects: self.effects, again: self.again, failed: self.failed, refused, progressed: self.progressed }
    }

    async fn turn(&mut self, trigger: &Trigger) -> Result<(), Stop> {
        match trigger {
            Trigger::Look => {
                self.load().await?;
                self.look().await
            }
            // Without the conversation in memory no turn is open: the result is of a superseded one.
            Trigger::Result(_) if self.held.is_none() => Ok(()),
            Trigger::Result(event) => self.advance((**event).clone()).await,
            Trigger::Poison => {
                self.load().await?;
                self.poison().await
            }
        }
    }

    async fn load(&mut self) -> Result<(), Stop> {
        if self.held.is_some() {
            return Ok(());
        }
        Stats::count(&self.shared.stats.activations);
        faults::hit("c4_activate");
        let loaded = self.shared.ports.store.load(self.key).await?.ok_or(Stop::Gone)?;
        let entry = self.shared.ports.directory.inbox(loaded.conversation.inbox).await?.ok_or(Stop::Gone)?;
        let Loaded { conversation, to, blocked, name, group, .. } = loaded;
        self.held = Some(Box::new(Held { conversation, to, blocked, name, group, entry }));
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Stop> {
        self.refresh_entry().await?;
        let rows = self.shared.ports.store.new_rows(self.key).await?;
        let rows = self.sort_out(rows).await?;
        self.shared.parked.note(self.key.id, rows.parked.is_some());
        if let Some(until) = rows.parked {
            self.again = Some(until.since(self.shared.now()).max(Duration::from_millis(50)));
        }
        if !rows.broken.is_empty() {
            self.advance(Event::RowsPoisoned { rows: rows.broken }).await?;
        }
        self.follow_address(&rows.ready).await?;
        if !rows.ready.is_empty() {
            return self.advance(Event::InboundReceived { rows: rows.ready }).await;
        }
        self.check_version().await?;
        let next = self.held.as_ref().and_then(|held| resume(&held.conversation));
        match next.or_else(|| self.overdue_turn()) {
            Some(event) => self.advance(event).await,
            None => Ok(()),
        }
    }

    /// Nothing new, although somebody hinted: a commit of ours that was given up may have landed since the conversation was read, or
    /// another node's. Without this look, rows that it recorded would stay owed for as long as this memory lives.
    async fn check_version(&self) -> Result<(), Stop> {
        let Some(held) = &self.held else { return Ok(()) };
        let version = self.shared.ports.store.version(self.key).await?;
        if version == Some(held.conversation.version) { Ok(()) } else { Err(Stop::Reload) }
    }

    /// Answers go to the address that the customer wrote from last; a changed profile is read again.
    async fn follow_address(&mut self, rows: &[InboundRow]) -> Result<(), Stop> {
        let items = rows.iter().filter_map(|row| match &row.happening {
            Happening::ItemArrived { item, .. } => Some(item),
            Happening::AgentReplied { .. }
            | Happening::AgentAssigned { .. }
            | Happening::AgentSetStatus { .. }
            | Happening::AgentSetStatusAmong { .. }
            | Happening::AgentSetTeam { .. }
            | Happening::AgentClaimed { .. }
            | Happening::PlaceFreed
            | Happening::Forgotten
            | Happening::AgentHandedBack { .. }
            | Happening::AgentTriaged { .. }
            | Happening::ContactBlocked { .. }
            | Happening::SummaryMade { .. }
            | Happening::Learnt(_)
            | Happening::TimerFired { .. }
            | Happening::BookingNews { .. }
            | Happening::DeliveryFailed { .. } => None,
        });
        let (mut to, mut changed) = (None, false);
        for item in items {
            changed |= item.body == ItemBody::ContactUpdated;
            if matches!(item.body, ItemBody::Message { .. }) {
                to = item.peer.reply_to.clone().or(to);
            }
        }
        let idle = self.held.as_ref().is_some_and(|held| held.conversation.phase == Phase::Idle);
        if changed && idle {
            self.held = None;
            self.load().await?;
        }
        if let (Some(held), Some(to)) = (self.held.as_mut(), to) {
            held.to = to;
        }
        Ok(())
    }

    /// A turn whose time is long up has lost its answer, whatever became of it: people take over instead of silence.
    fn overdue_turn(&self) -> Option<Event> {
        let turn = self.held.as_ref()?.conversation.phase.turn()?;
        let limit = ms(self.shared.settings.turn_deadline_ms) + OVERDUE;
        let overdue = self.shared.now().since(turn.started_at) > limit;
        overdue.then(|| Event::LlmFailed { turn: turn.id, failure: "the turn's answer was lost".to_owned() })
    }

    /// Settings may have changed since the conversation was loaded; the directory answers from memory.
    async fn refresh_entry(&mut self) -> Result<(), Stop> {
        let Some(held) = self.held.as_mut() else { return Ok(()) };
        held.entry = self.shared.ports.directory.inbox(held.conversation.inbox).await?.ok_or(Stop::Gone)?;
        Ok(())
    }

    /// Separates rows that can be recorded now from broken ones and from echoes that must wait for a send to settle.
    async fn sort_out(&self, rows: Vec<NewRow>) -> Result<Rows, Stop> {
        let mut sorted = Rows::default();
        for row in rows {
            match row {
                NewRow::Broken(id) => sorted.broken.push(id),
                NewRow::Row(mut row) => match self.echo_verdict(&row).await? {
                    Match::Known(verdict) => {
                        if let Happening::ItemArrived { echo, .. } = &mut row.happening {
                            *echo = verdict;
                        }
                        self.fill_news(&mut row.happening).await?;
                        sorted.ready.push(*row);
                    }
                    Match::Parked(until) => sorted.parked = Some(sorted.parked.map_or(until, |parked| parked.min(until))),
                },
            }
        }
        Ok(sorted)
    }

    /// Asks what to tell of an appointment, as the book stands now. A book that cannot be read is asked again later: news must not be lost.
    async fn fill_news(&self, happening: &mut Happening) -> Result<(), Stop> {
        let Happening::BookingNews { appointment, version, news, told } = happening else { return Ok(()) };
        let about = About { appointment: *appointment, version: *version, news };
        let answer = self.shared.ports.toolbox.news(self.key, about, self.shared.now()).await;
        *told = answer.map_err(|error| {
            tracing::warn!(conversation.id = %self.key.id, error = %error, "news of an appointment waits for the book");
            Stop::Later
        })?;
        Ok(())
    }

    async fn echo_verdict(&self, row: &InboundRow) -> Result<Match, Stop> {
        let Happening::ItemArrived { item, .. } = &row.happening else { return Ok(Match::Known(EchoVerdict::Foreign)) };
        let ItemBody::Echo { content, reference } = &item.body else { return Ok(Match::Known(EchoVerdict::Foreign)) };
        let now = self.shared.now();
        let id = item.message_id.as_deref().unwrap_or(&item.external_id);
        let mut sends = self.shared.ports.store.own_sends(self.key, now.before(OWN_SENDS), id).await?;
        for send in &mut sends {
            if let Some(cycle) = send.survey {
                send.text = addressed(&send.text, &self.shared.ports.links.survey(self.key.tenant, self.key.id, cycle));
            }
        }
        let echo = Echo { external_id: id, reference: reference.as_deref(), text: &content.text, received_at: row.received_at };
        Ok(match_echo(echo, &sends, now))
    }

    async fn poison(&mut self) -> Result<(), Stop> {
        let rows = self.shared.ports.store.new_rows(self.key).await?;
        let new = rows.into_iter().map(|row| match row {
            NewRow::Row(row) => row.id,
            NewRow::Broken(id) => id,
        });
        let mut ids: Vec<InboundId> = new.collect();
        if let Some(held) = &self.held {
            ids.extend(held.conversation.owed.iter().map(|owed| owed.id));
        }
        if ids.is_empty() {
            return Ok(());
        }
        tracing::error!(conversation.id = %self.key.id, rows = ids.len(), "rows failed again and again; the conversation goes to people");
        self.advance(Event::RowsPoisoned { rows: ids }).await
    }
}

/// Returns the newest customer message that a read receipt can name.
pub(crate) fn receipt_of(conversation: &Conversation) -> Option<String> {
    use crate::domain::conversation::message::Author;
    let newest = conversation.state.recent.iter().rev().find(|message| message.author == Author::Contact);
    newest.and_then(|message| message.external_id.clone())
}
