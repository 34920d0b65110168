//! Every route × a member who is limited to teams, with the ids of what hangs on a conversation of another team: they are answered as ids
//! that nothing has, and no list shows them. A colleague of that team opens them all.

use super::{Asked, World, asked, bodies::Document, request};
use crate::domain::ids::{ConversationId, TeamId};
use crate::domain::membership::Visibility;
use crate::domain::permission::Role;
use crate::http::access::{Access, Class};
use crate::http::testkit::Door;
use crate::http::testkit::test_members::TestMember;
use crate::store::people::fixtures::Base;
use crate::store::scope::Role as Acts;
use actix_web::http::Method;
use entities::{appointment, conversation_file};
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::Set;
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
    /// Limited to that team.
    inside: TestMember,
    /// Limited to another one.
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
        Self { door, document: Document::read(), world, talk, team, inside, outside }
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
