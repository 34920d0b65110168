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
    /// Name, language or zone of a business were changed.
    BusinessChanged = "business.changed" on "tenant",
    /// The operator made somebody a member.
    MemberAdded = "member.added" on "member",
    /// A member's name, role, permissions, inboxes or teams were changed.
    MemberChanged = "member.changed" on "member",
    /// A member was taken out of the business.
    MemberRemoved = "member.removed" on "member",
    /// The business was given to another member.
    OwnershipTransferred = "ownership.transferred" on "member",
    /// Somebody was asked into the business.
    InvitationMade = "invitation.made" on "invitation",
    /// An invitation got a new link.
    InvitationResent = "invitation.resent" on "invitation",
    /// An invitation was taken back.
    InvitationTakenBack = "invitation.taken_back" on "invitation",
    /// An invitation was accepted.
    InvitationAccepted = "invitation.accepted" on "invitation",
    /// Somebody signed in.
    SessionStarted = "session.started" on "session",
    /// Somebody signed out.
    SessionSignedOut = "session.signed_out" on "session",
    /// Somebody ended one of their sessions.
    SessionEnded = "session.ended" on "session",
    /// Somebody ended all of their other sessions.
    SessionsEnded = "sessions.ended" on "member",
    /// A used refresh token came back, and its session was ended.
    SessionTokenReused = "session.token_reused" on "session",
    /// Wrong tries shut a member's door for a while.
    AccountLocked = "account.locked" on "member",
    /// The operator opened a door that wrong tries had shut.
    AccountUnlocked = "account.unlocked" on "member",
    /// Another mail address was asked for by the member; its link is to be followed.
    AccountAddressAsked = "account.address_asked" on "member",
    /// A member's mail address is another one: its link was followed.
    AccountAddressChanged = "account.address_changed" on "member",
    /// A link for a new password was asked for.
    PasswordResetAsked = "password.reset_asked" on "member",
    /// A new password was chosen by such a link.
    PasswordReset = "password.reset" on "member",
    /// A password was changed by whoever knew the old one.
    PasswordChanged = "password.changed" on "member",
    /// A second factor was added.
    SecondFactorAdded = "second_factor.added" on "member",
    /// The second factor was taken away.
    SecondFactorRemoved = "second_factor.removed" on "member",
    /// New recovery codes were made.
    RecoveryCodesMade = "recovery_codes.made" on "member",
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery_code.used" on "member",
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
    /// What the business wants of its notifications was changed.
    NotificationRulesReplaced = "notification_rules.replaced" on "tenant",
    /// A team was made.
    TeamMade = "team.made" on "team",
    /// A team or its members were replaced.
    TeamReplaced = "team.replaced" on "team",
    /// A team was removed.
    TeamRemoved = "team.removed" on "team",
    /// How many conversations a member takes was set.
    MemberCapacitySet = "member.capacity_set" on "member",
    /// How many conversations members take was set.
    AssignmentRulesReplaced = "assignment_rules.replaced" on "tenant",
    /// How an inbox gives conversations to people was set.
    InboxAssignmentSet = "inbox.assignment_set" on "inbox",
    /// When people of an inbox are there was set.
    InboxHoursSet = "inbox.hours_set" on "inbox",
    /// How an inbox asks customers how they were served was set.
    InboxSurveySet = "inbox.survey_set" on "inbox",
    /// An endpoint for webhooks was added.
    WebhookAdded = "webhook.added" on "webhook",
    /// An endpoint for webhooks was replaced.
    WebhookReplaced = "webhook.replaced" on "webhook",
    /// An endpoint for webhooks was removed.
    WebhookRemoved = "webhook.removed" on "webhook",
    /// An endpoint for webhooks got a new secret.
    WebhookSecretRotated = "webhook.secret_rotated" on "webhook",
    /// A disabled endpoint for webhooks goes on.
    WebhookEnabled = "webhook.enabled" on "webhook",
    /// The product gave an endpoint for webhooks up.
    WebhookDisabled = "webhook.disabled" on "webhook",
    /// Deliveries of an endpoint for webhooks are made anew.
    WebhookReplayed = "webhook.replayed" on "webhook",
    /// A contact was deleted.
    ContactDeleted = "contact.deleted" on "contact",
    /// A contact was blocked.
    ContactBlocked = "contact.blocked" on "contact",
    /// A contact was let go on.
    ContactUnblocked = "contact.unblocked" on "contact",
    /// Another contact was merged into one.
    ContactMerged = "contact.merged" on "contact",
    /// A merge was taken back.
    ContactMergeUndone = "contact.merge_undone" on "contact",
    /// Contacts were taken out as a table.
    ContactsExported = "contacts.exported" on "tenant",
    /// A table of contacts was handed in.
    ContactsImported = "contacts.imported" on "contact_import",
    /// A conversation was deleted.
    ConversationDeleted = "conversation.deleted" on "conversation",
    /// The words of a message were deleted.
    MessageDeleted = "message.deleted" on "message",
    /// One action over many conversations was begun.
    BulkActionBegun = "bulk_action.begun" on "bulk_action",
    /// What was left of one was called off.
    BulkActionCancelled = "bulk_action.cancelled" on "bulk_action",
    /// A text for everybody was prepared.
    CannedReplyAdded = "canned_reply.added" on "canned_reply",
    /// A prepared text for everybody was replaced, or given to or taken from everybody.
    CannedReplyReplaced = "canned_reply.replaced" on "canned_reply",
    /// A prepared text for everybody was removed.
    CannedReplyRemoved = "canned_reply.removed" on "canned_reply",
    /// A data key was wrapped anew.
    DataKeyRotated = "data_key.rotated" on "data_key",
    /// A label was made.
    LabelCreated = "label.created" on "label",
    /// A label's title, colour or description was changed.
    LabelChanged = "label.changed" on "label",
    /// A label was deleted, and is taken off conversations.
    LabelDeleted = "label.deleted" on "label",
    /// A view was saved for everybody.
    ViewShared = "view.shared" on "view",
    /// A view of everybody was changed.
    ViewChanged = "view.changed" on "view",
    /// A view of everybody was deleted.
    ViewDeleted = "view.deleted" on "view",
}

impl Action {
    /// Reads the stored word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text)
    }
}
