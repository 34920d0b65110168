//! A day of an installation with canaries for secrets: commands, requests that go well and badly, messages, a model that repeats its key.

use crate::canaries::needles::Needles;
use crate::canaries::people::Desk;
use crate::canaries::words;
use crate::support::database::{TestDatabase, connect};
use crate::support::driver::{Driver, Said, Wire};
use crate::support::fake_adapter::FakeAdapter;
use crate::support::peer::{Answer, Handler, Peer};
use crate::support::process::Installation;
use crate::support::states::as_engine;
use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recado::crypto::mac::sha256_hex;
use recado::crypto::random::random_bytes;
use recado::testing::mail::{SmtpFault, SmtpServer};
use reqwest::{Client, Method};
use sea_orm::{ConnectionTrait, Statement};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What is left after it: the server is gone, its data and its log are there.
pub struct Tour {
    pub home: Installation,
    pub url: Option<String>,
    pub needles: Needles,
    /// What people wrote: it may stand in tables, and nowhere else.
    pub words: Needles,
    pub metrics: String,
}

/// Makes a word that is nowhere else.
pub fn canary(prefix: &str) -> Result<String> {
    Ok(format!("{prefix}{}", sha256_hex(&random_bytes::<32>()?)))
}

/// A model that refuses, and says with which key it was asked.
async fn babbling_model() -> Result<Peer> {
    let handler: Handler = Arc::new(|request| {
        let said = request.header("authorization").unwrap_or_default().to_owned();
        Box::pin(async move { (Duration::ZERO, Answer::json(401, &json!({"error": {"message": format!("no such key: {said}")}}))) })
    });
    Peer::start(handler).await
}

/// Who asks the API.
pub struct Caller {
    pub http: Client,
    pub base: String,
    pub key: String,
}

impl Caller {
    /// Asks; returns status and body.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, Value)> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }
}

impl Caller {
    /// Brings a file and opens it; returns the secret part of its link.
    async fn bring(&self) -> Result<String> {
        let form = "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhola\r\n--cut--\r\n";
        let call = self.http.post(format!("{}/api/v1/attachments", self.base)).bearer_auth(&self.key);
        let made = call.header("content-type", "multipart/form-data; boundary=cut").body(form).send().await?.json::<Value>().await?;
        let link = made["url"].as_str().context("a link")?;
        ensure!(self.http.get(link).send().await?.status() == 200, "the link opens nothing");
        Ok(link.rsplit('/').next().context("a secret")?.to_owned())
    }
}

impl Tour {
    pub async fn go(database: Option<&TestDatabase>) -> Result<Self> {
        let mut needles = Needles::default();
        let mut planted = |name: &str, prefix: &str| -> Result<String> {
            let secret = canary(prefix)?;
            needles.plant(name, &secret);
            Ok(secret)
        };
        let [token, app_secret, verify, model_key, command_key, shared_app, shared_verify, wrong_key, smtp] = [
            planted("access token of an inbox", "EAA")?,
            planted("app secret of an inbox", "")?,
            planted("verify token of an inbox", "")?,
            planted("model key by the API", "sk-")?,
            planted("model key by the command", "sk-")?,
            planted("the shared app's secret", "")?,
            planted("the shared app's verify token", "")?,
            planted("a key that is none", "rk_")?,
            planted("password of the mail server", "")?,
        ];
        let post = SmtpServer::start_with(Some(("mailer", &smtp))).await?;
        // What fails must not tell the password either.
        post.then(SmtpFault::Recipient(550));
        let url = database.map(|database| database.url().to_owned());
        let mail = format!("smtp://mailer:{smtp}@127.0.0.1:{}", post.port());
        let home = set_up(url.as_deref(), &mail, [&shared_app, &shared_verify])?;
        let (adapter, model) = (FakeAdapter::start().await?, babbling_model().await?);
        home.json(&["tenant", "create", "--slug", "acme", "--name", "Acme"])?;
        let generic = inbox(&home, "generic", &adapter.config())?;
        let whatsapp =
            json!({"phone_number_id": "1090", "waba_id": "7", "access_token": token, "app_secret": app_secret, "verify_token": verify});
        let whatsapp = inbox(&home, "whatsapp", &whatsapp)?;
        let line =
            ["model", "add", "--tenant", "acme", "--name", "own", "--base-url", &model.url(), "--model", "m", "--api-key", &command_key];
        home.json(&line)?;
        let minted = home.json(&["api-key", "create", "--tenant", "acme", "--name", "ci"])?;
        let key = minted["key"].as_str().context("a key")?.to_owned();
        needles.plant("API key", &key);
        needles.plant("secret of an adapter", adapter.secret().expose_secret());

        let owner = owner(&home)?;
        needles.plant("password made by the command", &owner);

        let mut server = home.serve(&[]).await?;
        let http = Client::builder().no_proxy().build()?;
        let caller = Caller { http: http.clone(), base: home.base(), key };
        needles.plant("address of a calendar", &by_api(&caller, &model.url(), &model_key).await?);
        needles.plant("link of a file", &caller.bring().await?);
        for (name, secret) in webhook(&caller).await? {
            needles.plant_bytes(name, &secret);
        }
        let mut words = Needles::default();
        words::write(&caller, &mut words).await?;
        let mut desk = Desk { http: http.clone(), base: home.base(), needles: &mut needles, post: &post };
        let (access, password) = desk.day("ana@example.com", &owner).await?;
        badly(&caller, &whatsapp, [&verify, &shared_verify, &wrong_key, &model_key]).await?;
        customer(&home, generic, (&adapter, &caller), (&mut words, &mut needles)).await?;
        let metrics = http.get(format!("{}/metrics", home.base())).send().await?.text().await?;
        ensure!(metrics.contains("recado_http_responses_total"), "there are no metrics");
        tokio::time::timeout(Duration::from_secs(60), home.mails_have_ended(url.as_deref())).await.context("a mail did not end")??;
        Desk { http: http.clone(), base: home.base(), needles: &mut needles, post: &post }.last_mails((&access, &password)).await?;
        server.terminate(Duration::from_secs(30)).await?;
        home.json(&["keys", "rotate"])?;
        Ok(Self { home, url, needles, words, metrics })
    }
}

