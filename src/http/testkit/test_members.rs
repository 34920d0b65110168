//! Members for tests: rows of the store, each with a session of its own.

use crate::domain::ids::{MemberId, SessionId, TenantId};
use crate::domain::permission::Role;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{NOW, Shop, account_row};
use crate::store::time::instant;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use entities::member;
use sea_orm::ActiveValue::Set;
use secrecy::ExposeSecret;
use serde_json::Value;

/// A member of a shop who is signed in.
#[derive(Clone, Debug)]
pub struct TestMember {
    pub tenant: TenantId,
    pub id: MemberId,
    pub session: SessionId,
    token: String,
}

impl TestMember {
    /// Returns the header by which he asks.
    pub fn header(&self) -> (&'static str, String) {
        ("authorization", format!("Bearer {}", self.token))
    }
}

impl Door {
    /// Makes a member with an account of his own and signs him in. `permissions` and `inboxes` are JSON lists, as they are stored.
    pub async fn member(&self, shop: &Shop, role: Role, permissions: Option<&str>, inboxes: Option<&str>) -> TestMember {
        let (account_id, id, at) = (self.base.uuid(), self.base.uuid(), instant(NOW));
        let email = format!("{}@example.com", id.simple());
        self.base.insert(account_row(account_id, "Luz", &email, at)).await;
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
        let signed_in = self.state.accounts.enter_unasked(shop.tenant, MemberId(id)).await;
        let token = signed_in.access.expose_secret().to_owned();
        TestMember { tenant: shop.tenant, id: MemberId(id), session: signed_in.session, token }
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
