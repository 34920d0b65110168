//! The contract that every sender keeps, checked against a scripted HTTP server on the loopback. Tests only.
//!
//! A channel describes itself as a [`Contract`] and calls [`check`]; it never weakens a rule.

use crate::domain::content::Content;
use crate::domain::delivery::Address;
use crate::domain::ids::{InboxId, OutboxId, TenantId};
use crate::ports::channel::{Account, ChannelSender, Outgoing, SendError, SendRequest, Sent};
use secrecy::SecretString;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use url::Url;
use uuid::Uuid;

/// Deadline of calls that are answered: generous, since machines that run tests are busy.
const ANSWERED: Duration = Duration::from_secs(10);

/// Deadline of calls that are never answered.
const UNANSWERED: Duration = Duration::from_millis(150);

/// What the scripted server does with one call.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers.
    Answer {
        /// HTTP status.
        status: u16,
        /// Further headers.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: String,
    },
    /// Reads the call and never answers.
    Silence,
    /// Reads the call and hangs up.
    HangUp,
    /// Promises a longer body than it sends, then hangs up.
    CutShort {
        /// HTTP status.
        status: u16,
    },
}

impl Reply {
    /// Answers with a body and no further header.
    pub fn answer(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }
}

/// A call as the server received it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Such as `POST /v25.0/1/messages HTTP/1.1`.
    pub request_line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// Returns the first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A server that answers its calls by script, one reply each, and hangs up once the script is over. Ends when dropped.
