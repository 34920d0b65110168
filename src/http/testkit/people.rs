//! Members for tests: rows of the store, and a header by which one of them asks.

use crate::domain::ids::{MemberId, TenantId};
use crate::domain::permission::Role;
use crate::http::HttpState;
use crate::http::auth::{Actor, AgentPrincipal};
use crate::http::problem::Problem;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{NOW, Shop};
use crate::store::time::instant;
use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use entities::{account, member};
use futures::future::LocalBoxFuture;
use sea_orm::ActiveValue::Set;
use serde_json::Value;

/// The header that says who asks: tenant and member.
const HEADER: &str = "x-test-member";

/// A member of a shop.
#[derive(Clone, Debug)]
pub struct TestMember {
    pub tenant: TenantId,
    pub id: MemberId,
}

/// Returns whom the test's header names, as a session would: looked up anew at every request.
pub fn signed_in(request: &HttpRequest, state: &HttpState) -> Option<LocalBoxFuture<'static, Result<AgentPrincipal, Problem>>> {
    let named = request.headers().get(HEADER)?.to_str().ok()?;
    let (tenant, id) = named.split_once(' ')?;
    let (tenant, id): (TenantId, MemberId) = (tenant.parse().ok()?, id.parse().ok()?);
    let store = state.store.clone();
    Some(Box::pin(async move {
        let served = store.tenant(tenant).business().await?.filter(|business| business.state == "active");
        let found = store.tenant(tenant).member(id).await?.filter(|row| row.active && served.is_some());
        let row = found.ok_or_else(|| Problem::unauthorized("this session has ended"))?;
        let actor = Actor::Member { id, role: row.standing.place.role, version: row.version };
        Ok(AgentPrincipal { tenant, actor, grants: row.standing.place.grants(), visibility: row.standing.place.visibility })
    }))
}

impl Door {
    /// Makes a member with an account of his own. `permissions` and `inboxes` are JSON lists, as they are stored.
    pub async fn member(&self, shop: &Shop, role: Role, permissions: Option<&str>, inboxes: Option<&str>) -> TestMember {
        let (account_id, id, at) = (self.base.uuid(), self.base.uuid(), instant(NOW));
        let email = format!("{}@example.com", id.simple());
        let row = account::ActiveModel {
            id: Set(account_id),
            email: Set(email.clone()),
            name: Set("Luz".to_owned()),
            locale: Set("es".to_owned()),
            password_hash: Set("none".to_owned()),
            password_changed_at: Set(at),
            created_at: Set(at),
            updated_at: Set(at),
            ..Default::default()
        };
        self.base.insert(row).await;
        let row = member::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            id: Set(id),
            account_id: Set(account_id),
            role: Set(role.name().to_owned()),
            permissions: Set(permissions.map(str::to_owned)),
            inboxes: Set(inboxes.map(str::to_owned)),
            name: Set("Luz".to_owned()),
            email: Set(email),
            created_at: Set(at),
            updated_at: Set(at),
            ..Default::default()
        };
        self.base.insert(row).await;
        TestMember { tenant: shop.tenant, id: MemberId(id) }
    }

    /// Sends a request of a member, perhaps with a JSON body.
    pub async fn as_member(&self, member: &TestMember, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = TestRequest::default().method(method).uri(path).insert_header(member.header());
        self.call(match body {
            Some(body) => request.set_json(body),
            None => request,
        })
        .await
    }
}

impl TestMember {
    /// Returns the header by which he asks.
    pub fn header(&self) -> (&'static str, String) {
        (HEADER, format!("{} {}", self.tenant, self.id))
    }
}
