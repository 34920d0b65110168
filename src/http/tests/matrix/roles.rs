//! Every route × everybody who may ask: what happens follows from what the route asks, and from nothing else.

use super::{Asked, World, asked, request, told};
use crate::domain::permission::{Grants, Permission, Role};
use crate::http::access::{Access, Class};
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::store::people::fixtures::Base;
use crate::store::scope::Role as Acts;
use actix_web::http::Method;
use entities::{member, tenant};
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::Set;
use serde_json::json;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Nobody,
    BareKey,
    ExactKey,
    FullKey,
    Member,
    BareMember,
    ExactMember,
    Administrator,
    Owner,
    Removed,
    Suspended,
}

const EVERYBODY: [Caller; 11] = [
    Caller::Nobody,
    Caller::BareKey,
    Caller::ExactKey,
    Caller::FullKey,
    Caller::Member,
    Caller::BareMember,
    Caller::ExactMember,
    Caller::Administrator,
    Caller::Owner,
    Caller::Removed,
    Caller::Suspended,
];

/// What the gate answers.
#[derive(Debug, PartialEq, Eq)]
enum Gate {
    /// 401.
    Unknown,
    /// 403.
    Shut,
    Open,
}

impl Caller {
    /// Says what he holds, where he is somebody.
    fn grants(self, wanted: Option<Permission>) -> Grants {
        match self {
            Self::ExactKey | Self::ExactMember => Grants::of(wanted),
            Self::FullKey => Grants::everything(),
            Self::Member => Role::Member.grants(),
            Self::Administrator | Self::Owner => Role::Administrator.grants(),
            Self::Nobody | Self::BareKey | Self::BareMember | Self::Removed | Self::Suspended => Grants::default(),
        }
    }

    const fn is_key(self) -> bool {
        matches!(self, Self::BareKey | Self::ExactKey | Self::FullKey)
    }

    /// Says what the gate must answer him, by what the route asks alone.
    fn expected(self, access: Access) -> Gate {
        if matches!(self, Self::Nobody | Self::Removed | Self::Suspended) {
            return Gate::Unknown;
        }
        let open = match access {
            Access::May(wanted) => self.grants(Some(wanted)).allow(wanted),
            Access::MayInPerson(wanted) => !self.is_key() && self.grants(Some(wanted)).allow(wanted),
            Access::Person => !self.is_key(),
            Access::Owner => self == Self::Owner,
            Access::Open => true,
        };
        if open { Gate::Open } else { Gate::Shut }
    }
}

const fn wanted(access: Access) -> Option<Permission> {
    match access {
        Access::May(permission) | Access::MayInPerson(permission) => Some(permission),
        Access::Open | Access::Person | Access::Owner => None,
    }
}

/// A caller in a world of his own.
struct Stage<'a> {
    door: &'a Door,
    caller: Caller,
    world: World,
    member: TestMember,
    worlds: usize,
}

impl<'a> Stage<'a> {
    async fn set(door: &'a Door, caller: Caller) -> Self {
        let (world, member) = Self::world(door, caller, 0).await;
        Self { door, caller, world, member, worlds: 1 }
    }

    async fn world(door: &Door, caller: Caller, number: usize) -> (World, TestMember) {
        let slug = format!("{caller:?}-{number}").to_ascii_lowercase();
        let mut world = World::seed(door, &slug).await;
        let member = match caller {
            Caller::Owner => world.owner.clone(),
            Caller::Administrator => door.member(&world.shop, Role::Administrator, None, None).await,
            Caller::BareMember => door.member(&world.shop, Role::Member, Some("[]"), None).await,
            Caller::Nobody
            | Caller::BareKey
            | Caller::ExactKey
            | Caller::FullKey
            | Caller::Member
            | Caller::ExactMember
            | Caller::Removed
            | Caller::Suspended => door.member(&world.shop, Role::Member, None, None).await,
        };
        match caller {
            Caller::Removed => {
                let gone = door.as_member(&world.owner, Method::DELETE, &format!("/api/v1/members/{}", member.id), None).await;
                assert_eq!(gone.status, 204, "{}", gone.text);
            }
            Caller::Suspended => {
                let row = tenant::ActiveModel { id: Set(world.shop.tenant.0), state: Set("suspended".to_owned()), ..Default::default() };
                write(door, row).await;
            }
            Caller::BareKey => door.base.limit(&world.shop, "[]").await,
            Caller::Nobody
            | Caller::ExactKey
            | Caller::FullKey
            | Caller::Member
            | Caller::BareMember
            | Caller::ExactMember
            | Caller::Administrator
            | Caller::Owner => {}
        }
        world.ids.insert("sessions", member.session.to_string());
        world.ids.insert("notifications", told(door, &member).await);
        door.state.keys.forget_all();
        door.state.accounts.forget_holders();
        (world, member)
    }

