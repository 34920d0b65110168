//! One turn of the crank: read, decide, commit. Everything a conversation does to the database between two messages, as one future that
//! knows no actor: the actor only keeps others out while it runs.

use crate::domain::booking::Outcome;
use crate::domain::conversation::booked::journal_result;
use crate::domain::conversation::echo::{Echo, EchoVerdict, Match, match_echo};
use crate::domain::conversation::effect::{Effect, TimelineKind, Writes};
use crate::domain::conversation::event::{Event, Happening, InboundRow};
use crate::domain::conversation::policy::Gathering;
use crate::domain::conversation::{Conversation, Phase, Step, Tick, resume, step};
use crate::domain::delivery::{Address, ItemBody};
use crate::domain::ids::{ConversationKey, InboundId, StepId};
use crate::domain::time::Timestamp;
use crate::engine::settings::ms;
use crate::engine::shared::{Shared, Stats};
use crate::engine::side_jobs::summarise;
use crate::ports::channel::{Capabilities, TextUnit};
use crate::ports::directory::InboxEntry;
use crate::ports::faults;
use crate::ports::store::{CommitError, CommitStep, NewRow, StoreError};
use crate::ports::toolbox::About;
use std::sync::Arc;
use std::time::Duration;

/// A conversation in memory, with what it takes to step it.
pub(crate) struct Held {
    pub conversation: Conversation,
    pub to: Address,
    pub blocked: bool,
    pub name: Option<String>,
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
            Err(Stop::Later) => {
                crank.held = None;
                crank.fail();
                return crank.done(false);
            }
            Err(Stop::Gone) => {
                crank.held = None;
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
        self.held =
            Some(Box::new(Held { conversation: loaded.conversation, to: loaded.to, blocked: loaded.blocked, name: loaded.name, entry }));
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
            | Happening::AgentHandedBack { .. }
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
        let sends = self.shared.ports.store.own_sends(self.key, now.before(OWN_SENDS), id).await?;
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

    /// Steps the core, commits, then takes the new state and what is to be done.
    async fn advance(&mut self, event: Event) -> Result<(), Stop> {
        let mut event = Some(event);
        while let Some(next) = event.take() {
            event = self.advance_once(next).await?;
        }
        Ok(())
    }

    /// One step. An act on the book that it commits comes back as the next event, before anything else can happen.
    async fn advance_once(&mut self, event: Event) -> Result<Option<Event>, Stop> {
        let Some(held) = self.held.as_mut() else { return Ok(None) };
        let channel = self.shared.ports.senders.get(&held.entry.inbox.channel);
        let capabilities = channel.map(|sender| sender.capabilities(&held.entry.account));
        let (max_text, window) = capabilities.map_or((4096, None), |can| (characters(&can), can.window));
        let mut policy = held.entry.inbox.policy(held.blocked, max_text, window);
        policy.binding = self.shared.ports.toolbox.binding();
        if let (Gathering::Adaptive, Some(wait)) = (policy.gathering, self.shared.settings.gathering_ms) {
            policy.gathering = Gathering::Fixed(Duration::from_millis(wait));
        }
        let tick = Tick { at: self.shared.now(), attempt: self.shared.next_attempt() };
        let Step { next, writes, effects, dropped } = step(&held.conversation, event, tick, &policy);
        if let Some(reason) = dropped {
            tracing::debug!(conversation.id = %self.key.id, reason, "an event no longer applied");
        }
        let mut booked = None;
        if let Some(writes) = writes {
            let before = held.conversation.version;
            let to = held.to.clone();
            booked = self.commit(before, to, &next, writes, tick.at).await?;
            self.progressed = true;
        }
        let follows = booked.and_then(|outcome| booked_event(&next.phase, &outcome));
        if let Some(held) = self.held.as_mut() {
            held.conversation = next;
        }
        self.effects.extend(effects);
        Ok(follows)
    }

    async fn commit(
        &self,
        before: i64,
        to: Address,
        next: &Conversation,
        writes: Box<Writes>,
        at: Timestamp,
    ) -> Result<Option<Box<Outcome>>, Stop> {
        let shared = &self.shared;
        let epoch = shared.epochs.of(self.key.part).ok_or(Stop::Gone)?;
        let outcomes: Vec<_> = writes.inbound.iter().filter_map(|row| row.outcome.clone().map(|outcome| (row.id, outcome))).collect();
        let recalls = writes.cancel_assistant;
        let handed_off = writes.timeline.iter().any(|event| matches!(event, TimelineKind::HandedOff { .. }));
        let ended = writes.turn.as_ref().map(|turn| (turn.outcome, at.since(turn.started_at)));
        let committed = shared.ports.store.commit(CommitStep {
            step: StepId(shared.ports.ids.uuid()),
            key: self.key,
            inbox: next.inbox,
            to,
            epoch,
            expected_version: before,
            state: next.state.clone(),
            writes,
            at,
        });
        let late = shared.ports.clock.sleep_until(shared.moment().after(ms(shared.settings.commit_deadline_ms)));
        let committed = tokio::select! {
            committed = committed => committed,
            // Whether it was committed is unknown: forget everything and read it again.
            () = late => Err(CommitError::Store(StoreError::Unknown)),
        };
        let committed = committed.map_err(|error| match error {
            CommitError::Stale => {
                Stats::count(&shared.stats.stale);
                Stop::Reload
            }
            CommitError::Fenced => {
                Stats::count(&shared.stats.fenced);
                shared.epochs.lose(self.key.part, epoch);
                Stop::Gone
            }
            CommitError::Store(StoreError::Refused(_)) => Stop::Refused,
            CommitError::Store(error) => error.into(),
        })?;
        if handed_off {
            Stats::count(&shared.stats.handoffs);
            if let Some(held) = &self.held {
                summarise(shared, next, &held.entry.inbox);
            }
        }
        if let Some((outcome, spent)) = ended {
            shared.stats.measure(|meters| meters.turn_ended(outcome, spent));
        }
        for (id, outcome) in outcomes {
            shared.waiters.answer(id, &(outcome, committed.may_still_arrive.clone()));
        }
        if recalls {
            shared.lanes.recall(next.inbox, self.key.id);
        }
        shared.offer(next.inbox, committed.outbox);
        Ok(committed.booked)
    }
}

/// What the core hears of its act on the book: the words of the journal.
fn booked_event(phase: &Phase, outcome: &Outcome) -> Option<Event> {
    let Phase::UsingTools { turn, call, .. } = phase else { return None };
    Some(Event::Booked { turn: turn.id, call_id: call.id.clone(), result: journal_result(outcome) })
}

/// Returns how many characters fit into one message for sure, whatever they are.
fn characters(can: &Capabilities) -> usize {
    match can.text_unit {
        TextUnit::Chars => can.max_text,
        TextUnit::Bytes => (can.max_text / 4).max(1),
        TextUnit::Utf16 => (can.max_text / 2).max(1),
    }
}

/// Returns the newest customer message that a read receipt can name.
pub(crate) fn receipt_of(conversation: &Conversation) -> Option<String> {
    use crate::domain::conversation::message::Author;
    let newest = conversation.state.recent.iter().rev().find(|message| message.author == Author::Contact);
    newest.and_then(|message| message.external_id.clone())
}
