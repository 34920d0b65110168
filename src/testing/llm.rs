//! A model that follows a script, and can be made to wait, fail or hang.

use crate::domain::fence::own_words;
use crate::ports::llm::{ChatReply, ChatRequest, Llm, LlmError, Purpose};
use crate::testing::gate::Gates;
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Semaphore;

/// What the model does next.
#[derive(Clone, Debug)]
pub enum Line {
    /// Answers.
    Says(ChatReply),
    /// Fails.
    Fails(LlmError),
    /// Never answers.
    Hangs,
}

/// Decides by the request; `None`: as the script says.
pub type Rule = Box<dyn Fn(&ChatRequest) -> Option<Line> + Send + Sync>;

/// Answers from a script; without one it repeats the customer's last words after `re: `.
pub struct ScriptedLlm {
    lines: Mutex<VecDeque<Line>>,
    rule: Mutex<Option<Rule>>,
    /// Gates by a part of the customer's last words.
    pub gates: Gates,
    seen: Mutex<Vec<ChatRequest>>,
    side: Mutex<VecDeque<Line>>,
    seen_aside: Mutex<Vec<ChatRequest>>,
    gate: Semaphore,
    gated: std::sync::atomic::AtomicBool,
}

impl Default for ScriptedLlm {
    fn default() -> Self {
        let (lines, rule, gates) = (Mutex::default(), Mutex::default(), Gates::default());
        let (side, seen_aside) = (Mutex::default(), Mutex::default());
        Self {
            lines,
            rule,
            gates,
            side,
            seen_aside,
            seen: Mutex::default(),
            gate: Semaphore::new(0),
            gated: std::sync::atomic::AtomicBool::new(false),
        }
    }
}

impl ScriptedLlm {
    /// Adds a line to the script.
    pub fn then(&self, line: Line) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push_back(line);
    }

    /// Adds a line to the script of the side jobs; without one they fail.
    pub fn then_aside(&self, line: Line) {
        self.side.lock().unwrap_or_else(PoisonError::into_inner).push_back(line);
    }

    /// Returns the side jobs that the model was asked for, oldest first.
    #[must_use]
    pub fn seen_aside(&self) -> Vec<ChatRequest> {
        self.seen_aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn aside(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        self.seen_aside.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let line = self.side.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match line {
            Some(Line::Says(reply)) => Ok(reply),
            Some(Line::Fails(error)) => Err(error),
            Some(Line::Hangs) => std::future::pending().await,
            None => Err(LlmError::Rejected("no side job in the script".to_owned())),
        }
    }

    /// Decides by a rule before it looks into the script.
    pub fn by(&self, rule: Rule) {
        *self.rule.lock().unwrap_or_else(PoisonError::into_inner) = Some(rule);
    }

    fn line(&self, request: &ChatRequest) -> Option<Line> {
        let ruled = self.rule.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|rule| rule(request));
        ruled.or_else(|| self.lines.lock().unwrap_or_else(PoisonError::into_inner).pop_front())
    }

    /// Makes every answer wait for a [`ScriptedLlm::release`].
    pub fn hold(&self) {
        self.gated.store(true, std::sync::atomic::Ordering::Release);
    }

    /// Lets `answers` answers pass.
    pub fn release(&self, answers: usize) {
        self.gate.add_permits(answers);
    }

    /// Returns what the model was asked, oldest first.
    #[must_use]
    pub fn seen(&self) -> Vec<ChatRequest> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Llm for ScriptedLlm {
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        if request.purpose == Purpose::SideJob {
            return self.aside(request).await;
        }
        let last = request.messages.iter().rev().find_map(|message| match message {
            crate::ports::llm::ChatMessage::User { text, .. } => Some(own_words(text).to_owned()),
            crate::ports::llm::ChatMessage::System { .. }
            | crate::ports::llm::ChatMessage::Assistant { .. }
            | crate::ports::llm::ChatMessage::Tool { .. } => None,
        });
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        self.gates.pass_any(|name| last.as_deref().is_some_and(|last| last.contains(name))).await;
        if self.gated.load(std::sync::atomic::Ordering::Acquire)
            && let Ok(permit) = self.gate.acquire().await
        {
            permit.forget();
        }
        match self.line(&request) {
            Some(Line::Says(reply)) => Ok(reply),
            Some(Line::Fails(error)) => Err(error),
            Some(Line::Hangs) => std::future::pending().await,
            None => {
                Ok(ChatReply { text: Some(format!("re: {}", last.unwrap_or_default())), model: "scripted".into(), ..ChatReply::default() })
            }
        }
    }
}
