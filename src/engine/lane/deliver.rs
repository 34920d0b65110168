//! One row's way out: claim, window, call, mark. The truth about a call is always written, whoever owns the partition by then.

use crate::domain::content::{Content, MessageKind};
use crate::domain::delivery::WINDOW_CLOSED;
use crate::domain::ids::{ConversationId, ConversationKey};
use crate::domain::survey::with_address;
use crate::domain::time::Timestamp;
use crate::engine::files::with_links;
use crate::engine::lane::outcome::{Rules, Verdict, judge, unknown};
use crate::engine::settings::ms;
use crate::engine::shared::{Shared, Stats};
use crate::ports::channel::{Capabilities, ChannelSender, Outgoing, SendError, SendRequest, window_open};
use crate::ports::directory::InboxEntry;
use crate::ports::faults;
use crate::ports::metrics::SendOutcome;
use crate::ports::spans::TARGET;
use crate::ports::store::{ClaimOutbox, Claimed, Mark, MarkOutbox, OutboxRow, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// What became of a row.
pub(super) enum Delivered {
    /// It has left, or never will.
    Settled {
        id: ConversationId,
        ord: i64,
        /// The conversation's next row may follow then.
        not_before: Timestamp,
    },
    /// It is tried again when due.
    Again(Box<OutboxRow>),
    /// It is tried again; the whole account rests until then.
    AgainAndRest(Box<OutboxRow>, Timestamp),
    /// The lane's picture of the conversation was old: this is the new one.
    Reload { id: ConversationId, rows: Vec<OutboxRow> },
    /// The database must be asked, after a rest.
    AskDatabase { key: ConversationKey, rest: Duration },
}

/// Pause before the truth about a call is offered to a busy database again.
const MARK_AGAIN: Duration = Duration::from_millis(200);
/// Tries to write the truth; after that the row stays *sending* and is judged as unknown by the safety net.
const MARK_TRIES: u32 = 25;

struct Way<'a> {
    shared: &'a Arc<Shared>,
    entry: &'a Arc<InboxEntry>,
    sender: Arc<dyn ChannelSender>,
    can: Capabilities,
    row: OutboxRow,
}

/// Sends one row.
pub(super) async fn deliver(shared: &Arc<Shared>, entry: &Arc<InboxEntry>, row: OutboxRow) -> Delivered {
    let Some(sender) = shared.ports.senders.get(&entry.inbox.channel).map(Arc::clone) else {
        tracing::error!(inbox.id = %entry.inbox.id, "no sender for this channel");
        return Delivered::AskDatabase { key: row.key, rest: Duration::from_mins(1) };
    };
    let can = sender.capabilities(&entry.account);
    let way = Way { shared, entry, sender, can, row };
    match way.row.sending_since {
        Some(since) => way.judge_old_call(since).await,
        None => way.claim_and_send().await,
    }
}

