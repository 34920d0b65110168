//! Reads answers, whole or in pieces, from servers that each have their own idea of the form. Pure.
//!
//! Takes what can be understood; a cut answer is never taken for a whole one, and thoughts of a model are never taken for its words.

use crate::domain::tool::ToolCall;
use crate::ports::llm::LlmError;
use crate::providers::llm::openai::arguments;
use crate::providers::llm::openai::classify::judge_inside;
use crate::providers::llm::openai::request::HUMAN;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Most calls of one answer.
const MOST_CALLS: usize = 32;
/// Longest id of a call, and longest name of a model, in bytes.
const LONGEST_ID: usize = 256;

/// A whole answer or a piece of a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Piece {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    /// In a whole answer.
    message: Option<Message>,
    /// In a piece.
    delta: Option<Message>,
    finish_reason: Option<Value>,
    /// OpenRouter puts some failures here.
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Option<Value>,
    refusal: Option<String>,
    tool_calls: Option<Vec<Call>>,
    /// The form before `tool_calls`.
    function_call: Option<Function>,
    reasoning: Option<Value>,
    reasoning_content: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Call {
    index: Option<u32>,
    id: Option<String>,
    function: Option<Function>,
    extra_content: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Function {
    name: Option<String>,
    arguments: Option<Value>,
}

/// A call that is being put together.
#[derive(Debug, Default)]
struct Partial {
    index: Option<u32>,
    id: String,
    name: String,
    arguments: String,
    extra: Option<Value>,
}

/// What came so far.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    text: String,
    refused: bool,
    calls: Vec<Partial>,
    finish: Option<String>,
    usage: Option<Value>,
    /// The usage of the whole came last: the server has sent all that it had.
    counted: bool,
    model: Option<String>,
}

/// A sound answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) text: Option<String>,
    pub(super) calls: Vec<ToolCall>,
    pub(super) model: Option<String>,
    /// Tokens in and out, if the server said so.
    pub(super) tokens: Option<(u32, u32)>,
    /// What it cost by the server's own word, in millionths.
    pub(super) cost_micros: Option<u64>,
}

impl Gathered {
    /// Adds a piece. Returns true if it was progress: a word, a thought, a part of a call, an end.
    ///
    /// # Errors
    /// The error that the piece holds, or [`LlmError::Broken`] if it is none.
    pub(super) fn add(&mut self, value: Value) -> Result<bool, LlmError> {
        let Ok(piece) = serde_json::from_value::<Piece>(value) else { return Err(broken("an unknown form")) };
        if let Some(error) = piece.error.filter(|error| !error.is_null()) {
            return Err(judge_inside(&error));
        }
        self.model = piece.model.as_deref().and_then(name).or_else(|| self.model.take());
        let choice = piece.choices.unwrap_or_default().into_iter().next();
        // Some servers count in every piece, so that a count beside a piece says nothing about the end.
        let is_last = choice.as_ref().is_none_or(|choice| choice.message.is_some());
        let usage = piece.usage.filter(Value::is_object);
        self.counted = is_last && (usage.is_some() || self.counted);
        self.usage = usage.or_else(|| self.usage.take());
        let Some(choice) = choice else { return Ok(self.counted) };
        let mut progress = false;
        if let Some(error) = choice.error.filter(|error| !error.is_null()) {
            return Err(judge_inside(&error));
        }
        if let Some(finish) = choice.finish_reason.as_ref().and_then(Value::as_str) {
            self.finish = Some(finish.to_ascii_lowercase());
            progress = true;
        }
        if let Some(message) = choice.message.or(choice.delta) {
            progress |= self.add_message(message)?;
        }
        Ok(progress)
    }

    fn add_message(&mut self, message: Message) -> Result<bool, LlmError> {
        let words = message.content.as_ref().map(words).unwrap_or_default();
        self.refused |= message.refusal.is_some_and(|refusal| !refusal.is_empty());
        let thinks = [message.reasoning, message.reasoning_content].into_iter().flatten().any(|thought| thought != "");
        let old_form = message.function_call.map(|function| Call { function: Some(function), ..Call::default() });
        let calls: Vec<Call> = message.tool_calls.unwrap_or_default().into_iter().chain(old_form).collect();
        let progress = !words.is_empty() || !calls.is_empty() || thinks || self.refused;
        self.text.push_str(&words);
        for call in calls {
            self.add_call(call);
        }
        if self.calls.len() > MOST_CALLS { Err(broken("too many calls")) } else { Ok(progress) }
    }

    /// Adds to the call that it belongs to, by its index or its id; without either to the last one, unless that is complete.
    fn add_call(&mut self, call: Call) {
        let function = call.function.unwrap_or_default();
        let (id, name) = (call.id.unwrap_or_default(), function.name.unwrap_or_default());
        let place = self.place(call.index, &id, &name);
        let place = place.unwrap_or_else(|| {
            self.calls.push(Partial { index: call.index, ..Partial::default() });
            self.calls.len() - 1
        });
        let Some(partial) = self.calls.get_mut(place) else { return };
        if partial.id.is_empty() {
            partial.id = id;
        }
        // Some servers repeat the whole name with every piece.
        if partial.name != name {
            partial.name.push_str(&name);
        }
        match function.arguments {
            Some(Value::String(part)) => partial.arguments.push_str(&part),
            Some(Value::Null) | None => {}
            Some(whole) => partial.arguments = whole.to_string(),
        }
        partial.extra = call.extra_content.filter(|extra| !extra.is_null()).or_else(|| partial.extra.take());
    }

