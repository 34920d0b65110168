//! The operator's SMTP server, as an operator may set it. A password in it is never shown.

use crate::config::read::Reader;
use crate::providers::mail::smtp::{Sender, SmtpServer};

/// Who sends mails; absent: nobody.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// The server.
    pub server: SmtpServer,
    /// Our address.
    pub sender: Sender,
}

/// Reads both keys; one without the other is a mistake.
pub(super) fn read(reader: &mut Reader) -> Option<MailConfig> {
    let (url, from) = (reader.optional("smtp_url"), reader.optional("mail_from"));
    let server = url.as_ref().and_then(|url| match SmtpServer::parse(url) {
        Ok(server) => Some(server),
        Err(error) => {
            reader.wrong("smtp_url", &error.to_string());
            None
        }
    });
    let sender = from.as_ref().and_then(|from| {
        let sender = Sender::parse(from);
        if sender.is_none() {
            reader.wrong("mail_from", "must be an address such as no-reply@example.com or Name <no-reply@example.com>");
        }
        sender
    });
    match (&url, &from) {
        (Some(_), None) => reader.wrong("mail_from", "must not be empty where smtp_url is set"),
        (None, Some(_)) => reader.wrong("smtp_url", "must not be empty where mail_from is set"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    Some(MailConfig { server: server?, sender: sender? })
}
