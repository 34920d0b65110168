//! One connection of the fake SMTP server: commands in their order and form, line ends, stuffed dots, the headers that a mail must have.

use super::{Received, SmtpFault, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Longest command and longest line of a message, with its end (RFC 5321 4.5.3.1).
const MOST_COMMAND: usize = 512;
const MOST_LINE: usize = 1_000;
/// Largest message.
const MOST_SIZE: usize = 10_000_000;

/// One connection.
struct Talk {
    stream: BufReader<TcpStream>,
    state: Arc<Mutex<State>>,
    login: Option<(String, String)>,
    greeted: bool,
    known: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// Serves one connection; it ends with the peer, or with a fault.
pub(super) async fn serve(stream: TcpStream, state: Arc<Mutex<State>>, login: Option<(String, String)>) {
    let known = login.is_none();
    let mut talk = Talk { stream: BufReader::new(stream), state, login, greeted: false, known, from: None, to: Vec::new() };
    talk.state().connections += 1;
    // An error is a peer that went away.
    let _gone = talk.run().await;
}

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Go {
    On,
    Close,
}

impl Talk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complain(&self, what: impl Into<String>) {
        self.state().complaints.push(what.into());
    }

    /// Takes the fault that comes next, if it is one of these.
    fn fault(&self, of: impl Fn(SmtpFault) -> bool) -> Option<SmtpFault> {
        let mut state = self.state();
        state.faults.front().copied().filter(|fault| of(*fault))?;
        state.faults.pop_front()
    }

    async fn say(&mut self, line: &str) -> io::Result<Go> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
        Ok(Go::On)
    }

    async fn run(&mut self) -> io::Result<()> {
        match self.fault(|fault| matches!(fault, SmtpFault::GreetBusy | SmtpFault::GreetNothing)) {
            Some(SmtpFault::GreetBusy) => return self.say("421 4.3.2 busy").await.map(drop),
            Some(_) => return std::future::pending().await,
            None => {}
        }
        self.say("220 fake.example ESMTP").await?;
        while let Some(line) = self.line(MOST_COMMAND).await? {
            let line = String::from_utf8(line).unwrap_or_else(|_| {
                self.complain("a command that is not ASCII");
                String::new()
            });
            if self.command(&line).await? == Go::Close {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads a line without its end; `None`: the peer has gone.
    async fn line(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        if (&mut self.stream).take(1 << 20).read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if line.len() > most {
            self.complain(format!("a line of {} bytes", line.len()));
        }
        if !line.ends_with(b"\r\n") {
            self.complain("a line that does not end with CRLF");
        }
        let line = line.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line)).unwrap_or(&line).to_vec();
        if line.iter().any(|byte| matches!(byte, b'\r' | 0)) {
            self.complain("a bare CR or a NUL within a line");
        }
        Ok(Some(line))
    }

    async fn command(&mut self, line: &str) -> io::Result<Go> {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => self.hello(line).await,
            "AUTH" => self.auth(line).await,
            "MAIL" => self.mail(line).await,
            "RCPT" => self.recipient(line).await,
            "DATA" => self.data().await,
            "NOOP" => self.say("250 2.0.0 ok").await,
            "RSET" => {
                (self.from, self.to) = (None, Vec::new());
                self.say("250 2.0.0 ok").await
            }
            "QUIT" => {
                self.state().quits += 1;
                self.say("221 2.0.0 bye").await?;
                Ok(Go::Close)
            }
            _ => {
                self.complain(format!("an unknown command {verb:?}"));
                self.say("500 5.5.2 what?").await
            }
        }
    }

    async fn hello(&mut self, line: &str) -> io::Result<Go> {
        let name = line.split_whitespace().nth(1).unwrap_or_default();
        if !name.contains('.') {
            self.complain(format!("a greeting by {name:?}"));
        }
        self.greeted = true;
        let auth = if self.login.is_some() { "250-AUTH PLAIN LOGIN\r\n" } else { "" };
        self.say(&format!("250-fake.example\r\n{auth}250 SIZE {MOST_SIZE}")).await
    }

    async fn auth(&mut self, line: &str) -> io::Result<Go> {
        let given = line.split_whitespace().nth(2).and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let wanted = self.login.as_ref().map(|(name, password)| format!("\0{name}\0{password}"));
        self.known = wanted.is_some_and(|wanted| wanted.as_bytes() == given);
        let answer = if self.known { "235 2.7.0 welcome" } else { "535 5.7.8 who?" };
        self.say(answer).await
    }

    async fn mail(&mut self, line: &str) -> io::Result<Go> {
        if !self.greeted || !self.known || self.from.is_some() {
            self.complain("MAIL out of turn");
            return self.say("503 5.5.1 not now").await;
        }
        match path(line, "MAIL FROM:<") {
            Some(from) => {
                self.from = Some(from);
                self.say("250 2.1.0 ok").await
            }
            None => {
                self.complain(format!("a wrong command {line:?}"));
                self.say("501 5.1.7 no").await
            }
        }
    }

    async fn recipient(&mut self, line: &str) -> io::Result<Go> {
        if let Some(SmtpFault::Recipient(code)) = self.fault(|fault| matches!(fault, SmtpFault::Recipient(_))) {
            return self.say(&format!("{code} no")).await;
        }
        match path(line, "RCPT TO:<") {
            Some(to) if self.from.is_some() => {
                self.to.push(to);
                self.say("250 2.1.5 ok").await
            }
            Some(_) | None => {
                self.complain(format!("a wrong command {line:?}"));
                self.say("501 5.1.3 no").await
            }
        }
    }

    async fn data(&mut self) -> io::Result<Go> {
        if self.to.is_empty() {
            self.complain("DATA without a recipient");
            return self.say("503 5.5.1 to whom?").await;
        }
        if self.fault(|fault| fault == SmtpFault::CloseBeforeData).is_some() {
            return Ok(Go::Close);
        }
        self.say("354 go on").await?;
        let Some(message) = self.message().await? else { return Ok(Go::Close) };
        self.examine(&message);
        let fault = self.fault(|fault| matches!(fault, SmtpFault::Answer(_) | SmtpFault::CloseAfterData | SmtpFault::HangAfterData));
        if let Some(SmtpFault::Answer(code)) = fault {
            (self.from, self.to) = (None, Vec::new());
            return self.say(&format!("{code} no")).await;
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        self.state().received.push(Received { from, to, message, acknowledged: fault.is_none() });
        match fault {
            Some(SmtpFault::HangAfterData) => std::future::pending().await,
            Some(_) => Ok(Go::Close),
            None => self.say("250 2.0.0 taken").await,
        }
    }

    /// Reads a message up to its lonely dot; `None`: the peer went away before.
    async fn message(&mut self) -> io::Result<Option<String>> {
        let mut message = String::new();
        while let Some(line) = self.line(MOST_LINE).await? {
            if line == b"." {
                return Ok(Some(message));
            }
            if line.starts_with(b".") && !line.starts_with(b"..") {
                self.complain("a dot that is not stuffed");
            }
            if !line.is_ascii() {
                self.complain("eight bits, without BODY=8BITMIME");
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            message.push_str(&String::from_utf8_lossy(line));
            message.push_str("\r\n");
            if message.len() > MOST_SIZE {
                self.complain("a message that is too large");
            }
        }
        Ok(None)
    }

    /// Looks at the headers that a mail must have, once each.
    fn examine(&self, message: &str) {
        let head = message.split("\r\n\r\n").next().unwrap_or_default();
        let count = |name: &str| head.split("\r\n").filter(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:"))).count();
        for name in ["from", "to", "date", "subject", "message-id", "mime-version", "auto-submitted"] {
            if count(name) != 1 {
                self.complain(format!("{} headers {name}", count(name)));
            }
        }
        let date = head.split("\r\n").find_map(|line| line.strip_prefix("Date: "));
        if date.is_none_or(|date| chrono::DateTime::parse_from_rfc2822(date).is_err()) {
            self.complain("a date that is none");
        }
        let id = head.split("\r\n").find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or_default();
        if !(id.starts_with('<') && id.ends_with('>') && id.matches('@').count() == 1 && !id.contains(' ')) {
            self.complain(format!("the Message-ID {id:?}"));
        }
        if !message.contains("\r\n\r\n") {
            self.complain("no line between headers and body");
        }
    }
}

/// Reads the address of a command.
fn path(line: &str, prefix: &str) -> Option<String> {
    let (address, rest) = line.strip_prefix(prefix)?.split_once('>')?;
    let fits = address.matches('@').count() == 1 && !address.contains([' ', '<']) && (rest.is_empty() || rest.starts_with(' '));
    fits.then(|| address.to_owned())
}
