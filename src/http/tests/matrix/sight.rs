//! Every route × a member who is limited to teams, with the ids of what hangs on a conversation of another team: they are answered as ids
//! that nothing has, and no list shows them. A colleague of that team opens them all.

use super::{Asked, World, asked, bodies::Document, request};
use crate::domain::ids::{ContactId, ConversationId, TeamId};
use crate::domain::membership::Visibility;
use crate::domain::permission::Role;
use crate::http::access::{Access, Class};
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::store::people::fixtures::{Base, NOW};
use crate::store::scope::Role as Acts;
use crate::store::time::instant;
use actix_web::http::Method;
use entities::{appointment, conversation, conversation_file, inbound, notice, notification};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

/// The lists whose things hang on a conversation in [`Floor::open`].
const HANGS: [&str; 9] =
    ["conversations", "messages", "commands", "appointments", "waitlist", "contacts", "notes", "attachments", "surveys"];

/// A business whose only conversation is a team's, with everything hung on it.
struct Floor {
    door: Door,
    document: Document,
    world: World,
    talk: ConversationId,
    team: TeamId,
    other: TeamId,
    /// Limited to that team.
    inside: TestMember,
    /// Limited to the other one.
    outside: TestMember,
}

impl Floor {
    async fn open(base: Base) -> Self {
        let door = Door::on(base).await;
        let mut world = World::seed(&door, "floor").await;
        let (shop, id) = (world.shop.clone(), |text: &str| Uuid::parse_str(text).unwrap());
        let (talk, team) = (ConversationId(id(&world.ids["conversations"])), TeamId(id(&world.ids["teams"])));
        door.base.give(&shop, talk, Some(team), None).await;
        let shown = door.get(&shop, &format!("/api/v1/conversations/{talk}")).await.json();
        let contact = shown["contact"]["id"].as_str().unwrap().to_owned();
        let note = door.post(&shop, &format!("/api/v1/contacts/{contact}/notes"), json!({"text": "x"})).await.json();
        world.ids.insert("notes", note["id"].as_str().unwrap().to_owned());
        world.ids.insert("contacts", contact);
        let tenant_id = Set(shop.tenant.0);
        let appointment = appointment::ActiveModel {
            tenant_id: tenant_id.clone(),
            id: Set(id(&world.ids["appointments"])),
            conversation_id: Set(Some(talk.0)),
            ..Default::default()
        };
        let hung = door.base.store.solo(Acts::Engine, move |tx| Box::pin(async move { appointment.update(tx).await.map(drop) })).await;
        hung.expect("hangs");
        let (conversation_id, file_id) = (Set(talk.0), Set(id(&world.ids["attachments"])));
        door.base.insert(conversation_file::ActiveModel { tenant_id, conversation_id, file_id, held_until: Set(None) }).await;
        let other = door.base.team(&shop, "another").await;
        let limit = |team| Visibility::of_teams([team]).to_stored();
        let inside = door.member(&shop, Role::Administrator, None, limit(team).as_deref()).await;
        let outside = door.member(&shop, Role::Administrator, None, limit(other).as_deref()).await;
        for who in [&inside, &outside] {
            told(&door, who, id(&world.ids["appointments"])).await;
        }
        Self { door, document: Document::read(), world, talk, team, other, inside, outside }
    }

    async fn tell(&self, who: &TestMember, route: &Asked, path: &str) -> (u16, String) {
        let body = self.document.body(route.method, route.path, &self.door.base.uuid().to_string());
        let answer = self.door.call(request(&route.verb(), path, body.as_ref()).insert_header(who.header())).await;
        (answer.status, answer.text)
    }