/// Prepares an installation whose log says much, which mails, and at which anybody may sign up.
fn set_up(database: Option<&str>, mail: &str, [app, verify]: [&str; 2]) -> Result<Installation> {
    let mut home = Installation::new()?.with("RECADO_LOG", "debug").with("RECADO_ENGINE_GATHERING_MS", "100");
    home = home.with("RECADO_META_APP_SECRET", app).with("RECADO_META_VERIFY_TOKEN", verify);
    home = home.with("RECADO_SMTP_URL", mail).with("RECADO_MAIL_FROM", "no-reply@example.com");
    home = home.with("RECADO_SIGN_UP", "open").with("RECADO_BCRYPT_COST", "10");
    // The people of the tour are quicker than people.
    home = home.with("RECADO_LIMITS_MULTIPLIER", "10");
    Ok(match database {
        Some(url) => home.with("RECADO_DATABASE_URL", url),
        None => home,
    })
}

/// A customer writes, is answered, and says how that was.
async fn customer(
    home: &Installation,
    inbox: String,
    (adapter, caller): (&FakeAdapter, &Caller),
    (words, secrets): (&mut Needles, &mut Needles),
) -> Result<()> {
    let driver = Driver::new(&home.base(), Wire::Generic { inbox, secret: adapter.secret().clone() })?;
    let said = canary("w")?;
    driver.deliver(&Said { room: "ana".into(), id: "m1".into(), text: format!("hola {said}") }).await?;
    tokio::time::timeout(Duration::from_secs(30), adapter.received("ana", 1)).await.context("nobody was answered")?;
    words.plant("words of a customer", &said);
    words::opinion(caller, adapter, words, secrets).await
}

impl Installation {
    /// Opens the database.
    pub async fn database(&self, url: Option<&str>) -> Result<sea_orm::DatabaseConnection> {
        match url {
            Some(url) => connect(url).await,
            None => connect(&format!("sqlite://{}?mode=rw", self.database_file().display())).await,
        }
    }

