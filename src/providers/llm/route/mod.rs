//! Which model answers: a tenant's own providers, the platform's where that is agreed, and at the end the offline assistant.
//!
//! Every request ends in an answer within its time: what fails, rests, is full or is paid for no more is passed over, and the trace says
//! so. Never asks anybody with a key that is not theirs to use, and never passes the offline assistant off as a model of a side job.

mod breaker;
mod check;
pub mod connect;
mod desk;
mod gates;
mod ledger;
mod plan;
#[cfg(test)]
mod tests;

pub use plan::{PLATFORM, Platform};

use self::breaker::Verdict;
use self::gates::{Breakers, Gates};
use self::ledger::{Ledger, Reservation};
use self::plan::{Chain, Link, Owner};
use crate::domain::conversation::Attempt;
use crate::domain::ids::TenantId;
use crate::domain::model::{Budget, BudgetState, Spent, Used};
use crate::ports::clock::{Clock, Moment};
use crate::ports::llm::{ChatReply, ChatRequest, Llm, LlmError, Purpose};
use crate::ports::models::{ModelServer, Models, TenantModels};
use crate::ports::store::StoreError;
use crate::providers::llm::offline;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// The longest wait for a place, and the longest for what is stored about a tenant.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who has set an address: it decides which networks the call may reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetBy {
    /// The operator: any.
    Operator,
    /// A tenant: public ones, and those that the operator allows.
    Tenant,
}

/// Makes partners of servers.
pub trait Connect: Send + Sync {
    /// Makes a partner; asks nobody yet.
    ///
    /// # Errors
    /// [`LlmError`] if the address may not be called or the key cannot be sent.
    fn connect(&self, server: &ModelServer, set_by: SetBy) -> Result<Arc<dyn Llm>, LlmError>;
}

/// The operator's bounds.
#[derive(Clone, Copy, Debug)]
pub struct RouteLimits {
    /// Most calls of one tenant at once, where the tenant says nothing.
    pub tenant_parallel: u32,
    /// Most time for one provider, however much is left.
    pub call: Duration,
}

/// What a router is made of.
pub struct RouteParts {
    /// The tenants' settings.
    pub models: Arc<dyn Models>,
    /// Makes partners of servers.
    pub connect: Arc<dyn Connect>,
    /// Stands behind every chain; never fails.
    pub offline: Arc<dyn Llm>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The operator's model. Without it, tenants that bring none are answered by the offline assistant.
    pub platform: Option<Platform>,
    /// The operator's bounds.
    pub limits: RouteLimits,
}

/// The router.
pub struct Router {
    models: Arc<dyn Models>,
    connect: Arc<dyn Connect>,
    offline: Arc<dyn Llm>,
    clock: Arc<dyn Clock>,
    platform: Option<Arc<Platform>>,
    limits: RouteLimits,
    ledger: Arc<Ledger>,
    tenants: Gates<TenantId>,
    providers: Gates<Owner>,
    breakers: Breakers<Owner>,
}

/// Who is asked, and what is kept for it.
struct Planned {
    models: Option<Arc<TenantModels>>,
    chain: Chain,
    /// Held until the answer is booked.
    reservation: Option<Reservation>,
}

/// A request on its way through the chain.
struct Journey<'a> {
    request: &'a ChatRequest,
    models: Option<Arc<TenantModels>>,
    end: Moment,
    attempts: Vec<Attempt>,
}

impl Journey<'_> {
    fn note(&mut self, provider: &str, model: &str, failure: impl Into<Option<String>>, spent: Duration) {
        let millis = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
        let (provider, model) = (provider.to_owned(), model.to_owned());
        self.attempts.push(Attempt { provider, model, failure: failure.into(), millis });
    }
}

impl Router {
    /// Makes the router.
    #[must_use]
    pub fn new(parts: RouteParts) -> Self {
        let RouteParts { models, connect, offline, clock, platform, limits } = parts;
        Self {
            models,
            connect,
            offline,
            clock,
            platform: platform.map(Arc::new),
            limits,
            ledger: Arc::default(),
            tenants: Gates::default(),
            providers: Gates::default(),
            breakers: Breakers::default(),
        }
    }

    /// Finds the tenant's models and plans the chain; bounded, because it may ask the database.
    async fn plan(&self, request: &ChatRequest) -> Result<Planned, StoreError> {
        let until = self.clock.moment().after(PATIENCE.min(request.deadline / 4));
        let planned = async {
            let models = self.models.of_tenant(request.origin.tenant).await?;
            let (spent, reservation) = match &models {
                Some(models) if self.is_bounded(models) => {
                    let spent = self.spent(models).await;
                    // Reserved before it is judged: of calls at the same time, each knows of those before it.
                    (spent, Some(self.ledger.reserve(models.tenant, plan::estimate(request, models, self.platform.as_deref()))))
                }
                Some(_) | None => (Spent::default(), None),
            };
            let under_way = reservation.as_ref().map(Reservation::before).unwrap_or_default();
            let used = Used { spent, under_way };
            let mut chain = plan::chain(models.as_deref(), self.platform.as_ref(), request.origin.inbox, used);
            let scarce = models.as_ref().is_some_and(|models| models.budget.state(spent) != BudgetState::Ok);
            if scarce && request.purpose == Purpose::SideJob {
                chain.keep_for_answers();
            }
            Ok(Planned { models, chain, reservation })
        };
        tokio::select! {
            planned = planned => planned,
            () = self.clock.sleep_until(until) => Err(StoreError::Unknown),
        }
    }

