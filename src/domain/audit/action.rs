//! What is written into the audit log: a closed list. A new administrative change gets a line here, and a test asks for its row.

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal on $target:literal),+ $(,)?) => {
        /// An administrative act.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[$doc])* $name,)+
        }

        impl Action {
            /// Every act.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the stored word, which also is the API's.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Returns the kind of thing it is done to.
            #[must_use]
            pub const fn target(self) -> &'static str {
                match self { $(Self::$name => $target),+ }
            }
        }
    };
}

actions! {
    /// A business was made.
    TenantCreated = "tenant.created" on "tenant",
    /// What its assistant may say was replaced.
    FactsReplaced = "facts.replaced" on "tenant",
    /// What its plan allows was changed.
    LimitsChanged = "limits.changed" on "tenant",
    /// The operator stopped it, or a feature of it.
    Suspended = "tenant.suspended" on "suspension",
    /// The operator let it go on.
    Resumed = "tenant.resumed" on "suspension",
    /// An API key was made.
    ApiKeyCreated = "api_key.created" on "api_key",
    /// An API key was revoked.
    ApiKeyRevoked = "api_key.revoked" on "api_key",
    /// An inbox was made.
    InboxCreated = "inbox.created" on "inbox",
    /// Settings of an inbox were changed.
    InboxUpdated = "inbox.updated" on "inbox",
    /// An inbox was let go on.
    InboxResumed = "inbox.resumed" on "inbox",
    /// The product stopped an inbox whose account needs attention.
    InboxPaused = "inbox.paused" on "inbox",
    /// A model was added.
    ModelProviderAdded = "model_provider.added" on "model_provider",
    /// A model was replaced.
    ModelProviderReplaced = "model_provider.replaced" on "model_provider",
    /// A model was forgotten.
    ModelProviderRemoved = "model_provider.removed" on "model_provider",
    /// What a day of models may cost was changed.
    ModelSettingsReplaced = "model_settings.replaced" on "tenant",
    /// A service was added.
    ServiceAdded = "service.added" on "service",
    /// A service was replaced.
    ServiceReplaced = "service.replaced" on "service",
    /// A service was deleted or retired.
    ServiceRemoved = "service.removed" on "service",
    /// A resource was added.
    ResourceAdded = "resource.added" on "resource",
    /// A resource was replaced.
    ResourceReplaced = "resource.replaced" on "resource",
    /// A resource was deleted or retired.
    ResourceRemoved = "resource.removed" on "resource",
    /// The secret address of a calendar was made.
    CalendarFeedMade = "calendar_feed.made" on "resource",
    /// The secret address of a calendar was ended.
    CalendarFeedEnded = "calendar_feed.ended" on "resource",
    /// A holiday was set.
    HolidaySet = "holiday.set" on "holiday",
    /// A holiday was removed.
    HolidayRemoved = "holiday.removed" on "holiday",
    /// The rules of booking were replaced.
    BookingRulesReplaced = "booking_rules.replaced" on "tenant",
    /// A data key was wrapped anew.
    DataKeyRotated = "data_key.rotated" on "data_key",
}

impl Action {
    /// Reads the stored word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text)
    }
}
