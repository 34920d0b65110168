//! A mail as a message of RFC 5322: headers that nothing can break out of, both parts, files. Pure: the same mail is the same message, but for
//! the boundaries of its parts.

use crate::domain::mail::Address;
use crate::ports::mail::{Letter, Mail};
use lettre::address::AddressError;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address as LettreAddress, Message};
use std::error::Error;
use thiserror::Error;
use url::Host;

/// Longest subject and longest name, in characters: what fits on a screen, far below what hurts.
const MOST_SUBJECT: usize = 200;
const MOST_NAME: usize = 80;

/// The mail cannot be written down. Says nothing of what stands in it.
#[derive(Debug, Error)]
#[error("the mail cannot be written down")]
pub(super) struct Unsendable;

/// Who sends: the operator's address, and the name beside it where a mail brings none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    name: Option<String>,
    address: Address,
}

impl Sender {
    /// Returns the address alone.
    #[must_use]
    pub fn address(&self) -> &str {
        self.address.as_str()
    }

    /// Reads `no-reply@example.com` or `Recado <no-reply@example.com>`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, address) = match text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (one_line(name.trim().trim_matches('"'), MOST_NAME), address),
            None => (String::new(), text),
        };
        Some(Self { name: Some(name).filter(|name| !name.is_empty()), address: Address::parse(address).ok()? })
    }

    /// Returns the name by which we greet a server: the domain of our address.
    pub(super) fn hello(&self) -> ClientId {
        ascii_domain(self.address.parts().1).map_or_else(|_| ClientId::default(), ClientId::Domain)
    }
}