pub struct ScriptedServer {
    url: Url,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl ScriptedServer {
    /// Starts on a free port of the loopback.
    pub async fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = Url::parse(&format!("http://{}", listener.local_addr().expect("an address"))).expect("an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, script, Arc::clone(&received)));
        Self { url, received, task }
    }

    /// Returns its address, without a path.
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// Returns the calls so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("not poisoned").clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, script: Vec<Reply>, received: Arc<Mutex<Vec<Received>>>) {
    let mut silent = Vec::new();
    for reply in script {
        let Ok((mut stream, _)) = listener.accept().await else { return };
        let Some(call) = read_call(&mut stream).await else { continue };
        received.lock().expect("not poisoned").push(call);
        match reply {
            Reply::Silence => silent.push(stream),
            Reply::HangUp => drop(stream),
            Reply::CutShort { status } => write(&mut stream, status, &[], "{\"mess", 1000).await,
            Reply::Answer { status, headers, body } => write(&mut stream, status, &headers, &body, body.len()).await,
        }
    }
    drop(listener);
    // Silent connections stay open until the server is dropped.
    std::future::pending::<()>().await;
}

async fn write(stream: &mut TcpStream, status: u16, headers: &[(&'static str, String)], body: &str, length: usize) {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
    let answer = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}");
    // The caller may be gone already: that is its affair.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read_call(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let mut lines = head.lines();
    let request_line = lines.next()?.to_owned();
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let headers = lines.filter_map(header).collect::<Vec<_>>();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(Some(0), |(_, value)| value.parse().ok())?;
    while bytes.len() < end + 4 + length {
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    Some(Received { request_line, headers, body: bytes.get(end + 4..end + 4 + length)?.to_vec() })
}

/// Makes a client as the product's: no redirects, no proxy.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client")
}

/// A channel as the contract sees it.
pub struct Contract {
    /// Makes a sender for an account whose provider listens at this address.
    pub sender: fn(Url) -> Box<dyn ChannelSender>,
    /// Makes the account for that address.
    pub settings: fn(&Url) -> serde_json::Value,
    /// The account's secrets: none of them may ever be shown.
    pub secrets: Vec<(&'static str, &'static str)>,
    /// Whom to write to.
    pub to: Address,
    /// The provider's answer to a message that it takes.
    pub taken: Reply,
    /// The id in that answer.
    pub external_id: &'static str,
}

impl Contract {
    /// Makes a request for the account behind `url`.
    pub fn request(&self, url: &Url, what: Outgoing) -> SendRequest {
        let secrets = self.secrets.iter().map(|(name, secret)| ((*name).to_owned(), SecretString::from(*secret)));
        SendRequest {
            outbox: OutboxId(Uuid::from_u128(42)),
            idempotency_key: "key-42".to_owned(),
            account: Account {
                tenant: TenantId(Uuid::from_u128(1)),
                inbox: InboxId(Uuid::from_u128(2)),
                settings: (self.settings)(url),
                secrets: secrets.collect(),
            },
            to: self.to.clone(),
            what,
            in_reply_to: None,
            deadline: ANSWERED,
        }
    }

    /// Sends a text to a server that does `reply`; asserts that exactly one call was made and that nothing shows a secret.
    pub async fn send(&self, reply: Reply) -> Result<Sent, SendError> {
        let silent = matches!(reply, Reply::Silence);
        let deadline = if silent { UNANSWERED } else { ANSWERED };
        let server = ScriptedServer::start(vec![reply]).await;
        let outcome = self.send_to(&server.url(), deadline).await;
        // A busy machine may not even have read a call that was given up.
        let calls = server.received().len();
        assert!(calls == 1 || (silent && calls == 0), "one call per request, never a retry: {calls}");
        outcome
    }

    async fn send_to(&self, url: &Url, deadline: Duration) -> Result<Sent, SendError> {
        let request = SendRequest { deadline, ..self.request(url, Outgoing::Message(Content::text("hola"))) };
        let shown = format!("{request:?}");
        let sender = (self.sender)(url.clone());
        let outcome = tokio::time::timeout(ANSWERED * 2, sender.send(request)).await.expect("the deadline is kept");
        let told = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
        for (name, secret) in &self.secrets {
            for text in [&shown, &told, &format!("{outcome:?}")] {
                assert!(!text.contains(secret), "{name} is shown");
            }
        }
        outcome
    }
}

/// Checks every rule of the contract.
pub async fn check(contract: &Contract) {
    let taken = contract.send(contract.taken.clone()).await;
    assert_eq!(taken, Ok(Sent { external_id: contract.external_id.to_owned() }), "a message that was taken has an id");
    unclear_outcomes_are_unknown(contract).await;
    refusals_before_the_message_was_taken_are_retried(contract).await;
}

async fn unclear_outcomes_are_unknown(contract: &Contract) {
    for reply in [Reply::Silence, Reply::HangUp, Reply::CutShort { status: 200 }] {
        let outcome = contract.send(reply.clone()).await;
        assert!(matches!(outcome, Err(SendError::Unknown { .. })), "{reply:?}: {outcome:?}");
    }
    for garbage in ["", "<html>ok</html>", "{}", "[]", "null", "{\"messages\":", "{\"messages\":[{}]}", "\u{0}"] {
        let outcome = contract.send(Reply::answer(200, garbage)).await;
        assert!(matches!(outcome, Err(SendError::Unknown { .. })), "{garbage}: {outcome:?}");
    }
    let huge = contract.send(Reply::answer(200, " ".repeat(1024 * 1024))).await;
    assert!(matches!(huge, Err(SendError::Unknown { .. })), "an endless answer: {huge:?}");
}

async fn refusals_before_the_message_was_taken_are_retried(contract: &Contract) {
    for status in [500, 502, 503, 504] {
        let outcome = contract.send(Reply::answer(status, "<html>later</html>")).await;
        assert!(matches!(outcome, Err(SendError::Retry { .. })), "{status}: {outcome:?}");
    }
    let headers = vec![("retry-after", "17".to_owned())];
    let outcome = contract.send(Reply::Answer { status: 429, headers, body: String::new() }).await;
    let wait = Some(Duration::from_secs(17));
    assert!(matches!(&outcome, Err(SendError::Retry { after, .. }) if *after == wait), "429: {outcome:?}");
    // Bound but not listening: the port is ours, and every connection is refused.
    let nobody = TcpSocket::new_v4().expect("a socket");
    nobody.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let url = Url::parse(&format!("http://{}", nobody.local_addr().expect("an address"))).expect("an address");
    let outcome = contract.send_to(&url, ANSWERED).await;
    assert!(matches!(outcome, Err(SendError::Retry { .. })), "a refused connection: {outcome:?}");
}
