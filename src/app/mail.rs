//! Wires outgoing mail: the operator's SMTP server if one is set, the templates, the pages that mails lead to.

use crate::app::AppError;
use crate::config::Config;
use crate::crypto::links::PageLinks;
use crate::engine::mail::MailPorts;
use crate::ports::clock::Clock;
use crate::ports::mail::Mailer;
use crate::prompting::letters::LetterLibrary;
use crate::providers::mail::smtp::{SmtpLimits, SmtpMailer};
use crate::store::Store;
use crate::store::mail::MailSeal;
use std::sync::Arc;

/// Makes what the engine needs to send mails.
pub(super) fn ports(
    config: &Config,
    store: &Store,
    (links, seals): (&Arc<PageLinks>, MailSeal),
    clock: &Arc<dyn Clock>,
    demo: bool,
) -> Result<MailPorts, AppError> {
    let mailer = match &config.mail {
        Some(mail) => {
            let mailer = SmtpMailer::new(mail.server.clone(), mail.sender.clone(), Arc::clone(clock), SmtpLimits::default())?;
            Some(Arc::new(mailer) as Arc<dyn Mailer>)
        }
        None => None,
    };
    Ok(MailPorts {
        queue: Arc::new(store.clone()),
        mailer,
        letters: Arc::new(LetterLibrary::new()?),
        seals: Arc::new(seals),
        links: Some(Arc::clone(links) as _),
        book: Arc::new(store.clone()),
        show_links: demo,
    })
}