/// No person wrote it: out-of-office programs do not answer it (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_text: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Writes a mail down.
pub(super) fn compose(sender: &Sender, mail: &Mail) -> Result<Message, Unsendable> {
    let letter = &mail.letter;
    let name = letter.from_name.as_deref().map(|name| one_line(name, MOST_NAME)).filter(|name| !name.is_empty());
    let from = Mailbox::new(name.or_else(|| sender.name.clone()), address(&sender.address)?);
    let domain = ascii_domain(sender.address.parts().1)?;
    let mut message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(one_line(&letter.subject, MOST_SUBJECT))
        .date(mail.date.to_chrono().into())
        .message_id(Some(format!("<{}@{domain}>", mail.message_id)))
        .header(AutoSubmitted);
    if let Some(reply_to) = &letter.reply_to {
        message = message.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    let message = match (texts(letter), letter.attachments.is_empty()) {
        (Texts::Plain(text), true) => message.singlepart(text),
        (Texts::Both(both), true) => message.multipart(both),
        (Texts::Plain(text), false) => message.multipart(with_files(MultiPart::mixed().singlepart(text), letter)?),
        (Texts::Both(both), false) => message.multipart(with_files(MultiPart::mixed().multipart(both), letter)?),
    };
    message.map_err(|_unshown| Unsendable)
}

/// The text in one form or in two.
enum Texts {
    Plain(SinglePart),
    Both(MultiPart),
}

fn texts(letter: &Letter) -> Texts {
    match &letter.html {
        None => Texts::Plain(SinglePart::plain(letter.text.clone())),
        Some(html) => Texts::Both(MultiPart::alternative_plain_html(letter.text.clone(), html.clone())),
    }
}

fn with_files(mut parts: MultiPart, letter: &Letter) -> Result<MultiPart, Unsendable> {
    for file in &letter.attachments {
        let media_type = ContentType::parse(&file.media_type).map_err(|_unshown| Unsendable)?;
        let name = one_line(&file.name, MOST_NAME);
        parts = parts.singlepart(Attachment::new(name).body(file.bytes.clone(), media_type));
    }
    Ok(parts)
}

/// Makes one line of a text and cuts it: no control character ever reaches a header.
fn one_line(text: &str, most: usize) -> String {
    let blank = |sign: char| if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}') { ' ' } else { sign };
    let text: String = text.chars().map(blank).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

fn address(address: &Address) -> Result<LettreAddress, Unsendable> {
    let (local, domain) = address.parts();
    let made: Result<LettreAddress, AddressError> = LettreAddress::new(local, ascii_domain(domain)?);
    made.map_err(|_unshown| Unsendable)
}

/// Writes an international domain in ASCII (IDNA), as every server understands it.
fn ascii_domain(domain: &str) -> Result<String, Unsendable> {
    match Host::parse(domain) {
        Ok(Host::Domain(domain)) => Ok(domain),
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => Err(Unsendable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::ports::mail::Attachment as File;

    fn letter() -> Letter {
        Letter {
            subject: "Su cita quedó confirmada".to_owned(),
            text: "Hola Luz".to_owned(),
            html: Some("<p>Hola <b>Luz</b></p>".to_owned()),
            from_name: Some("Clínica Dental Ñandú".to_owned()),
            reply_to: Address::parse("hola@clinica.example").ok(),
            attachments: Vec::new(),
        }
    }

    fn written(letter: Letter) -> String {
        let mail = Mail {
            to: Address::parse("luz@münchen.example").unwrap(),
            letter,
            message_id: "00ff".to_owned(),
            date: Timestamp::parse("2026-11-28T07:00:00Z").unwrap(),
        };
        let sender = Sender::parse("Recado <no-reply@recado.example>").unwrap();
        String::from_utf8(compose(&sender, &mail).unwrap().formatted()).unwrap()
    }

    fn headers(message: &str) -> Vec<&str> {
        message.split("\r\n\r\n").next().unwrap().split("\r\n").collect()
    }

    #[test]
    fn a_mail_has_its_headers_in_ascii_and_both_parts() {
        let message = written(letter());
        let headers = headers(&message);
        assert!(message.is_ascii() && !message.replace("\r\n", "").contains(['\r', '\n']));
        for line in [
            "To: luz@xn--mnchen-3ya.example",
            "Subject: Su cita =?utf-8?b?cXVlZMOz?= confirmada",
            "Date: Sat, 28 Nov 2026 07:00:00 +0000",
            "Message-ID: <00ff@recado.example>",
            "Auto-Submitted: auto-generated",
            "Reply-To: hola@clinica.example",
            "MIME-Version: 1.0",
        ] {
            assert!(headers.contains(&line), "{line} is not in {headers:#?}");
        }
        assert!(headers.iter().any(|line| line.starts_with("From: =?utf-8?b?")), "{headers:#?}");
        assert!(message.contains("text/plain; charset=utf-8") && message.contains("text/html; charset=utf-8"));
    }

    #[test]
    fn nothing_in_a_mail_can_add_a_header_or_a_recipient() {
        let bad = "a\r\nBcc: evil@example.com\r\n\r\nbody\u{2028}\0";
        let mut letter = letter();
        letter.subject = bad.to_owned();
        letter.from_name = Some(format!("{bad}\" <evil@example.com>"));
        letter.attachments =
            vec![File { name: format!("{bad}.ics"), media_type: "text/calendar; method=PUBLISH".to_owned(), bytes: b"x".to_vec() }];
        let message = written(letter);
        let lines = headers(&message);
        assert!(lines.iter().all(|line| !line.to_lowercase().starts_with("bcc")), "{lines:#?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("From: ")).count(), 1);
        assert!(!message.contains("\r\nBcc:") && !message.contains('\0'));
    }

    #[test]
    fn a_file_keeps_its_type_and_a_wrong_type_is_not_sent() {
        let media_type = "text/calendar; method=PUBLISH; charset=utf-8".to_owned();
        let file = File { name: "cita.ics".to_owned(), media_type, bytes: b"BEGIN:VCALENDAR\r\n".to_vec() };
        let message = written(Letter { attachments: vec![file.clone()], html: None, ..letter() });
        assert!(message.contains("Content-Type: text/calendar; method=PUBLISH; charset=utf-8\r\n"), "{message}");
        assert!(message.contains("filename=\"cita.ics\""));
        let mail = Mail {
            to: Address::parse("a@b.example").unwrap(),
            letter: Letter { attachments: vec![File { media_type: "x\r\ny".to_owned(), ..file }], ..letter() },
            message_id: "1".to_owned(),
            date: Timestamp::from_secs(0),
        };
        assert!(compose(&Sender::parse("a@b.example").unwrap(), &mail).is_err());
    }

    #[test]
    fn senders_are_read_with_and_without_a_name() {
        assert_eq!(Sender::parse("a@b.example").unwrap().name, None);
        assert_eq!(Sender::parse("\"Recado, S.A.\" <a@b.example>").unwrap().name.as_deref(), Some("Recado, S.A."));
        for text in ["", "Recado", "Recado <>", "a@b.example>", "x <a@b.example> y"] {
            assert_eq!(Sender::parse(text), None, "{text}");
        }
    }
}
