//! What people do with their accounts and with each other, each once, for the list of deeds; and what a sign-up leaves behind.

use crate::audit::deeds::Watch;
use crate::audit::rig::Rig;
use crate::support::authenticator::app;
use anyhow::{Context, Result, bail};
use recado::crypto::mac::hex;
use recado::crypto::random::random_bytes;
use recado::crypto::tokens;
use recado::domain::audit::{Action, Actor, Caller};
use recado::domain::ids::{AccountId, InvitationId, MemberId};
use recado::domain::limits::Counted;
use recado::domain::membership::{Place, Visibility};
use recado::domain::permission::Role;
use recado::ports::clock::Clock;
use recado::ports::mail::{Content, Kept, MailQueue, MailSeals};
use recado::store::accounts::{
    AccountError, AccountSettings, Accounts, Attempt, Device, Joining, Login, NewBusiness, NewUser, ProfileChange, SecondStep, SignedIn,
};
use recado::store::admin::limits::LimitsChange;
use recado::store::audit::AuditFilter;
use recado::store::people::invitations::{Invited, NewInvitation, Ticket};
use recado::store::people::members::{Changed, MemberChange};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

const EMAIL: &str = "ana@shop.test";
const FIRST: &str = "canary-correct-horse";
const SECOND: &str = "canary-battery-staple";
const THIRD: &str = "canary-chosen-by-link";

struct Desk<'a> {
    rig: &'a Rig,
    accounts: Accounts,
    account: AccountId,
    member: MemberId,
    /// Everything that must stand in no row.
    secrets: Vec<String>,
}

async fn door(rig: &Rig) -> Result<Accounts> {
    let settings = AccountSettings {
        bcrypt_cost: 4,
        sign_up_open: true,
        public_url: "https://desk.test".parse()?,
        mails: false,
        terms_version: "2026-11".into(),
    };
    Ok(Accounts::open(&rig.admin, settings).await?.acting(Caller::remote(Actor::System, Some("192.0.2.9".into()), Some("Firefox"))))
}

fn ticket(accounts: &Accounts, token: &SecretString, hash: &[u8; 32]) -> Ticket {
    let link = format!("https://desk.test/join#token={}", token.expose_secret()).into();
    Ticket { hash: hex(hash), link, seal: accounts.mail_seal() }
}

/// Does everything that people do once, and what comes to nothing beside it.
pub async fn everything(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let accounts = door(rig).await?;
    let new = || NewUser {
        tenant: rig.tenant,
        email: EMAIL.into(),
        name: "Ana Ruiz".into(),
        locale: "es-MX".into(),
        role: Role::Owner,
        password: FIRST.into(),
        existing: true,
    };
    let operator = accounts.clone().acting(Caller::here(Actor::Operator));
    operator.create_user(new()).await?;
    let user = accounts.users(rig.tenant).await?.pop().context("a user")?;
    watch.one(Action::MemberAdded, user.id).await?;
    assert!(matches!(operator.create_user(new()).await, Err(AccountError::Taken)));
    watch.none("a member already").await?;
    let mut desk = Desk { rig, accounts, account: user.account_id, member: user.id, secrets: Vec::new() };
    desk.sessions(watch).await?;
    desk.passwords(watch).await?;
    desk.second_factor(watch).await?;
    desk.lock_out(watch, &operator).await?;
    desk.colleagues(watch).await?;
    let all = format!("{:?}", rig.events().await?);
    let plain = [EMAIL, "new@shop.test", "eva@shop.test", "Ana", "Eva", FIRST, SECOND, THIRD].map(str::to_owned);
    for secret in plain.iter().chain(&desk.secrets) {
        assert!(!all.contains(secret.as_str()), "{secret} stands in the log");
    }
    let proved = rig.events().await?.into_iter().filter(|event| event.action == "session.started");
    assert!(proved.into_iter().all(|event| event.actor_kind == "member" && event.ip.as_deref() == Some("192.0.2.9")));
    Ok(())
}