    /// Asks for what is in the path; returns what is wrong.
    async fn by_path(&self, route: &Asked) -> Option<String> {
        let path = route.fill(&self.world.ids);
        let (status, text) = self.tell(&self.outside, route, &path).await;
        let nobodys = self.tell(&self.outside, route, &route.fill_with_strangers(&self.door.base)).await;
        // A made-up body may be refused before anything is looked for.
        let absent = status == 404 || (status == 422 && nobodys.0 == 422);
        if !absent {
            return Some(format!("{} {path} from outside: {status} {text}", route.method));
        }
        if route.method == "get" {
            let (status, text) = self.tell(&self.inside, route, &path).await;
            return (status != 200).then(|| format!("{} {path} from inside: {status} {text}", route.method));
        }
        None
    }

    /// Looks through a list for what hangs on the conversation.
    async fn by_list(&self, who: &TestMember, route: &Asked) -> Vec<&'static str> {
        let query = match route.path {
            "/api/v1/search/messages" => "?q=word",
            "/api/v1/search/contacts" => "?q=ana",
            "/api/v1/contacts" => "?sort=last_activity",
            _ => "",
        };
        let (_, text) = self.tell(who, route, &format!("{}{query}", route.path)).await;
        HANGS.into_iter().filter(|list| text.contains(self.world.ids[list].as_str())).collect()
    }
}

/// Tells a member of an appointment, as long ago as it may have been.
async fn told(door: &Door, member: &TestMember, appointment: Uuid) {
    let (kind, cause, tenant_id) = ("appointment_approval".to_owned(), door.base.uuid(), Set(member.tenant.0));
    let row = notice::ActiveModel {
        tenant_id: tenant_id.clone(),
        id: Set(cause),
        kind: Set(kind.clone()),
        cause: Set(format!("appointment_approval:{cause}")),
        subject_id: Set(Some(appointment)),
        rung: Set(1),
        created_at: Set(instant(NOW)),
        ..Default::default()
    };
    door.base.insert(row).await;
    let row = notification::ActiveModel {
        tenant_id,
        id: Set(door.base.uuid()),
        notice_id: Set(cause),
        member_id: Set(member.id.0),
        kind: Set(kind),
        subject_id: Set(Some(appointment)),
        created_at: Set(instant(NOW)),
        ..Default::default()
    };
    door.base.insert(row).await;
}

/// Finds the list at an address.
fn list_at(path: &str) -> Asked {
    asked().into_iter().find(|route| route.method == "get" && route.path == path).expect("a list")
}

/// Tells whether the last thing that a path names hangs on a conversation.
fn hangs(route: &Asked) -> bool {
    HANGS.iter().any(|list| route.path.contains(&format!("/{list}/{{")))
}

