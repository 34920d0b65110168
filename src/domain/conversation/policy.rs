//! The settings that a step decides by: the tenant's, the inbox's and the channel's, gathered by the shell.

use crate::domain::away::AwayText;
use crate::domain::booking::NewsTemplate;
use crate::domain::facts::Facts;
use crate::domain::file::Media;
use crate::domain::guard::shape::Markup;
use crate::domain::language::Language;
use crate::domain::learnt::Wanted;
use crate::domain::routing::{Hours, Picture};
use crate::domain::survey::SurveyRules;
use crate::domain::tool::HandoffReason;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for the rest of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathering {
    /// By what was said: nothing after a button, 2 s after words, 5 s after a file or an unfinished sentence.
    Adaptive,
    /// Always this long.
    Fixed(Duration),
}

/// Everything that a step decides by besides the conversation itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The inbox has an assistant that may answer now.
    pub assistant: bool,
    /// It may not because the operator has stopped it.
    pub suspended: bool,
    /// The contact is blocked.
    pub blocked: bool,
    /// The tenant's default language.
    pub language: Language,
    /// How long to wait for the rest of a burst.
    pub gathering: Gathering,
    /// Longest text of one message on the channel, in characters.
    pub max_text: usize,
    /// What the channel takes of files.
    pub media: Arc<Media>,
    /// Free-form messages are allowed only this long after the customer's last one.
    pub window: Option<Duration>,
    /// So much of that time is not counted on: what is about to leave then may come too late.
    pub window_margin: Duration,
    /// The channel takes approved templates, at any time.
    pub templates: bool,
    /// What reminders leave by when the window is closed.
    pub reminder_template: Option<NewsTemplate>,
    /// What the offer of a time that has become free leaves by then.
    pub waitlist_template: Option<NewsTemplate>,
    /// Silence after which a pending conversation is looked after.
    pub idle_after: Option<Duration>,
    /// Silence after the idle question until it is resolved.
    pub idle_resolve_after: Duration,
    /// Silence after which an open conversation is resolved; off by default.
    pub auto_resolve_after: Option<Duration>,
    /// Auto-resolve leaves conversations alone whose customer waits.
    pub auto_resolve_skips_waiting: bool,
    /// A message older than this at its turn is marked late.
    pub late_after: Duration,
    /// A message older than this is for people: no automatic answer.
    pub too_late_after: Duration,
    /// A turn is restarted by new messages at most this often ...
    pub max_restarts: u8,
    /// ... and only this long after its oldest message.
    pub restart_within: Duration,
    /// Most rounds of tools in a turn.
    pub max_rounds: u8,
    /// Most calls of tools in a turn.
    pub max_calls: usize,
    /// Most calls of the same tool with the same arguments in a turn.
    pub max_same_calls: usize,
    /// Tools that bind: they run only after the customer has answered the question.
    pub binding: Arc<[String]>,
    /// What the business wants answered: an answer may rest on it.
    pub facts: Arc<Facts>,
    /// Longest answer that the business wants, in characters.
    pub max_answer: Option<usize>,
    /// Which marks the channel shows.
    pub markup: Markup,
    /// The business in whose name the assistant's first words of a stretch say that they come from a machine; `None`: they need not.
    pub disclosure: Option<String>,
    /// Which side jobs are wanted.
    pub learning: Wanted,
    /// Silence of the person who answers after which the assistant has the conversation again; off by default.
    pub handback_after: Option<Duration>,
    /// When people of the inbox are there.
    pub hours: Arc<Hours>,
    /// What is said outside these hours; `None`: nothing.
    pub away: Option<Arc<AwayText>>,
    /// How customers are asked how they were served; `None`: they are not, or nothing leaves now.
    pub survey: Option<Arc<SurveyRules>>,
    /// The name of the business, as its customers know it.
    pub business: String,
    /// How many characters the address of a survey's page takes, which is put into the question as it leaves.
    pub address_chars: usize,
    /// Who is at the front desk; `None`: not read, because few steps need it.
    pub desk: Option<Arc<Picture>>,
}

impl Policy {
    /// Returns why a message goes to people where the assistant may not answer.
    #[must_use]
    pub const fn why_silent(&self) -> HandoffReason {
        if self.suspended { HandoffReason::Suspended } else { HandoffReason::NeedsPerson }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            assistant: true,
            suspended: false,
            blocked: false,
            language: Language::Es,
            gathering: Gathering::Adaptive,
            max_text: 4096,
            media: Arc::default(),
            window: None,
            window_margin: Duration::from_mins(5),
            templates: true,
            reminder_template: None,
            waitlist_template: None,
            idle_after: Some(Duration::from_hours(20)),
            idle_resolve_after: Duration::from_hours(24),
            auto_resolve_after: None,
            auto_resolve_skips_waiting: true,
            late_after: Duration::from_mins(10),
            too_late_after: Duration::from_hours(6),
            max_restarts: 2,
            restart_within: Duration::from_secs(20),
            max_rounds: 6,
            max_calls: 12,
            max_same_calls: 2,
            binding: Arc::default(),
            facts: Arc::default(),
            max_answer: None,
            markup: Markup::Plain,
            disclosure: None,
            learning: Wanted::default(),
            handback_after: None,
            hours: Arc::default(),
            away: None,
            survey: None,
            business: String::new(),
            address_chars: 0,
            desk: None,
        }
    }
}