impl Desk<'_> {
    async fn login(&mut self, password: &str, agent: &str) -> Result<Login, AccountError> {
        let device = Device::new("192.0.2.9", agent);
        let done = self.accounts.login(Attempt { email: EMAIL.into(), password: password.into(), business: None, device }).await?;
        if let Login::In(signed_in) = &done {
            self.secrets.extend([&signed_in.access, &signed_in.refresh].map(|token| token.expose_secret().to_owned()));
        }
        Ok(done)
    }

    async fn enter(&mut self, password: &str, watch: &mut Watch<'_>) -> Result<SignedIn> {
        let Login::In(signed_in) = self.login(password, "Firefox").await? else { bail!("a code is needed") };
        watch.one(Action::SessionStarted, signed_in.session).await?;
        Ok(*signed_in)
    }

    async fn sessions(&mut self, watch: &mut Watch<'_>) -> Result<()> {
        let first = self.enter(FIRST, watch).await?;
        assert!(matches!(self.login("not the password", "Firefox").await, Err(AccountError::Refused)));
        watch.none("a wrong password").await?;
        let second = self.enter(FIRST, watch).await?;
        assert!(self.accounts.end_session(self.account, second.session).await?);
        watch.one(Action::SessionEnded, second.session).await?;
        assert!(!self.accounts.end_session(self.account, second.session).await?);
        watch.none("it had ended").await?;
        let third = self.enter(FIRST, watch).await?;
        assert!(self.accounts.sign_out(self.account, third.session).await?);
        watch.one(Action::SessionSignedOut, third.session).await?;
        let fourth = self.enter(FIRST, watch).await?;
        self.accounts.end_by_refresh(&fourth.refresh).await?;
        watch.one(Action::SessionSignedOut, fourth.session).await?;
        self.accounts.end_by_refresh(&fourth.refresh).await?;
        watch.none("it had ended").await?;
        let fifth = self.enter(FIRST, watch).await?;
        assert_eq!(self.accounts.end_other_sessions(self.account, fifth.session).await?, 1);
        watch.one(Action::SessionsEnded, self.member).await?;
        assert!(self.accounts.holder(first.access.expose_secret()).await?.is_none());
        let here = Device::new("192.0.2.9", "Firefox");
        let next = self.accounts.refresh(&fifth.refresh, &here).await?;
        self.secrets.push(next.refresh.expose_secret().to_owned());
        watch.none("a refresh").await?;
        self.rig.clock.advance(Duration::from_secs(11));
        assert!(matches!(self.accounts.refresh(&fifth.refresh, &here).await, Err(AccountError::Reused)));
        watch.one(Action::SessionTokenReused, fifth.session).await?;
        let last = self.rig.events().await?.pop().context("a row")?;
        assert_eq!(last.actor_kind, "system", "whoever shows a used token has proved nothing");
        Ok(())
    }

    async fn passwords(&mut self, watch: &mut Watch<'_>) -> Result<()> {
        let inside = self.enter(FIRST, watch).await?;
        let who = (self.account, inside.session);
        assert!(self.accounts.change_password(who, &"not the password".into(), &SECOND.into()).await.is_err());
        watch.none("a wrong password").await?;
        self.accounts.change_password(who, &FIRST.into(), &SECOND.into()).await?;
        watch.one(Action::PasswordChanged, self.member).await?;
        self.accounts.forgot("nobody@shop.test")?;
        self.accounts.forgot(EMAIL)?;
        let token = self.link().await?;
        watch.one(Action::PasswordResetAsked, self.member).await?;
        self.accounts.reset(&token, &THIRD.into()).await?;
        watch.one(Action::PasswordReset, self.member).await?;
        assert!(self.accounts.reset(&token, &SECOND.into()).await.is_err());
        watch.none("the link was used").await?;
        let named = ProfileChange { name: Some("Ana R.".into()), ..ProfileChange::default() };
        self.accounts.change_profile(self.account, named).await?;
        watch.none("a name is no act of administration").await?;
        for email in ["new@shop.test", EMAIL] {
            // A mail's name says when its cause was, to the microsecond.
            self.rig.clock.advance(Duration::from_secs(2));
            let change = ProfileChange { email: Some((email.into(), THIRD.into(), inside.session)), ..ProfileChange::default() };
            self.accounts.change_profile(self.account, change).await?;
            watch.one(Action::AccountAddressAsked, self.member).await?;
            let token = self.link().await?;
            self.accounts.confirm_address(&token).await?;
            watch.one(Action::AccountAddressChanged, self.member).await?;
            assert!(self.accounts.confirm_address(&token).await.is_err());
            watch.none("the link was used").await?;
        }
        Ok(())
    }

    /// Waits for a mail with a link that was not seen before; returns its token. Nobody here says that a mail has left: it comes again.
    async fn link(&mut self) -> Result<SecretString> {
        for _ in 0..500 {
            let now = self.rig.clock.now();
            for mail in self.rig.store().take_mails(now, now.after(Duration::from_secs(1)), 100).await? {
                let Kept::Sealed { sealed } = &mail.kept else { continue };
                let said = self.accounts.mail_seal().open(mail.tenant, mail.id, sealed)?;
                let Content::Letter(letter) = said.content else { continue };
                let Some(rest) = letter.text.split("#token=").nth(1) else { continue };
                let token: String = rest.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
                if !self.secrets.contains(&token) {
                    self.secrets.push(token.clone());
                    return Ok(token.into());
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("no link was mailed")
    }

    async fn second_factor(&mut self, watch: &mut Watch<'_>) -> Result<()> {
        let inside = self.enter(THIRD, watch).await?;
        let begun = self.accounts.begin_totp(self.account, &THIRD.into()).await?;
        watch.none("it counts for nothing yet").await?;
        let app = app(begun.secret.expose_secret(), EMAIL)?;
        self.secrets.push(begun.secret.expose_secret().to_owned());
        let who = (self.account, inside.session);
        self.accounts.confirm_totp(who, &app.code_at(self.rig.clock.now())).await?;
        watch.one(Action::SecondFactorAdded, self.member).await?;
        self.rig.clock.advance(Duration::from_secs(30));
        let codes = self.accounts.renew_recovery_codes(self.account, &app.code_at(self.rig.clock.now())).await?;
        watch.one(Action::RecoveryCodesMade, self.member).await?;
        self.secrets.extend(codes.iter().map(|code| code.expose_secret().to_owned()));
        let Login::NeedsCode(token) = self.login(THIRD, "Firefox").await? else { bail!("no code is needed") };
        watch.none("half of it").await?;
        let code = codes.first().context("ten")?.expose_secret().to_owned();
        let step = SecondStep { token, code, device: Device::new("192.0.2.9", "Firefox") };
        let entered = self.accounts.login_with_code(step).await?;
        let expected = [(Action::RecoveryCodeUsed, self.member.to_string()), (Action::SessionStarted, entered.session.to_string())];
        watch.all(&expected).await?;
        self.rig.clock.advance(Duration::from_secs(30));
        let code = app.code_at(self.rig.clock.now());
        self.accounts.disable_totp((self.account, entered.session), &THIRD.into(), &code).await?;
        watch.one(Action::SecondFactorRemoved, self.member).await
    }

    async fn lock_out(&mut self, watch: &mut Watch<'_>, operator: &Accounts) -> Result<()> {
        let mut wrong = 0;
        while !matches!(self.login("not the password", "Firefox").await, Err(AccountError::Locked(_))) {
            wrong += 1;
            assert!(wrong < 50, "nobody was locked out");
        }
        watch.one(Action::AccountLocked, self.member).await?;
        assert!(matches!(self.login(THIRD, "Firefox").await, Err(AccountError::Locked(_))));
        watch.none("it was shut").await?;
        assert!(operator.unlock(EMAIL).await? && !operator.unlock("nobody@shop.test").await?);
        watch.one(Action::AccountUnlocked, self.member).await?;
        assert_eq!(self.rig.events().await?.pop().context("a row")?.actor_kind, "operator");
        self.enter(THIRD, watch).await.map(drop)
    }

    /// Asks somebody; returns the invitation and the link's token.
    async fn invite(&mut self, email: &str) -> Result<(Invited, SecretString)> {
        let (token, hash) = tokens::mint_as(tokens::INVITATION_PREFIX, random_bytes()?);
        self.secrets.push(token.expose_secret().to_owned());
        let place = Place { role: Role::Member, permissions: None, visibility: Visibility::everything() };
        let new = NewInvitation { by: self.member, email: email.into(), place, ticket: ticket(&self.accounts, &token, &hash) };
        Ok((self.rig.store().tenant(self.rig.tenant).invite(new).await?, token))
    }

    async fn colleagues(&mut self, watch: &mut Watch<'_>) -> Result<()> {
        let scope = self.rig.store().tenant(self.rig.tenant);
        let made = |invited: Invited| if let Invited::Made(row) = invited { Ok(row.id) } else { bail!("{invited:?}") };
        let gone = made(self.invite("eva@shop.test").await?.0)?;
        watch.one(Action::InvitationMade, gone).await?;
        let (token, hash) = tokens::mint_as(tokens::INVITATION_PREFIX, random_bytes()?);
        self.secrets.push(token.expose_secret().to_owned());
        made(scope.renew_invitation(self.member, gone, ticket(&self.accounts, &token, &hash)).await?)?;
        watch.one(Action::InvitationResent, gone).await?;
        assert!(scope.revoke_invitation(gone).await? && !scope.revoke_invitation(gone).await?);
        watch.one(Action::InvitationTakenBack, gone).await?;
        assert_eq!(scope.renew_invitation(self.member, gone, ticket(&self.accounts, &token, &hash)).await?, Invited::Absent);
        watch.none("it was taken back").await?;
        let (asked, token) = self.invite("eva@shop.test").await?;
        let asked: InvitationId = made(asked)?;
        watch.one(Action::InvitationMade, asked).await?;
        let joining = || Joining {
            token: token.clone(),
            name: Some("Eva".into()),
            password: Some(FIRST.into()),
            locale: None,
            terms: Some("2026-11".into()),
        };
        let eva = self.accounts.accept_invitation(joining()).await?.member;
        watch.one(Action::InvitationAccepted, asked).await?;
        let consents = scope.consents(None, None, 9).await?;
        let mut kinds: Vec<&str> = consents.iter().filter(|one| one.source == "invitation").map(|one| one.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["age_authority", "privacy", "terms"], "whoever makes an account agrees, however they came");
        assert_eq!(self.rig.events().await?.pop().context("a row")?.actor_id, Some(eva.to_string()));
        assert!(self.accounts.accept_invitation(joining()).await.is_err());
        watch.none("the link was used").await?;
        let change = MemberChange { role: Some(Role::Administrator), name: Some("Eva".into()), ..MemberChange::default() };
        for row in [true, false] {
            assert!(matches!(scope.change_member(self.member, eva, change.clone()).await?, Changed::Done(_)));
            if row { watch.one(Action::MemberChanged, eva).await? } else { watch.none("she was that already").await? }
        }
        let details = &self.rig.events().await?.pop().context("a row")?.details;
        assert_eq!(details, r#"{"fields":["role"],"before":{"role":"member"},"after":{"role":"administrator"}}"#);
        assert!(matches!(scope.transfer_ownership(eva, eva).await?, Changed::Refused(_)));
        watch.none("it is not hers").await?;
        assert!(matches!(scope.transfer_ownership(self.member, eva).await?, Changed::Done(_)));
        watch.one(Action::OwnershipTransferred, eva).await?;
        assert!(matches!(scope.remove_member(eva, self.member).await?, Changed::Done(_)));
        watch.one(Action::MemberRemoved, self.member).await
    }
}

#[tokio::test]
async fn a_sign_up_leaves_one_row_and_the_three_consents_with_the_address() -> Result<()> {
    for rig in Rig::both().await? {
        let new = || NewBusiness {
            name: "Ana Ruiz".into(),
            email: EMAIL.into(),
            phone: None,
            business: "Acme".into(),
            password: FIRST.into(),
            locale: "es-MX".into(),
            timezone: "America/Hermosillo".into(),
            terms: "2026-11".into(),
        };
        let accounts = door(&rig).await?;
        let made = accounts.sign_up(new(), &Device::new("192.0.2.9", "Firefox")).await?;
        let scope = rig.store().tenant(made.tenant);
        let events = scope.audit_events(AuditFilter::default(), 9).await?;
        let told: Vec<_> = events.iter().map(|event| (event.action.as_str(), event.actor_id.clone(), event.ip.as_deref())).collect();
        assert_eq!(told, [("tenant.created", Some(made.member.to_string()), Some("192.0.2.9"))]);
        let mut consents = scope.consents(None, None, 9).await?;
        consents.sort_by(|one, other| one.kind.cmp(&other.kind));
        assert_eq!(consents.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(), ["age_authority", "privacy", "terms"]);
        for one in &consents {
            assert_eq!((one.account, one.given, one.source.as_str()), (Some(made.account.0), true, "sign_up"));
            assert_eq!(one.ip.as_deref(), Some("192.0.2.9"));
        }
        assert_eq!(consents.last().context("terms")?.text_version, "2026-11");
        let again = accounts.sign_up(new(), &Device::new("192.0.2.9", "Firefox")).await;
        assert!(matches!(again, Err(AccountError::Taken)));
        assert_eq!(scope.consents(None, None, 9).await?.len(), 3, "what came to nothing left nothing");
        assert!(scope.verify_audit().await?.is_ok());
    }
    Ok(())
}

/// Who is asked counts, who does not come in time counts no more, and who comes back for the same place counts once.
#[tokio::test]
async fn a_plan_bounds_members_and_those_who_are_asked() -> Result<()> {
    for rig in Rig::both().await? {
        let accounts = door(&rig).await?;
        let user = |email: &str| NewUser {
            tenant: rig.tenant,
            email: email.into(),
            name: "Ana".into(),
            locale: "es-MX".into(),
            role: Role::Owner,
            password: FIRST.into(),
            existing: true,
        };
        rig.admin.change_limits(rig.tenant, LimitsChange::default().set(Counted::Members, Some(2))).await?;
        accounts.create_user(user(EMAIL)).await?;
        let owner = accounts.users(rig.tenant).await?.pop().context("a user")?;
        let mut desk = Desk { rig: &rig, accounts: accounts.clone(), account: owner.account_id, member: owner.id, secrets: Vec::new() };
        let (Invited::Made(first), _) = desk.invite("eva@shop.test").await? else { bail!("there is room for one") };
        assert!(matches!(desk.invite("luz@shop.test").await?.0, Invited::Limit(reached) if reached.most == 2));
        assert!(matches!(accounts.create_user(user("luz@shop.test")).await, Err(AccountError::Limit(_))));
        let (Invited::Made(second), token) = desk.invite("eva@shop.test").await? else { bail!("the same person again") };
        assert_ne!(first.id, second.id);
        let joining =
            Joining { token, name: Some("Eva".into()), password: Some(FIRST.into()), locale: None, terms: Some("2026-11".into()) };
        accounts.accept_invitation(joining).await?;
        assert!(matches!(desk.invite("luz@shop.test").await?.0, Invited::Limit(_)));
        rig.admin.change_limits(rig.tenant, LimitsChange::default().set(Counted::Members, Some(3))).await?;
        let (Invited::Made(late), _) = desk.invite("luz@shop.test").await? else { bail!("there is room again") };
        rig.clock.advance(Duration::from_hours(73));
        let (Invited::Made(_), _) = desk.invite("sol@shop.test").await? else { bail!("Luz did not come in time") };
        let scope = rig.store().tenant(rig.tenant);
        let again = scope
            .renew_invitation(
                owner.id,
                late.id,
                Ticket { hash: "ab".repeat(32), link: "https://desk.test/join".into(), seal: accounts.mail_seal() },
            )
            .await?;
        assert!(matches!(again, Invited::Limit(_)), "her place is somebody else's");
    }
    Ok(())
}