async fn scale(base: Base) {
    let it = Floor::open(base).await;
    let (mut wrong, mut seen, mut paths) = (Vec::new(), Vec::new(), 0);
    // What takes something away comes last.
    let mut routes = asked();
    routes.sort_by_key(|route| route.method == "delete");
    for route in routes.into_iter().filter(|route| route.class != Class::Stream && route.access != Access::Owner) {
        if hangs(&route) {
            paths += 1;
            wrong.extend(it.by_path(&route).await);
        } else if route.method == "get" && !route.names_something() {
            let shown = it.by_list(&it.outside, &route).await;
            wrong.extend(shown.iter().map(|list| format!("{} shows one of {list} to who is outside", route.path)));
            seen.extend(it.by_list(&it.inside, &route).await);
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(it.door.engine.commands.lock().unwrap().is_empty(), "nobody outside gave a command");
    assert!(paths > 25, "{paths} routes name something that hangs on a conversation");
    for list in ["conversations", "messages", "contacts", "appointments", "waitlist"] {
        assert!(seen.contains(&list), "a colleague of the team sees it in a list of {list}");
    }
    let told = list_at("/api/v1/notifications");
    assert_eq!(it.by_list(&it.inside, &told).await, ["appointments"], "whoever sees the conversation was told of its appointment");
    // What is handed to somebody outside is seen, without its team.
    let path = format!("/api/v1/conversations/{}", it.talk);
    let ask = async || it.door.as_member(&it.outside, Method::GET, &path, None::<Value>).await.status;
    it.door.base.give(&it.world.shop, it.talk, Some(it.team), Some(it.outside.id.0.into())).await;
    assert_eq!(ask().await, 200);
    it.door.base.give(&it.world.shop, it.talk, Some(it.team), None).await;
    assert_eq!(ask().await, 404);
}

#[actix_web::test]
async fn trust_b03_what_hangs_on_another_teams_conversation_is_absent_on_sqlite() {
    scale(Base::open().await).await;
}

#[actix_web::test]
async fn trust_b03_what_hangs_on_another_teams_conversation_is_absent_on_postgres() {
    scale(Base::postgres().await).await;
}

/// The hidden conversation of a customer who has a seen one too, and how much waits for it in the queue.
async fn untouched(it: &Floor) -> (conversation::Model, u64) {
    let (tenant, id) = (it.world.shop.tenant.0, it.talk.0);
    let read = it.door.base.store.solo(Acts::Engine, move |tx| {
        Box::pin(async move {
            let row = conversation::Entity::find_by_id((tenant, id)).one(tx).await?.expect("is there");
            let queue = inbound::Entity::find().filter(inbound::Column::TenantId.eq(tenant));
            Ok((row, queue.filter(inbound::Column::ConversationId.eq(id)).count(tx).await?))
        })
    });
    read.await.expect("reads")
}

async fn one_customer_of_two_teams(base: Base) {
    let it = Floor::open(base).await;
    let (base, shop) = (&it.door.base, &it.world.shop);
    let customer = ContactId(Uuid::parse_str(&it.world.ids["contacts"]).unwrap());
    let (hers, friends) = (base.talk(shop, 2, ("open", "nobody"), 2).await, base.talk(shop, 3, ("open", "nobody"), 3).await);
    base.of_one_customer(shop, hers, customer).await;
    for talk in [hers, friends] {
        base.give(shop, talk.id, Some(it.other), None).await;
    }
    let friend = friends.contact;
    let ask = async |who: &TestMember, path: String, body: Value| {
        let answer = it.door.as_member(who, Method::POST, &format!("/api/v1/contacts/{path}"), Some(body)).await;
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let done = async |path: String, body: Value| assert_eq!(ask(&it.world.owner, path, body).await.0, 200);
    let refused = async |path: String, body: Value| {
        let before = untouched(&it).await;
        assert_eq!(ask(&it.outside, path.clone(), body).await, (403, "out_of_sight".to_owned()), "{path}");
        assert_eq!(untouched(&it).await, before, "{path}");
    };
    let (block, unblock) = (format!("{customer}/block"), format!("{customer}/unblock"));
    refused(block.clone(), json!({})).await;
    done(block.clone(), json!({})).await;
    assert_eq!(ask(&it.outside, block, json!({})).await.0, 200, "what stands so already reaches nothing");
    refused(unblock.clone(), json!({})).await;
    done(unblock, json!({})).await;
    for (stays, goes) in [(customer, friend), (friend, customer)] {
        refused(format!("{stays}/merge"), json!({"from": goes})).await;
    }
    done(format!("{customer}/merge"), json!({"from": friend})).await;
    refused(format!("{customer}/merge/undo"), json!({})).await;
    done(format!("{customer}/merge/undo"), json!({})).await;
    assert_eq!(ask(&it.outside, format!("{friend}/block"), json!({})).await.0, 200, "whom she sees wholly she blocks");
}

#[actix_web::test]
async fn conv_94_what_reaches_hidden_conversations_of_a_customer_is_refused_on_sqlite() {
    one_customer_of_two_teams(Base::open().await).await;
}

#[actix_web::test]
async fn conv_94_what_reaches_hidden_conversations_of_a_customer_is_refused_on_postgres() {
    one_customer_of_two_teams(Base::postgres().await).await;
}