    fn place(&self, index: Option<u32>, id: &str, name: &str) -> Option<usize> {
        if index.is_some() {
            let found = self.calls.iter().rposition(|call| call.index == index)?;
            // Some servers give every call the index 0.
            let another = self.calls.get(found).is_some_and(|call| !id.is_empty() && !call.id.is_empty() && call.id != id);
            return (!another || name.is_empty()).then_some(found);
        }
        if !id.is_empty() {
            return self.calls.iter().rposition(|call| call.id == id);
        }
        let last = self.calls.last()?;
        (name.is_empty() || last.arguments.is_empty()).then(|| self.calls.len() - 1)
    }

    /// Returns the words so far without thoughts and without our own marks.
    pub(super) fn words(&self) -> &str {
        visible(&self.text)
    }

    /// Judges what came, now that no more comes. `taken` are the ids of calls that the chat knows already.
    ///
    /// # Errors
    /// [`LlmError::Declined`] for a refusal, [`LlmError::Broken`] for anything that is no whole answer.
    pub(super) fn finish(self, taken: &BTreeSet<&str>) -> Result<Answer, LlmError> {
        if self.refused {
            return Err(LlmError::Declined);
        }
        self.check_end()?;
        let text = Some(self.words()).filter(|text| !text.is_empty()).map(str::to_owned);
        let (tokens, cost_micros) = (tokens(self.usage.as_ref()), cost(self.usage.as_ref()));
        let calls = calls(self.calls, taken)?;
        if text.is_none() && calls.is_empty() {
            return Err(broken("an empty answer"));
        }
        Ok(Answer { text, calls, model: self.model, tokens, cost_micros })
    }

    fn check_end(&self) -> Result<(), LlmError> {
        match self.finish.as_deref() {
            Some("stop" | "end_turn" | "eos" | "stop_sequence") => Ok(()),
            Some("tool_calls" | "function_call" | "tool_use") if self.calls.is_empty() => Err(broken("calls without a call")),
            Some("tool_calls" | "function_call" | "tool_use") => Ok(()),
            Some("length" | "max_tokens" | "model_length") => Err(broken("cut at the limit of tokens")),
            Some("content_filter" | "safety" | "refusal" | "recitation" | "prohibited_content" | "blocklist") => Err(LlmError::Declined),
            None if self.counted => Ok(()),
            None => Err(broken("it ended without an end")),
            Some(_) => Err(broken("it ended with an error")),
        }
    }
}

/// A server's name for its model, if it can be shown.
fn name(model: &str) -> Option<String> {
    let fits = !model.is_empty() && model.len() <= LONGEST_ID && !model.chars().any(char::is_control);
    fits.then(|| model.to_owned())
}

fn broken(words: &str) -> LlmError {
    LlmError::Broken(words.to_owned())
}

/// Content is a text, or a list of parts of which the texts count.
fn words(content: &Value) -> String {
    let part = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(part).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

/// Leaves out the thoughts that some local servers send as words, also while they are being written.
fn visible(text: &str) -> &str {
    const OPEN: &str = "<think>";
    let text = text.trim();
    let text = match text.strip_prefix(OPEN) {
        Some(thought) => thought.split_once("</think>").map_or("", |(_, rest)| rest.trim_start()),
        None if OPEN.starts_with(text) => "",
        None => text,
    };
    // Models copy what they see.
    text.strip_prefix(HUMAN).unwrap_or(text).trim_start()
}

fn calls(partials: Vec<Partial>, taken: &BTreeSet<&str>) -> Result<Vec<ToolCall>, LlmError> {
    let mut used: BTreeSet<String> = taken.iter().map(|id| (*id).to_owned()).collect();
    let mut calls = Vec::with_capacity(partials.len());
    for partial in partials {
        if partial.name.is_empty() {
            return Err(broken("a call without a name"));
        }
        // An id may be missing, or be the same every time.
        let mut id = partial.id;
        if id.is_empty() || id.len() > LONGEST_ID || used.contains(&id) {
            id = (0_u32..).map(|number| format!("call_r{number}")).find(|id| !used.contains(id)).unwrap_or_default();
        }
        used.insert(id.clone());
        calls.push(ToolCall { id, name: partial.name, arguments: arguments::read(&partial.arguments), extra: partial.extra });
    }
    Ok(calls)
}

fn tokens(usage: Option<&Value>) -> Option<(u32, u32)> {
    let number = |name: &str| usage?.get(name)?.as_u64().map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let (input, output) = (number("prompt_tokens"), number("completion_tokens"));
    (input.is_some() || output.is_some()).then(|| (input.unwrap_or(0), output.unwrap_or(0)))
}

/// OpenRouter says what it cost, in dollars.
fn cost(usage: Option<&Value>) -> Option<u64> {
    let dollars = usage?.get("cost")?.as_f64()?;
    let micros = (dollars * 1e6).ceil();
    (0.0..1e15).contains(&micros).then_some(micros as u64)
}

#[cfg(test)]
mod tests;
