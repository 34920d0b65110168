//! Tenants and inboxes as the engine sees them: parsed once from their JSON, then only typed values.

use crate::domain::away::AwayText;
use crate::domain::booking::NewsTemplate;
use crate::domain::conversation::policy::{Gathering, Policy};
use crate::domain::facts::Facts;
use crate::domain::guard::shape::Markup;
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::language::Language;
use crate::domain::learnt::Wanted;
use crate::domain::routing::Hours;
use crate::domain::survey::SurveyRules;
use crate::domain::suspension::{Feature, Stopped};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The channels we speak.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// WhatsApp Cloud API.
    Whatsapp,
    /// Any adapter that speaks our own contract.
    Generic,
}

impl ChannelKind {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Whatsapp, Self::Generic];

    /// Returns the stored spelling, which is also the one in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Generic => "generic",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// When a customer returns to a resolved conversation: reopen it, or begin a new one?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReopenWithin {
    /// Always reopen the thread's last conversation.
    Always,
    /// Reopen until this long after it was resolved; zero: never.
    For(Duration),
}

impl ReopenWithin {
    /// Returns true if a conversation resolved `ago` is reopened.
    #[must_use]
    pub fn reopens(self, ago: Duration) -> bool {
        match self {
            Self::Always => true,
            Self::For(limit) => ago < limit,
        }
    }
}

/// What to do with a send whose outcome is unknown on a channel that cannot tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UncertainPolicy {
    /// Never twice: people are told.
    #[default]
    AtMostOnce,
    /// Rather twice than not at all.
    AtLeastOnce,
}

/// The settings that every channel's configuration may hold, as the tenant wrote them. Channel keys stand beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommonSettings {
    /// Does the assistant answer here? Default true.
    pub assistant: Option<bool>,
    /// Overrides the adaptive wait for a burst.
    pub gathering_ms: Option<u64>,
    /// `"always"`, or hours as a number; default 72.
    pub reopen_within_hours: Option<HoursOrAlways>,
    /// Hours of silence until the idle check; 0 switches it off; default 20.
    pub idle_after_hours: Option<u64>,
    /// Hours of silence until an open conversation is resolved; absent or 0: off.
    pub auto_resolve_after_hours: Option<u64>,
    /// Auto-resolve leaves waiting customers alone; default true.
    pub auto_resolve_skip_waiting: Option<bool>,
    /// Minutes of silence of the person who answers until the assistant has the conversation again; absent or 0: off.
    pub handback_after_minutes: Option<u64>,
    /// What to do with unknown outcomes.
    pub uncertain: UncertainPolicy,
    /// Longest answer of the assistant, in characters; absent or 0: as long as it likes.
    pub max_answer_chars: Option<usize>,
    /// Do the assistant's first words of a stretch say that no person wrote them? Default true.
    pub disclosure: Option<bool>,
    /// Does a model write a summary for whoever takes a conversation over? Default true.
    pub handoff_summary: Option<bool>,
    /// The approved template by which reminders leave when the reply window is closed; its body takes name, service, date and time.
    pub reminder_template: Option<NewsTemplate>,
    /// The same for the offer of a time that has become free: a reminder's words would be wrong for it.
    pub waitlist_template: Option<NewsTemplate>,
    /// Is the customer's mood read by a model now and then, for people who take the conversation over? Default true.
    pub sentiment: Option<bool>,
    /// Is a model asked for the customer's language where the words alone do not tell it? Default true.
    pub language: Option<bool>,
    /// What is said by itself to whoever writes outside the inbox's hours while people hold the conversation, per language; absent: nothing.
    pub away_text: Option<AwayText>,
    /// Does a model sum up what no longer fits into its context? Default true.
    pub rolling_summary: Option<bool>,
}

/// A number of hours, or the word `always`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HoursOrAlways {
    /// Hours.
    Hours(u64),
    /// `always`.
    Word(AlwaysWord),
}

/// The word `always`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlwaysWord {
    /// The word.
    Always,
}

impl CommonSettings {
    /// Returns when a resolved conversation is reopened.
    #[must_use]
    pub fn reopen_within(&self) -> ReopenWithin {
        match &self.reopen_within_hours {
            None => ReopenWithin::For(Duration::from_hours(72)),
            Some(HoursOrAlways::Hours(hours)) => ReopenWithin::For(Duration::from_secs(hours.saturating_mul(3600))),
            Some(HoursOrAlways::Word(AlwaysWord::Always)) => ReopenWithin::Always,
        }
    }
}

