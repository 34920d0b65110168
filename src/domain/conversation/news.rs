//! News of the book: told in fixed words, without opening a turn and without reopening what is done. People who speak hear it first.

use crate::domain::booking::{News, Told};
use crate::domain::content::{Content, MessageKind};
use crate::domain::conversation::draft::{Draft, Origin};
use crate::domain::conversation::effect::OutboxClass;
use crate::domain::conversation::event::InboundRow;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::Standing;
use crate::domain::notes::{NewsNote, news_note};

/// Tells news, if it still holds.
pub(super) fn heard(draft: &mut Draft<'_>, row: &InboundRow, news: &News, told: Option<&Told>) {
    let reason = match told {
        None => "stale_news",
        Some(_) if draft.next.state.standing == Standing::Spam => "quarantined",
        Some(_) if draft.policy.blocked => "blocked",
        Some(told) => tell(draft, news, told),
    };
    draft.settle_new(row.id, reason, None);
}

fn tell(draft: &mut Draft<'_>, news: &News, told: &Told) -> &'static str {
    if let News::Flagged { .. } = news {
        draft.add_message(Author::Note(None), told.content.clone(), Origin::default());
        return "noted";
    }
    if draft.next.state.standing.human().is_some() {
        note(draft, NewsNote::PeopleSpeak, &told.content);
        return "people_hold";
    }
    let class = if news.is_reminder() { OutboxClass::Bulk } else { OutboxClass::Assistant };
    let origin = || Origin { proviso: told.proviso, ..Origin::default() };
    if draft.inside_window() {
        draft.send(Author::Assistant, told.content.clone(), class, origin());
        return "told";
    }
    let template = match news {
        News::Reminder { .. } => draft.policy.reminder_template.clone(),
        News::Offered => draft.policy.waitlist_template.clone(),
        News::Settled | News::Failed { .. } | News::Cancelled | News::Flagged { .. } => None,
    };
    let Some(template) = template.filter(|_| draft.policy.templates) else {
        note(draft, NewsNote::WindowClosed, &told.content);
        return "window_closed";
    };
    let template = Some(Box::new(template.filled(told)));
    let content = Content { kind: MessageKind::Template, template, ..Content::text(told.content.text.clone()) };
    draft.send(Author::Assistant, content, class, origin());
    "told"
}

/// Leaves it to people, with the words that the customer has not read.
fn note(draft: &mut Draft<'_>, why: NewsNote, content: &Content) {
    let text = format!("{}\n{}", news_note(draft.policy.language, why), content.text);
    draft.add_message(Author::Note(None), Content::text(text), Origin::default());
}