impl Way<'_> {
    async fn claim_and_send(self) -> Delivered {
        let (key, id) = (self.row.key, self.row.id);
        let Some(epoch) = self.shared.epochs.of(key.part) else {
            return self.settled();
        };
        let claim = ClaimOutbox { key, id, attempt: self.row.attempt, epoch, at: self.shared.now() };
        match self.shared.ports.store.claim_outbox(claim).await {
            Ok(Claimed::Go { attempt, last_inbound_at }) => {
                faults::hit("c9_after_sending");
                let answer = self.call(last_inbound_at).await;
                faults::hit("c10_before_mark");
                let verdict = judge(answer, &self.can, self.rules(attempt));
                self.follow(verdict, attempt).await
            }
            Ok(Claimed::NotNext) => self.reload().await,
            Ok(Claimed::Gone) => self.settled(),
            Err(StoreError::Busy | StoreError::InboxBusy | StoreError::Unknown | StoreError::Refused(_)) => {
                Delivered::AskDatabase { key, rest: MARK_AGAIN }
            }
        }
    }

    async fn call(&self, last_inbound_at: Option<Timestamp>) -> Result<crate::ports::channel::Sent, SendError> {
        let margin = ms(self.shared.settings.window_margin_ms);
        let template = self.can.templates && self.row.content.kind == MessageKind::Template;
        if !template && !window_open(self.can.window, last_inbound_at, self.shared.now(), margin) {
            let detail = "the channel's reply window is closed; only an approved template may be sent".into();
            return Err(SendError::Fail { code: WINDOW_CLOSED.into(), detail });
        }
        let deadline = ms(self.shared.settings.send_deadline_ms);
        let request = SendRequest {
            outbox: self.row.id,
            idempotency_key: self.row.id.to_string(),
            account: self.entry.account.clone(),
            to: self.row.to.clone(),
            what: Outgoing::Message(self.message()),
            in_reply_to: self.row.in_reply_to.clone(),
            deadline,
        };
        let span = tracing::trace_span!(
            target: TARGET,
            "channel send",
            otel.kind = "client",
            channel = self.entry.inbox.channel.as_str(),
            conversation.id = %self.row.key.id,
            outbox.id = %self.row.id,
        );
        let began = self.shared.moment();
        let late = self.shared.ports.clock.sleep_until(began.after(deadline));
        let answer = tokio::select! {
            answer = self.sender.send(request).instrument(span) => answer,
            () = late => Err(SendError::Unknown { code: "timeout".into() }),
        };
        let spent = self.shared.moment().0.saturating_sub(began.0);
        self.shared.stats.measure(|meters| meters.channel_answered(self.entry.inbox.channel, spent));
        answer
    }

    /// Returns the message as the channel is given it: with addresses that stand in no row.
    fn message(&self) -> Content {
        let key = self.row.key;
        let content = with_links(self.shared.ports.files.as_ref(), key.tenant, &self.row.content, self.shared.now());
        match self.row.survey {
            Some(cycle) => with_address(content, &self.shared.ports.links.survey(key.tenant, key.id, cycle)),
            None => content,
        }
    }

    /// A row that was *sending* before we had it: its old owner is gone, or will be when the call's deadline has passed.
    async fn judge_old_call(self, since: Timestamp) -> Delivered {
        let settings = &self.shared.settings;
        let now = self.shared.now();
        let patience = if self.shared.predecessor_dead { Duration::ZERO } else { ms(settings.send_deadline_ms + 2_000) };
        let told_by = if self.can.idempotent || !self.can.echoes_reference { Duration::ZERO } else { ms(settings.uncertain_wait_ms) };
        let until = since.after(patience.max(told_by));
        if until > now {
            let due_at = until;
            return Delivered::Again(Box::new(OutboxRow { due_at, ..self.row }));
        }
        let attempt = self.row.attempt;
        let rules = Rules { uncertain_wait: Duration::ZERO, ..self.rules(attempt) };
        let verdict = unknown("interrupted".into(), &self.can, rules);
        self.follow(verdict, attempt).await
    }

    fn rules(&self, attempt: i64) -> Rules<'_> {
        let settings = &self.shared.settings;
        Rules {
            attempt,
            schedule: &settings.retry_schedule_ms,
            uncertain_wait: ms(settings.uncertain_wait_ms),
            uncertain: self.entry.inbox.common.uncertain,
            at: self.shared.now(),
        }
    }

    async fn follow(self, verdict: Verdict, attempt: i64) -> Delivered {
        match verdict {
            Verdict::Mark(mark) => self.mark(mark, attempt).await,
            Verdict::MarkAndRest(mark, rest) => {
                let until = self.shared.now().after(rest);
                match self.mark(mark, attempt).await {
                    Delivered::Again(row) => Delivered::AgainAndRest(row, until),
                    other @ (Delivered::Settled { .. }
                    | Delivered::AgainAndRest(..)
                    | Delivered::Reload { .. }
                    | Delivered::AskDatabase { .. }) => other,
                }
            }
            Verdict::MarkAndPause(mark, reason) => {
                let (tenant, inbox) = (self.row.key.tenant, self.row.inbox);
                if let Err(error) = self.shared.ports.directory.pause(tenant, inbox, &reason).await {
                    tracing::error!(inbox.id = %inbox, error = %error, "an account that needs attention could not be paused");
                }
                self.mark(mark, attempt).await
            }
            Verdict::AwaitStatus(wait) => {
                let at = self.shared.now();
                let row = OutboxRow { sending_since: Some(at), attempt, due_at: at.after(wait), ..self.row };
                Delivered::Again(Box::new(row))
            }
        }
    }

    /// Writes the truth about the call.
    async fn mark(self, mark: Mark, attempt: i64) -> Delivered {
        let sent = matches!(mark, Mark::Sent { .. });
        for _ in 0..MARK_TRIES {
            let at = self.shared.now();
            let (key, inbox, id) = (self.row.key, self.row.inbox, self.row.id);
            let op = MarkOutbox { key, inbox, id, attempt, mark: mark.clone(), at };
            match self.shared.ports.store.mark_outbox(op).await {
                Ok(marked) => {
                    faults::hit("c10_after_mark");
                    if sent {
                        Stats::count(&self.shared.stats.sent);
                    }
                    self.shared.stats.measure(|meters| meters.send_ended(self.entry.inbox.channel, outcome_of(&mark)));
                    if marked.hint || self.shared.parked.holds(key.id) {
                        self.shared.look(key);
                    }
                    return self.marked(mark, attempt, marked.applied);
                }
                Err(StoreError::Busy | StoreError::InboxBusy | StoreError::Unknown | StoreError::Refused(_)) => {
                    let until = self.shared.moment().after(MARK_AGAIN);
                    self.shared.ports.clock.sleep_until(until).await;
                }
            }
        }
        tracing::error!(conversation.id = %self.row.key.id, "the truth about a call could not be written; it will be judged as unknown");
        Delivered::AskDatabase { key: self.row.key, rest: Duration::from_secs(5) }
    }

    fn marked(self, mark: Mark, attempt: i64, applied: bool) -> Delivered {
        let gap = if self.can.echoes_reference { ms(self.shared.settings.part_gap_ms) } else { Duration::ZERO };
        let (id, ord) = (self.row.key.id, self.row.ord);
        match mark {
            Mark::Sent { .. } => Delivered::Settled { id, ord, not_before: self.shared.now().after(gap) },
            Mark::Retry { due_at, .. } if applied => {
                Delivered::Again(Box::new(OutboxRow { due_at, attempt, sending_since: None, ..self.row }))
            }
            Mark::Retry { .. } => Delivered::AskDatabase { key: self.row.key, rest: Duration::ZERO },
            Mark::Failed { .. } | Mark::Uncertain { .. } => Delivered::Settled { id, ord, not_before: Timestamp::default() },
        }
    }

    fn settled(self) -> Delivered {
        Delivered::Settled { id: self.row.key.id, ord: self.row.ord, not_before: Timestamp::default() }
    }

    async fn reload(self) -> Delivered {
        let key = self.row.key;
        match self.shared.ports.store.unsent(key).await {
            Ok(rows) if rows.first().is_some_and(|first| first.id == self.row.id) => Delivered::AskDatabase { key, rest: MARK_AGAIN },
            Ok(rows) => Delivered::Reload { id: key.id, rows },
            Err(_) => Delivered::AskDatabase { key, rest: MARK_AGAIN },
        }
    }
}

/// Names a mark for the meters.
const fn outcome_of(mark: &Mark) -> SendOutcome {
    match mark {
        Mark::Sent { .. } => SendOutcome::Sent,
        Mark::Retry { .. } => SendOutcome::Retry,
        Mark::Failed { dead: false, .. } => SendOutcome::Failed,
        Mark::Failed { dead: true, .. } => SendOutcome::Dead,
        Mark::Uncertain { .. } => SendOutcome::Uncertain,
    }
}