    /// Waits until no mail is left to be sent: until then its row keeps what it says.
    async fn mails_have_ended(&self, url: Option<&str>) -> Result<()> {
        let db = self.database(url).await?;
        loop {
            let tx = as_engine(&db).await?;
            let sql = "SELECT 1 AS waiting FROM mail WHERE ended_at IS NULL";
            let waiting = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?.len();
            tx.rollback().await?;
            if waiting == 0 {
                return Ok(db.close().await?);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Makes the owner; returns the password that the command made up.
fn owner(home: &Installation) -> Result<String> {
    let made = home.json(&["user", "create", "--tenant", "acme", "--email", "ana@example.com", "--name", "Ana", "--role", "owner"])?;
    Ok(made["password"].as_str().context("a password")?.to_owned())
}

fn inbox(home: &Installation, channel: &str, config: &Value) -> Result<String> {
    let config = config.to_string();
    let made = home.json(&["inbox", "create", "--tenant", "acme", "--channel", channel, "--name", channel, "--config", &config])?;
    Ok(made["id"].as_str().context("an id")?.to_owned())
}

/// Sets things up over the API; returns the secret of a calendar.
async fn by_api(caller: &Caller, model: &str, key: &str) -> Result<String> {
    let form = json!({"name": "api", "base_url": model, "model": "m", "api_key": key});
    let (status, made) = caller.ask(Method::POST, "/api/v1/model-providers", Some(form.clone())).await?;
    ensure!(status == 201, "{made}");
    let path = format!("/api/v1/model-providers/{}", made["id"].as_str().context("an id")?);
    let (status, again) = caller.ask(Method::PUT, &path, Some(form)).await?;
    ensure!(status == 200, "{again}");
    let checked = caller.ask(Method::POST, &format!("{path}/check"), None).await?;
    ensure!(checked.0 < 500, "{checked:?}");
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    let (_, resource) =
        caller.ask(Method::POST, "/api/v1/resources", Some(json!({"name": "Ana", "kind": "person", "hours": {"monday": day}}))).await?;
    let feed = format!("/api/v1/resources/{}/feed", resource["id"].as_str().context("a resource")?);
    let (_, feed) = caller.ask(Method::POST, &feed, None).await?;
    let address = feed["path"].as_str().with_context(|| feed.to_string())?.to_owned();
    let token = address.rsplit('/').next().and_then(|file| file.strip_suffix(".ics")).context("a calendar")?.to_owned();
    let shown = caller.http.get(format!("{}/calendar/{token}.ics", caller.base)).send().await?;
    ensure!(shown.status().is_success(), "the calendar is not shown");
    ensure!(caller.ask(Method::GET, "/api/v1/audit/verify", None).await?.1["holds"] == true);
    Ok(token)
}

/// Makes an endpoint and gives it a new secret; returns both, the older of which still signs for a while.
async fn webhook(caller: &Caller) -> Result<[(&'static str, Vec<u8>); 2]> {
    let body = json!({"url": "https://hooks.example.com/recado", "events": ["*"], "enabled": false});
    let (status, made) = caller.ask(Method::POST, "/api/v1/webhooks", Some(body)).await?;
    ensure!(status == 201, "{made}");
    let path = format!("/api/v1/webhooks/{}/secret", made["id"].as_str().context("an id")?);
    let (status, renewed) = caller.ask(Method::POST, &path, Some(json!({}))).await?;
    ensure!(status == 200, "{renewed}");
    let bare = |shown: &Value| -> Result<Vec<u8>> {
        let text = shown["secret"].as_str().and_then(|secret| secret.strip_prefix("whsec_")).context("a secret")?;
        Ok(STANDARD.decode(text)?)
    };
    Ok([("secret of a webhook", bare(&made)?), ("new secret of a webhook", bare(&renewed)?)])
}

/// Asks in ways that are refused, with secrets where they do not belong.
async fn badly(caller: &Caller, whatsapp: &str, [verify, shared, wrong, model_key]: [&str; 4]) -> Result<()> {
    let at = |path: &str| format!("{}{path}", caller.base);
    let handshake = |path: String, token: &str| at(&format!("{path}?hub.mode=subscribe&hub.challenge=1&hub.verify_token={token}"));
    for (path, token) in [(format!("/webhooks/whatsapp/{whatsapp}"), verify), ("/webhooks/whatsapp".to_owned(), shared)] {
        ensure!(caller.http.get(handshake(path.clone(), token)).send().await?.status().is_success(), "{path}");
    }
    let stranger = caller.http.get(at("/api/v1/conversations")).bearer_auth(wrong).send().await?;
    ensure!(stranger.status() == 401);
    // In the query, in the path, in a body that is no JSON, in a field that is none.
    for request in [
        caller.http.get(at(&format!("/api/v1/conversations?api_key={}", caller.key))).bearer_auth(&caller.key),
        caller.http.get(at(&format!("/api/v1/conversations/{}", caller.key))).bearer_auth(&caller.key),
        caller
            .http
            .post(at("/api/v1/model-providers"))
            .bearer_auth(&caller.key)
            .header("content-type", "application/json")
            .body(format!("{{\"api_key\": \"{model_key}")),
        caller.http.post(at("/api/v1/model-providers")).bearer_auth(&caller.key).json(&json!({"api_key": {"x": model_key}})),
        caller.http.post(at("/api/v1/model-providers")).bearer_auth(&caller.key).json(&json!({model_key: 1})),
    ] {
        let status = request.send().await?.status();
        ensure!(status.is_client_error(), "{status}");
    }
    Ok(())
}
