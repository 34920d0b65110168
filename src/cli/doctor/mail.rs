//! The SMTP server: whether it answers, encrypts and lets us in. Sends nothing.

use crate::cli::doctor::report::Report;
use crate::config::Config;
use crate::net::clock::SystemClock;
use crate::providers::mail::smtp::{Encryption, SmtpError, SmtpLimits, SmtpMailer};
use std::sync::Arc;

/// Looks at the settings; their mistakes have kept the doctor from coming this far.
pub(super) fn settings(config: &Config, report: &mut Report) {
    let Some(mail) = &config.mail else {
        return report.ok("mail", "no SMTP server: invitations and confirmations are not mailed");
    };
    match mail.server.encryption() {
        Encryption::Wrapped | Encryption::StartTls => report.ok("mail", format!("mails leave by {}", mail.server.host())),
        Encryption::None | Encryption::IfOffered => {
            let says = format!("mails to {} may be read on their way", mail.server.host());
            report.warn("mail", says, "use smtps:// or ?tls=required unless it runs on this machine or in a network of your own");
        }
    }
}

/// Connects, encrypts, logs in, and says goodbye.
pub(super) async fn ask(config: &Config, report: &mut Report) {
    let Some(mail) = &config.mail else { return };
    let mailer = SmtpMailer::new(mail.server.clone(), mail.sender.clone(), Arc::new(SystemClock::new()), SmtpLimits::default());
    let checked = match mailer {
        Ok(mailer) => mailer.check().await,
        Err(error) => Err(error),
    };
    match checked {
        Ok(()) => report.ok("mail", "the SMTP server lets us in"),
        Err(error) => {
            let advice = match &error {
                SmtpError::Unreachable => "look at the network, the host and the port in RECADO_SMTP_URL",
                SmtpError::Encryption => {
                    "is the host's name the one in its certificate, and the port the right one for smtps:// or ?tls=required?"
                }
                SmtpError::Refused(_) => "correct name and password in RECADO_SMTP_URL; special characters in them are percent-encoded",
                SmtpError::Lacking => "use smtps:// where the server offers no STARTTLS",
            };
            report.fail("mail", error.to_string(), advice);
        }
    }
}
