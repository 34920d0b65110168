//! Where a request comes from, for the audit log and for consents: an address and what the program calls itself. Says nothing about who.

use crate::domain::audit::{Actor, Caller};
use crate::http::HttpState;
use crate::http::auth::{self, AgentPrincipal};
use crate::http::problem::Problem;
use crate::http::rates::client_of;
use crate::store::TenantScope;
use crate::store::accounts::Accounts;
use crate::store::admin::Admin;
use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Origin {
    /// The address of the connection.
    pub ip: Option<String>,
    /// The program, as it calls itself.
    pub user_agent: Option<String>,
}

impl Origin {
    /// Names an actor who comes from here.
    #[must_use]
    pub fn caller(&self, actor: Actor) -> Caller {
        Caller::remote(actor, self.ip.clone(), self.user_agent.as_deref())
    }

    /// Returns the tenant's door in the caller's name: what people administer through it is written into the log under it.
    #[must_use]
    pub fn scope(&self, state: &HttpState, who: &AgentPrincipal) -> TenantScope {
        who.scope(&state.store).acting(self.caller(actor_of(who)))
    }

    /// Returns the door to accounts for somebody who comes from here.
    #[must_use]
    pub fn accounts(&self, state: &HttpState) -> Accounts {
        state.accounts.clone().acting(self.caller(Actor::System))
    }

    /// Returns administration in the caller's name: what it changes is written into the tenant's audit log under it.
    #[must_use]
    pub fn admin(&self, state: &HttpState, who: &AgentPrincipal) -> Admin {
        state.models.admin.clone().acting(self.caller(actor_of(who)))
    }
}

const fn actor_of(who: &AgentPrincipal) -> Actor {
    match who.actor {
        auth::Actor::Key(key) => Actor::ApiKey(key),
        auth::Actor::Member(person) => Actor::Member(person.member.0),
    }
}

impl FromRequest for Origin {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let ip = client_of(request);
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        ready(Ok(Self { ip, user_agent }))
    }
}
