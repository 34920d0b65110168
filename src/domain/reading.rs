//! How a member stands to a conversation: what he has read, and where he was mentioned. Pure.
//!
//! Only what a customer wrote makes a conversation unread: notes, the assistant's answers and colleagues' replies do not, and neither does
//! anything in spam. It is each member's own: a glance of one takes nothing from the others.

/// Unread messages are counted up to this: so many, or more.
pub const MOST_UNREAD: u32 = 100;

/// How a member stands to a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The newest message that was read; `None`: never opened.
    pub last_read: Option<i64>,
    /// The customer's messages after it, up to [`MOST_UNREAD`].
    pub unread: u32,
    /// The member wants to look at it again, whatever was read.
    pub marked: bool,
    /// The newest note that mentions the member.
    pub mentioned: Option<i64>,
}

impl Reading {
    /// Tells whether it is shown as unread.
    #[must_use]
    pub const fn is_unread(&self) -> bool {
        self.marked || self.unread > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conv_96_a_conversation_is_unread_by_messages_or_by_a_mark() {
        let read = Reading { last_read: Some(3), ..Reading::default() };
        assert!(!read.is_unread());
        assert!(Reading { unread: 1, ..read }.is_unread() && Reading { marked: true, ..read }.is_unread());
        assert!(!Reading { mentioned: Some(3), ..read }.is_unread(), "a mention is told of, and is no message of the customer's");
    }
}
