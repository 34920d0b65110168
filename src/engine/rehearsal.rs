//! A conversation in memory only: the core, a model and the tools, without database, channel or actors. For `recado chat` and for trying
//! prompts; nothing that happens here is kept or sent.

use crate::domain::content::Content;
use crate::domain::conversation::effect::Effect;
use crate::domain::conversation::event::{Event, Happening, InboundRow, ToolFailure};
use crate::domain::conversation::message::{Author, NewMessage};
use crate::domain::conversation::policy::{Gathering, Policy};
use crate::domain::conversation::standing::Status;
use crate::domain::conversation::{Aside, Conversation, Phase, Tick, TurnId, step};
use crate::domain::delivery::{Item, ItemBody, Peer};
use crate::domain::ids::{ContactId, ConversationId, ConversationKey, InboundId, Partition, ThreadId};
use crate::domain::inbox::Inbox;
use crate::domain::suspension::Feature;
use crate::domain::tool::ToolCall;
use crate::engine::calling;
use crate::engine::context::{Asking, chat_request, core_reply, customer_of};
use crate::engine::settings::EngineSettings;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::ports::llm::{Drafts, Llm};
use crate::ports::prompts::Prompts;
use crate::ports::toolbox::{ToolContext, Toolbox};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Most results that one message may cause before the rehearsal gives up: far above what the core allows.
const MOST_RESULTS: usize = 200;

/// A rehearsed conversation.
pub struct Rehearsal {
    inbox: Arc<Inbox>,
    llm: Arc<dyn Llm>,
    prompts: Arc<dyn Prompts>,
    toolbox: Arc<dyn Toolbox>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    policy: Policy,
    conversation: Conversation,
    attempt: u64,
}

impl Rehearsal {
    /// Begins a conversation as a new customer of `inbox` would.
    #[must_use]
    pub fn begin(
        inbox: Arc<Inbox>,
        llm: Arc<dyn Llm>,
        prompts: Arc<dyn Prompts>,
        toolbox: Arc<dyn Toolbox>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        let policy = Policy { gathering: Gathering::Fixed(Duration::ZERO), binding: toolbox.binding(), ..inbox.policy(false, 4096, None) };
        let key = ConversationKey { tenant: inbox.tenant.id, id: ConversationId(ids.uuid()), part: Partition(0) };
        let conversation = Conversation {
            key,
            inbox: inbox.id,
            thread: ThreadId(ids.uuid()),
            contact: ContactId(ids.uuid()),
            version: 0,
            state: Conversation::begin(policy.assistant, false, false, clock.now()),
            owed: Vec::new(),
            journal: Vec::new(),
            phase: Phase::Idle,
            aside: Aside::default(),
        };
        Self { inbox, llm, prompts, toolbox, clock, ids, policy, conversation, attempt: 0 }
    }

    /// Returns the status now.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.conversation.state.standing.status()
    }

    /// Says something as the customer; returns what came of it, notes for people included, in order.
    pub async fn say(&mut self, text: &str) -> Vec<NewMessage> {
        let now = self.clock.now();
        let item = Item {
            external_id: self.ids.uuid().to_string(),
            message_id: None,
            occurred_at: Some(now),
            peer: Peer::default(),
            body: ItemBody::Message { content: Content::text(text) },
            raw: None,
        };
        let row = InboundRow {
            id: InboundId(self.ids.uuid()),
            happening: Happening::ItemArrived { item: Box::new(item), echo: crate::domain::conversation::echo::EchoVerdict::Foreign },
            occurred_at: now,
            event_at: Some(now),
            received_at: now,
        };
        let mut said = Vec::new();
        let mut events = VecDeque::from([Event::InboundReceived { rows: vec![row] }]);
        for _ in 0..MOST_RESULTS {
            let Some(event) = events.pop_front() else { break };
            for effect in self.step(event, &mut said) {
                events.extend(self.perform(effect).await);
            }
        }
        said
    }

    fn step(&mut self, event: Event, said: &mut Vec<NewMessage>) -> Vec<Effect> {
        self.attempt += 1;
        let tick = Tick { at: self.clock.now(), attempt: self.attempt };
        let step = step(&self.conversation, event, tick, &self.policy);
        self.conversation = step.next;
        let messages = step.writes.map(|writes| writes.messages).unwrap_or_default();
        said.extend(messages.into_iter().filter(|message| message.author != Author::Contact));
        step.effects
    }

    async fn perform(&self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Gather { token, .. } => Some(Event::GatheringElapsed { token }),
            Effect::CallLlm { turn } => self.ask(turn).await,
            Effect::CallTool { turn, call } => Some(self.use_tool(turn, call).await),
            // A rehearsal has no book: nothing is ever carried out in it.
            Effect::Tell { .. } | Effect::AbortTurn { .. } | Effect::Learn { .. } => None,
        }
    }

    async fn ask(&self, id: TurnId) -> Option<Event> {
        let turn = self.conversation.phase.turn().filter(|turn| turn.id == id)?;
        let asking = Asking {
            now: &self.conversation,
            turn,
            inbox: &self.inbox,
            name: None,
            tools: self.toolbox.specs(),
            prompts: self.prompts.as_ref(),
            seed: &self.ids.uuid().simple().to_string(),
            at: self.clock.now(),
            budget: EngineSettings::default().context_tokens,
            deadline: Duration::from_secs(45),
            drafts: Drafts::none(),
        };
        let (request, prompt) = match chat_request(asking) {
            Ok(made) => made,
            Err(error) => return Some(Event::LlmFailed { turn: id, failure: error.to_string() }),
        };
        Some(match self.llm.complete(request).await {
            Ok(reply) => Event::LlmReplied { turn: id, reply: core_reply(reply, prompt, &[], 0) },
            Err(error) => Event::LlmFailed { turn: id, failure: error.to_string() },
        })
    }

    async fn use_tool(&self, turn: TurnId, call: ToolCall) -> Event {
        let tenant = &self.inbox.tenant;
        let Some(open) = self.conversation.phase.turn() else {
            return Event::ToolFailed { turn, call_id: call.id, failure: ToolFailure::Failed("no turn is open".to_owned()) };
        };
        let customer = customer_of(&self.conversation, open, None, tenant.language());
        let context = ToolContext {
            facts: Arc::clone(&tenant.facts),
            language: tenant.language(),
            booking: tenant.stopped.lets(Feature::Booking),
            customer,
            at: self.clock.now(),
        };
        let answer = calling::run(self.toolbox.as_ref(), &call, &context).await;
        calling::event(turn, call.id, answer)
    }
}
