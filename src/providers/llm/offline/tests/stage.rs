//! The loop of the engine in small: assistant, tools, effects, one customer.

use crate::domain::facts::Facts;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::tool::{HandoffReason, ToolEffect};
use crate::ports::llm::{ChatMessage, ChatReply, ChatRequest, Llm};
use crate::ports::toolbox::{ToolContext, Toolbox};
use crate::providers::llm::offline::OfflineAssistant;
use crate::toolbox::Catalogue;
use futures::executor::block_on;
use std::sync::Arc;
use std::time::Duration;

/// Most rounds of a turn, as in the engine.
const MAX_ROUNDS: usize = 6;

/// What one turn came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub text: String,
    pub handed: Option<HandoffReason>,
    pub resolved: bool,
    pub tools: Vec<String>,
    pub notes: Vec<String>,
    pub language: String,
}

/// A conversation with the assistant.
pub struct Stage {
    business: String,
    facts: Arc<Facts>,
    language: Language,
    pub messages: Vec<ChatMessage>,
    answered: bool,
}

impl Stage {
    pub fn new(business: &str, facts: Facts, language: Language) -> Self {
        Self { business: business.to_owned(), facts: Arc::new(facts), language, messages: Vec::new(), answered: false }
    }

    /// Says a burst and plays the turn to its end.
    pub fn say(&mut self, burst: &[&str]) -> Outcome {
        let user = |text: &&str| ChatMessage::User { text: (*text).to_owned(), at: Timestamp::default() };
        self.messages.extend(burst.iter().map(user));
        let mut outcome = Outcome::default();
        for _ in 0..MAX_ROUNDS {
            let reply = self.ask();
            outcome.language =
                reply.note.as_deref().unwrap_or_default().chars().rev().skip(1).take(2).collect::<Vec<_>>().into_iter().rev().collect();
            if reply.calls.is_empty() {
                outcome.text = reply.text.clone().unwrap_or_default();
                self.messages.push(ChatMessage::Assistant { text: outcome.text.clone(), calls: Vec::new(), human: false });
                self.answered = true;
                return outcome;
            }
            if self.run(reply, &mut outcome) {
                return outcome;
            }
        }
        panic!("too many rounds: {outcome:?}");
    }

    pub fn ask(&self) -> ChatReply {
        let request = ChatRequest {
            language: self.language,
            business: self.business.clone(),
            first_answer: !self.answered,
            disclose: true,
            tools: Catalogue::default().specs(),
            ..ChatRequest::for_tests(self.messages.clone(), Duration::from_secs(2))
        };
        block_on(OfflineAssistant.complete(request)).expect("the offline assistant never fails")
    }

    /// Runs the calls of one reply; true if one of them ended the turn.
    fn run(&mut self, reply: ChatReply, outcome: &mut Outcome) -> bool {
        let context = ToolContext::for_tests(Arc::clone(&self.facts), self.language);
        self.messages.push(ChatMessage::Assistant { text: String::new(), calls: reply.calls.clone(), human: false });
        for call in &reply.calls {
            outcome.tools.push(call.name.clone());
            let done = block_on(Catalogue::default().call(call, &context)).unwrap_or_else(|error| panic!("{call:?}: {error}"));
            self.messages.push(ChatMessage::Tool { call_id: call.id.clone(), name: call.name.clone(), result: done.result });
            match done.effect {
                ToolEffect::None => {}
                ToolEffect::Book { .. } | ToolEffect::Say { .. } => panic!("no book on this stage"),
                ToolEffect::Note { text } => outcome.notes.push(text),
                ToolEffect::HandOff { reason, text, summary } => {
                    assert!(summary.is_some(), "people get a summary");
                    (outcome.handed, outcome.text) = (Some(reason), text.unwrap_or_default());
                    return true;
                }
                ToolEffect::Resolve { text, .. } => {
                    (outcome.resolved, outcome.text) = (true, text.unwrap_or_default());
                    return true;
                }
            }
        }
        false
    }
}