    /// Gives exactly what a route asks to whoever has exactly that.
    async fn prepare(&self, access: Access) {
        let list = self.caller.grants(wanted(access)).to_stored();
        match self.caller {
            Caller::ExactKey => {
                self.door.base.limit(&self.world.shop, &list).await;
                self.door.state.keys.forget_all();
            }
            Caller::ExactMember => {
                let (tenant, id) = (self.member.tenant.0, self.member.id.0);
                write(
                    self.door,
                    member::ActiveModel { tenant_id: Set(tenant), id: Set(id), permissions: Set(Some(list)), ..Default::default() },
                )
                .await;
                self.door.state.accounts.forget_holders();
            }
            Caller::Nobody
            | Caller::BareKey
            | Caller::FullKey
            | Caller::Member
            | Caller::BareMember
            | Caller::Administrator
            | Caller::Owner
            | Caller::Removed
            | Caller::Suspended => {}
        }
    }

    /// Asks a route; says what is wrong with the answer.
    async fn ask(&mut self, route: &Asked) -> Option<String> {
        self.prepare(route.access).await;
        let body = matches!(route.method, "post" | "put" | "patch").then(|| json!({}));
        let request = request(&route.verb(), &route.fill(&self.world.ids), body.as_ref());
        let request = match self.caller {
            Caller::Nobody => request,
            it if it.is_key() => request.insert_header(("x-api-key", self.world.shop.token.clone())),
            Caller::BareKey
            | Caller::ExactKey
            | Caller::FullKey
            | Caller::Member
            | Caller::BareMember
            | Caller::ExactMember
            | Caller::Administrator
            | Caller::Owner
            | Caller::Removed
            | Caller::Suspended => request.insert_header(self.member.header()),
        };
        let (status, code) = if route.class == Class::Stream {
            self.door.glance(request).await
        } else {
            let answer = self.door.call(request).await;
            let code = serde_json::from_str::<serde_json::Value>(&answer.text).ok();
            (answer.status, code.and_then(|body| body["code"].as_str().map(str::to_owned)).unwrap_or_default())
        };
        if (200..300).contains(&status) && route.method != "get" {
            (self.world, self.member) = Self::world(self.door, self.caller, self.worlds).await;
            self.worlds += 1;
        }
        let gate = match (status, code.as_str()) {
            (401, _) => Gate::Unknown,
            (403, "permission" | "person" | "owner" | "closed") => Gate::Shut,
            (404, _) => return Some(format!("{} {} answers {:?} with 404", route.method, route.path, self.caller)),
            _ => Gate::Open,
        };
        let expected = self.caller.expected(route.access);
        let wrong = format!("{} {} answers {:?} with {status} {code}, not {expected:?}", route.method, route.path, self.caller);
        (gate != expected).then_some(wrong)
    }
}

async fn write<A>(door: &Door, row: A)
where
    A: ActiveModelTrait + sea_orm::ActiveModelBehavior + Send + 'static,
    <A::Entity as sea_orm::EntityTrait>::Model: sea_orm::IntoActiveModel<A>,
{
    let changed = door.base.store.solo(Acts::Engine, move |tx| Box::pin(async move { row.update(tx).await.map(drop) })).await;
    changed.expect("changes");
}

async fn run(base: Base) {
    let door = Door::on(base).await;
    let mut wrong = Vec::new();
    for caller in EVERYBODY {
        let mut stage = Stage::set(&door, caller).await;
        for route in asked() {
            wrong.extend(stage.ask(&route).await);
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[actix_web::test]
async fn trust_a11_every_route_admits_exactly_whom_its_entry_says_on_sqlite() {
    run(Base::open().await).await;
}

#[actix_web::test]
async fn trust_a11_every_route_admits_exactly_whom_its_entry_says_on_postgres() {
    run(Base::postgres().await).await;
}