    /// Returns true if anybody set a bound: else nobody needs to know what was spent.
    fn is_bounded(&self, models: &TenantModels) -> bool {
        let platform = self.platform.as_ref().map(|platform| platform.budget).unwrap_or_default();
        models.budget != Budget::default() || platform != Budget::default()
    }

    /// Returns what was spent today.
    async fn spent(&self, models: &TenantModels) -> Spent {
        match self.ledger.today(self.models.as_ref(), models, self.clock.now(), self.clock.moment()).await {
            Ok(report) => report.spent,
            Err(error) => {
                tracing::warn!(tenant.id = %models.tenant, error = %error, "the usage of the day cannot be read; what this server knows counts");
                self.ledger.known(models, self.clock.now())
            }
        }
    }

    /// Asks one after the other until somebody answers.
    async fn ask(&self, chain: &Chain, journey: &mut Journey<'_>) -> Result<ChatReply, LlmError> {
        let most = journey.models.as_ref().and_then(|models| models.parallel).unwrap_or(self.limits.tenant_parallel);
        let patience = self.clock.moment().after(PATIENCE.min(journey.request.deadline / 4));
        let place = tokio::select! {
            place = self.tenants.enter(journey.request.origin.tenant, most) => place,
            () = self.clock.sleep_until(patience) => None,
        };
        if place.is_none() {
            journey.note("tenant", "", "too many calls of the tenant at once".to_owned(), Duration::ZERO);
            return Err(LlmError::Deadline);
        }
        let mut last = LlmError::Deadline;
        for (passed, link) in chain.links.iter().enumerate() {
            let left = journey.end.0.saturating_sub(self.clock.moment().0);
            let share = plan::share(left, chain.links.len() - passed, self.limits.call);
            match self.try_link(link, share, journey).await {
                Ok(reply) => return Ok(reply),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Asks one provider, if it does not rest; keeps the story of it either way.
    async fn try_link(&self, link: &Link, share: Duration, journey: &mut Journey<'_>) -> Result<ChatReply, LlmError> {
        let began = self.clock.moment();
        let pass = match self.breakers.admit(link.owner, began) {
            Ok(pass) => pass,
            Err(reason) => {
                journey.note(&link.name, &link.server.model, format!("not asked, it rests: {reason}"), Duration::ZERO);
                return Err(LlmError::Broken("it rests after failures".to_owned()));
            }
        };
        let outcome = self.call(link, share, journey.request).await;
        let now = self.clock.moment();
        let spent = now.0.saturating_sub(began.0);
        match outcome {
            Ok(reply) => {
                pass.settle(now, Verdict::Well, "");
                Ok(self.booked(link, reply, spent, journey))
            }
            Err(Miss::Full) => {
                journey.note(&link.name, &link.server.model, "too many calls at once".to_owned(), spent);
                Err(LlmError::Deadline)
            }
            Err(Miss::Failed(error)) => {
                let fair = share >= self.limits.call.min(journey.request.deadline / 4);
                // A side job that babbles says nothing of the answers: they must not rest for it.
                let aside = journey.request.purpose == Purpose::SideJob && matches!(error, LlmError::Broken(_));
                let verdict = if aside { Verdict::Nothing } else { Verdict::of(&error, fair) };
                let rests = pass.settle(now, verdict, &error.to_string());
                tell(link, &error, rests);
                journey.note(&link.name, &link.server.model, error.to_string(), spent);
                // What people have seen of its draft is nobody's answer.
                journey.request.drafts.show("");
                Err(error)
            }
        }
    }

    /// Calls one provider within its share: a wait for a place, then the call.
    async fn call(&self, link: &Link, share: Duration, request: &ChatRequest) -> Result<ChatReply, Miss> {
        let began = self.clock.moment();
        let _place = tokio::select! {
            place = self.providers.enter(link.owner, link.server.parallel.max(1)) => place.ok_or(Miss::Full)?,
            () = self.clock.sleep_until(began.after(PATIENCE.min(share / 4))) => return Err(Miss::Full),
        };
        let set_by = match link.owner {
            Owner::Tenant(..) => SetBy::Tenant,
            Owner::Platform => SetBy::Operator,
        };
        let partner = self.connect.connect(&link.server, set_by).map_err(Miss::Failed)?;
        let left = share.saturating_sub(self.clock.moment().0.saturating_sub(began.0));
        let reply = self.within(left, partner.complete(ChatRequest { deadline: left, ..request.clone() })).await.map_err(Miss::Failed)?;
        let silent = reply.calls.is_empty() && reply.text.as_deref().is_none_or(|text| text.trim().is_empty());
        if silent { Err(Miss::Failed(LlmError::Broken("an empty answer".to_owned()))) } else { Ok(reply) }
    }

    async fn within(&self, left: Duration, call: impl Future<Output = Result<ChatReply, LlmError>>) -> Result<ChatReply, LlmError> {
        tokio::select! {
            reply = call => reply,
            () = self.clock.sleep_until(self.clock.moment().after(left)) => Err(LlmError::Deadline),
        }
    }

    /// Books what an answer has used, and adds its price and its story.
    fn booked(&self, link: &Link, mut reply: ChatReply, spent: Duration, journey: &mut Journey<'_>) -> ChatReply {
        let priced = |prices: crate::domain::model::Prices| prices.cost_micros(reply.tokens);
        reply.cost_micros = reply.cost_micros.or_else(|| link.server.prices.map(priced));
        if let Some(models) = &journey.models {
            let tokens = u64::from(reply.tokens.0) + u64::from(reply.tokens.1);
            let used = Spent { tokens, cost_micros: reply.cost_micros.unwrap_or(0) };
            self.ledger.add(models, self.clock.now(), used);
        }
        if reply.model.is_empty() {
            link.server.model.clone_into(&mut reply.model);
        }
        if reply.attempts.is_empty() {
            journey.note(&link.name, &link.server.model, None, spent);
        } else {
            let own = std::mem::take(&mut reply.attempts);
            journey.attempts.extend(own.into_iter().map(|attempt| Attempt { provider: link.name.clone(), ..attempt }));
        }
        reply
    }

    /// Lets the offline assistant answer, with the story of why; a side job gets the failure instead. `asked`: not even the budget was
    /// in the way.
    async fn fall(&self, request: ChatRequest, mut attempts: Vec<Attempt>, why: LlmError, asked: bool) -> Result<ChatReply, LlmError> {
        if request.purpose == Purpose::SideJob {
            return Err(why);
        }
        let mut reply = self.offline.complete(request).await?;
        let reason = if asked { "no model answered".to_owned() } else { why.to_string() };
        reply.note = Some(reply.note.map_or_else(|| reason.clone(), |note| format!("{reason}; {note}")));
        attempts.push(Attempt { provider: offline::MODEL.to_owned(), model: offline::MODEL.to_owned(), failure: None, millis: 0 });
        reply.attempts = attempts;
        Ok(reply)
    }
}

/// Why a link gave nothing.
enum Miss {
    /// No place in time: not its fault.
    Full,
    /// It failed.
    Failed(LlmError),
}

fn tell(link: &Link, error: &LlmError, rests: bool) {
    let (tenant, provider) = match link.owner {
        Owner::Tenant(tenant, provider, _) => (tenant.to_string(), provider.to_string()),
        Owner::Platform => (String::new(), plan::PLATFORM.to_owned()),
    };
    if rests {
        tracing::warn!(tenant.id = tenant, provider.id = provider, failure = %error, "a model rests after its failures");
    } else {
        tracing::info!(tenant.id = tenant, provider.id = provider, failure = %error, "a model gave no answer");
    }
}

#[async_trait]
impl Llm for Router {
    async fn complete(&self, request: ChatRequest) -> Result<ChatReply, LlmError> {
        let end = self.clock.moment().after(request.deadline);
        let Planned { models, chain, reservation } = match self.plan(&request).await {
            Ok(planned) => planned,
            Err(error) => {
                // Whose key may be used is not known, so nobody's is.
                tracing::warn!(tenant.id = %request.origin.tenant, error = %error, "the models of a tenant cannot be read");
                return self.fall(request, Vec::new(), LlmError::Broken("its settings cannot be read".to_owned()), true).await;
            }
        };
        if chain.links.is_empty() && chain.spent.is_empty() {
            return match request.purpose {
                Purpose::Answer => self.offline.complete(request).await,
                Purpose::SideJob => Err(LlmError::Rejected("no model is set up".to_owned())),
            };
        }
        let mut journey = Journey { request: &request, models, end, attempts: Vec::new() };
        for (name, model, used_up) in &chain.spent {
            journey.note(name, model, LlmError::Spent((*used_up).to_owned()).to_string(), Duration::ZERO);
        }
        let outcome = if chain.links.is_empty() {
            let used_up = chain.spent.first().map_or("", |(_, _, used_up)| used_up);
            Err(LlmError::Spent(used_up.to_owned()))
        } else {
            self.ask(&chain, &mut journey).await
        };
        // What it took is booked by now; what was only reserved is free again.
        drop(reservation);
        let attempts = journey.attempts;
        match outcome {
            Ok(reply) => Ok(ChatReply { attempts, ..reply }),
            Err(why) => self.fall(request, attempts, why, !chain.links.is_empty()).await,
        }
    }
}