/// A business.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its short name in URLs and commands.
    pub slug: String,
    /// Its name as customers know it.
    pub name: String,
    /// BCP 47 tag.
    pub locale: String,
    /// IANA zone name.
    pub timezone: String,
    /// What the operator has stopped, with the reasons.
    pub stopped: Stopped,
    /// What its assistant knows.
    pub facts: Arc<Facts>,
}

impl Tenant {
    /// Returns its default language; Spanish for a locale that we do not speak.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::of_locale(&self.locale).unwrap_or_default()
    }
}

/// An inbox with its tenant, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbox {
    /// Its id.
    pub id: InboxId,
    /// Its business.
    pub tenant: Arc<Tenant>,
    /// Its channel.
    pub channel: ChannelKind,
    /// Its name.
    pub name: String,
    /// `active`, `paused` or `disabled`, with the reason.
    pub state: InboxState,
    /// Settings common to all channels.
    pub common: CommonSettings,
    /// All public settings, for the channel.
    pub settings: serde_json::Value,
    /// When its people are there.
    pub hours: Arc<Hours>,
    /// How it asks customers how they were served.
    pub survey: Arc<SurveyRules>,
}

/// Whether an inbox takes and sends messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InboxState {
    /// Takes and sends.
    Active,
    /// Takes, but sends nothing: the account needs attention.
    Paused,
    /// Neither.
    Disabled,
}

impl InboxState {
    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Paused, Self::Disabled].into_iter().find(|state| state.as_str() == text)
    }
}

impl Inbox {
    /// Returns true if the assistant answers here.
    #[must_use]
    pub fn assistant(&self) -> bool {
        self.common.assistant.unwrap_or(true) && self.tenant.stopped.lets(Feature::Assistant)
    }

    /// Returns true if messages leave here: neither the inbox nor its business is held up.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.state == InboxState::Active && self.tenant.stopped.lets(Feature::Outgoing)
    }

    /// Returns true if the assistant's first words say that they come from a machine.
    #[must_use]
    pub fn discloses(&self) -> bool {
        self.common.disclosure.unwrap_or(true)
    }

    /// Returns which side jobs it wants beside its turns.
    #[must_use]
    pub fn learning(&self) -> Wanted {
        let CommonSettings { rolling_summary, language, sentiment, .. } = self.common;
        Wanted { memory: rolling_summary.unwrap_or(true), language: language.unwrap_or(true), mood: sentiment.unwrap_or(true) }
    }

    /// Gathers the settings that a step decides by. `max_text` and `window` are the channel's.
    #[must_use]
    pub fn policy(&self, blocked: bool, max_text: usize, window: Option<Duration>) -> Policy {
        let hours = |hours: Option<u64>| hours.filter(|hours| *hours > 0).map(|hours| Duration::from_secs(hours.saturating_mul(3600)));
        let minutes = |minutes: Option<u64>| minutes.filter(|it| *it > 0).map(|it| Duration::from_secs(it.saturating_mul(60)));
        let defaults = Policy::default();
        Policy {
            assistant: self.assistant(),
            suspended: !self.tenant.stopped.lets(Feature::Assistant),
            blocked,
            language: self.tenant.language(),
            gathering: self.common.gathering_ms.map_or(Gathering::Adaptive, |wait| Gathering::Fixed(Duration::from_millis(wait))),
            max_text,
            window,
            idle_after: if self.common.idle_after_hours.is_some() { hours(self.common.idle_after_hours) } else { defaults.idle_after },
            auto_resolve_after: hours(self.common.auto_resolve_after_hours),
            auto_resolve_skips_waiting: self.common.auto_resolve_skip_waiting.unwrap_or(true),
            reminder_template: self.common.reminder_template.clone(),
            waitlist_template: self.common.waitlist_template.clone(),
            facts: Arc::clone(&self.tenant.facts),
            hours: Arc::clone(&self.hours),
            away: self.common.away_text.clone().map(Arc::new),
            max_answer: self.common.max_answer_chars.filter(|max| *max > 0),
            markup: match self.channel {
                ChannelKind::Whatsapp => Markup::Stars,
                ChannelKind::Generic => Markup::Plain,
            },
            handback_after: minutes(self.common.handback_after_minutes),
            learning: self.learning(),
            // What cannot leave now would come when nobody remembers.
            survey: (self.survey.enabled && self.sends()).then(|| Arc::clone(&self.survey)),
            business: self.tenant.name.clone(),
            disclosure: self.discloses().then(|| self.tenant.name.clone()),
            ..defaults
        }
    }
}
