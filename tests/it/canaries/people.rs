//! People of the business on the tour: they sign up and in, change their passwords, set up a second factor, ask colleagues in, make keys.
//! Every secret that they type or are shown is planted.

use crate::canaries::needles::Needles;
use crate::canaries::tour::canary;
use crate::support::authenticator;
use anyhow::{Context, Result, ensure};
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use recado::testing::mail::{SmtpFault, SmtpServer};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;

/// From where people ask.
pub struct Desk<'a> {
    pub http: Client,
    pub base: String,
    pub needles: &'a mut Needles,
    pub post: &'a SmtpServer,
}

impl Desk<'_> {
    /// Does what people do on a day; `password` is the owner's. Returns the access token of another business's owner, who stays signed in.
    pub async fn day(&mut self, email: &str, password: &str) -> Result<String> {
        let other = self.sign_up().await?;
        let access = self.sign_in("first", email, password).await?;
        let chosen = self.made_up("a password of one's own")?;
        let body = json!({"current": password, "password": chosen});
        self.must(204, Method::POST, "/api/v1/me/password", Some(&access), body).await?;
        let access = self.sign_in("second", email, &chosen).await?;
        self.colleagues(&access).await?;
        let key = json!({"name": "scoped", "scopes": ["conversations:read"]});
        let made = self.must(201, Method::POST, "/api/v1/api-keys", Some(&access), key).await?;
        self.plant("API key with scopes", &made["key"])?;
        self.second_factor(email, &chosen, &access).await?;
        self.forgotten(email).await?;
        self.badly(email, &access).await?;
        Ok(other)
    }

    async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: Value) -> Result<(u16, Value)> {
        let request = self.http.request(method, format!("{}{path}", self.base)).header("user-agent", "tour").json(&body);
        let answer = token.into_iter().fold(request, |request, token| request.bearer_auth(token)).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }

    async fn must(&self, status: u16, method: Method, path: &str, token: Option<&str>, body: Value) -> Result<Value> {
        let (found, answer) = self.ask(method, path, token, body).await?;
        ensure!(found == status, "{path}: {found} {answer}");
        Ok(answer)
    }

    fn plant(&mut self, name: &str, secret: &Value) -> Result<String> {
        let secret = secret.as_str().with_context(|| name.to_owned())?.to_owned();
        self.needles.plant(name, &secret);
        Ok(secret)
    }

    fn made_up(&mut self, name: &str) -> Result<String> {
        let secret = canary("pw-")?;
        self.needles.plant(name, &secret);
        Ok(secret)
    }

    async fn sign_up(&mut self) -> Result<String> {
        let password = self.made_up("password of a sign-up")?;
        let body = json!({"name": "Luz", "email": "luz@example.com", "business": "Flores", "password": password, "terms": "2026-11"});
        let made = self.must(201, Method::POST, "/api/v1/auth/sign-up", None, body).await?;
        self.plant("refresh token of a sign-up", &made["refresh_token"])?;
        self.plant("access token of a sign-up", &made["access_token"])
    }

    /// Signs in and exchanges the tokens once; returns the access token that counts then.
    async fn sign_in(&mut self, which: &str, email: &str, password: &str) -> Result<String> {
        let made = self.must(200, Method::POST, "/api/v1/auth/login", None, json!({"email": email, "password": password})).await?;
        self.plant(&format!("{which} access token"), &made["access_token"])?;
        let refresh = self.plant(&format!("{which} refresh token"), &made["refresh_token"])?;
        let made = self.must(200, Method::POST, "/api/v1/auth/refresh", None, json!({"refresh_token": refresh})).await?;
        self.plant(&format!("{which} refresh token's successor"), &made["refresh_token"])?;
        self.plant(&format!("{which} renewed access token"), &made["access_token"])
    }

    async fn colleagues(&mut self, access: &str) -> Result<()> {
        for (email, accepted) in [("eva@example.com", true), ("sol@example.com", false)] {
            let made = self.must(201, Method::POST, "/api/v1/invitations", Some(access), json!({"email": email})).await?;
            ensure!(made["link"].is_null(), "a link that is mailed is not shown");
            let token = Value::from(self.mailed("inv_", Some(email)).await?);
            let token = self.plant(&format!("token of the invitation of {email}"), &token)?;
            if accepted {
                let password = self.made_up("password of who was invited")?;
                let body = json!({"token": token, "name": "Eva", "password": password, "terms": "2026-11"});
                self.must(201, Method::POST, "/api/v1/auth/invitations/accept", None, body).await?;
            }
        }
        Ok(())
    }

    async fn second_factor(&mut self, email: &str, password: &str, access: &str) -> Result<()> {
        let begun = self.must(201, Method::POST, "/api/v1/me/totp", Some(access), json!({"password": password})).await?;
        let secret = self.plant("secret of the second factor", &begun["secret"])?;
        self.needles.plant_bytes("bytes of the second factor", &authenticator::bytes(&secret)?);
        let code = authenticator::app(&secret, email)?.code_at(SystemClock::new().now());
        let made = self.must(200, Method::POST, "/api/v1/me/totp/confirm", Some(access), json!({"code": code})).await?;
        let mut codes = Vec::new();
        for (at, code) in made["recovery_codes"].as_array().context("codes")?.iter().enumerate() {
            let code = self.plant(&format!("recovery code {at}"), code)?;
            self.needles.plant(&format!("recovery code {at} without dashes"), &code.replace('-', ""));
            codes.push(code);
        }
        let login = self.must(200, Method::POST, "/api/v1/auth/login", None, json!({"email": email, "password": password})).await?;
        let step = self.plant("token of the second step", &login["mfa_token"])?;
        let body = json!({"mfa_token": step, "code": codes.first().context("ten")?});
        let made = self.must(200, Method::POST, "/api/v1/auth/mfa", None, body).await?;
        self.plant("access token after a code", &made["access_token"])?;
        self.plant("refresh token after a code", &made["refresh_token"]).map(drop)
    }

    /// Chooses a new password by the link of a mail.
    async fn forgotten(&mut self, email: &str) -> Result<()> {
        self.must(202, Method::POST, "/api/v1/auth/password/forgot", None, json!({"email": email})).await?;
        let token = self.mailed("rp_", None).await?;
        let token = self.plant("token of a link for a new password", &token.into())?;
        let password = self.made_up("password chosen by a link")?;
        self.must(204, Method::POST, "/api/v1/auth/password/reset", None, json!({"token": token, "password": password})).await.map(drop)
    }

    /// Leaves mails with links waiting: the server takes each and goes without an answer, so that what the row keeps is there to be searched.
    pub async fn last_mails(&mut self, access: &str) -> Result<()> {
        for _ in 0..2 {
            self.post.then(SmtpFault::CloseAfterData);
        }
        let known = self.post.received().len();
        self.must(202, Method::POST, "/api/v1/auth/password/forgot", None, json!({"email": "luz@example.com"})).await?;
        let token = self.mailed_after(known, "rp_", None).await?;
        self.plant("token of a waiting link for a new password", &token.into())?;
        self.must(201, Method::POST, "/api/v1/invitations", Some(access), json!({"email": "mar@example.com"})).await?;
        let token = self.mailed_after(known, "inv_", Some("mar@example.com")).await?;
        self.plant("token of a waiting invitation", &token.into()).map(drop)
    }

    /// Waits for the mail with a token that begins so, perhaps to this address.
    async fn mailed(&self, prefix: &str, to: Option<&str>) -> Result<String> {
        self.mailed_after(0, prefix, to).await
    }

    /// As [`Desk::mailed`], among the mails after the first `known` ones.
    #[expect(clippy::excessive_nesting, reason = "a look at every mail, again and again")]
    async fn mailed_after(&self, known: usize, prefix: &str, to: Option<&str>) -> Result<String> {
        let look = async {
            loop {
                for mail in self.post.received().into_iter().skip(known) {
                    // Quoted-printable, as far as it touches a link.
                    let text = mail.message.replace("=\r\n", "").replace("=3D", "=");
                    let ours = to.is_none_or(|to| text.contains(to));
                    if let Some(rest) = text.split("#token=").nth(1).filter(|rest| ours && rest.starts_with(prefix)) {
                        return rest.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), look).await.context("no link was mailed")
    }

    /// Asks in ways that are refused, with secrets where they do not belong.
    async fn badly(&mut self, email: &str, access: &str) -> Result<()> {
        let wrong = self.made_up("a wrong password")?;
        let at = |path: &str| format!("{}{path}", self.base);
        for request in [
            self.http.post(at("/api/v1/auth/login")).json(&json!({"email": email, "password": wrong})),
            self.http.post(at("/api/v1/auth/login")).json(&json!({"email": wrong, "password": wrong})),
            self.http.post(at("/api/v1/auth/login")).json(&json!({wrong.clone(): email})),
            self.http.post(at("/api/v1/auth/login")).header("content-type", "application/json").body(format!("{{\"password\": \"{wrong}")),
            self.http.post(at("/api/v1/auth/sign-up")).json(&json!({"password": {"x": wrong}})),
            self.http.post(at("/api/v1/auth/refresh")).json(&json!({"refresh_token": wrong})),
            self.http.post(at("/api/v1/auth/password/reset")).json(&json!({"token": wrong, "password": wrong})),
            self.http.post(at("/api/v1/auth/invitations/accept")).json(&json!({"token": wrong})),
            self.http.get(at(&format!("/api/v1/me?access_token={access}"))),
            self.http.get(at(&format!("/api/v1/members/{access}"))).bearer_auth(&wrong),
            self.http.get(at("/api/v1/me")).header("cookie", format!("__Host-access={wrong}; access={wrong}")),
        ] {
            let status = request.send().await?.status();
            ensure!(status.is_client_error(), "{status}");
        }
        Ok(())
    }
}
