//! How far administrators reach who are limited to teams: not to what is everybody's, nor to other teams.

use super::*;

/// An administrator who is limited to the first team.
async fn boss(it: &House) -> TestMember {
    it.door.member(&it.shop, Role::Administrator, None, Visibility::of_teams([it.sales]).to_stored().as_deref()).await
}

#[actix_web::test]
async fn trust_a11_whoever_sees_some_does_not_say_where_all_words_go() {
    let it = House::on(Base::open().await).await;
    let boss = boss(&it).await;
    let inbox = format!("inboxes/{}", it.shop.inbox);
    let provider = json!({"name": "main", "base_url": "https://models.example.com/v1/", "model": "m-1", "api_key": "sk-canary"});
    let (status, made) = it.ask(&it.olga, Method::POST, "model-providers", Some(provider.clone())).await;
    assert_eq!(status, 201, "{made}");
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    let person = json!({"name": "Ana", "kind": "person", "hours": {"monday": day}});
    let (status, resource) = it.ask(&it.olga, Method::POST, "resources", Some(person)).await;
    assert_eq!(status, 201, "{resource}");
    let feed = format!("resources/{}/feed", resource["id"].as_str().unwrap());
    for (method, path, body) in [
        (Method::PATCH, inbox.clone(), json!({"config": {"url": "https://hers.example.com", "secret": null}})),
        (Method::POST, "inboxes".to_owned(), json!({"channel": "generic", "name": "hers", "config": {}})),
        (Method::POST, "model-providers".to_owned(), provider.clone()),
        (Method::PUT, format!("model-providers/{}", made["id"].as_str().unwrap()), provider),
        (Method::POST, feed.clone(), json!({})),
        (Method::DELETE, feed, json!({})),
    ] {
        let refused = it.ask(&boss, method.clone(), &path, Some(body)).await;
        assert_eq!(code(&refused), (403, "more_than_held"), "{method} {path}: {refused:?}");
        assert!(refused.1["detail"].as_str().unwrap().contains("ask somebody who sees all"), "{refused:?}");
    }
    assert_eq!(it.ask(&boss, Method::PATCH, &inbox, Some(json!({"name": "Ventas"}))).await.0, 200, "its name is no harm");
}

#[actix_web::test]
async fn trust_a11_nobody_shapes_a_team_that_he_does_not_see() {
    for it in House::both().await {
        let boss = boss(&it).await;
        let carer = it.door.member(&it.shop, Role::Member, None, Visibility::of_teams([it.care]).to_stored().as_deref()).await;
        let [sales, care] = [it.sales, it.care].map(|team| format!("teams/{team}"));
        let form = |name: &str| Some(json!({"name": name, "member_ids": [boss.id]}));
        for (method, path, body) in
            [(Method::DELETE, care.as_str(), None), (Method::PUT, care.as_str(), form("Mine")), (Method::POST, "teams", form("New"))]
        {
            let refused = it.ask(&boss, method.clone(), path, body).await;
            assert_eq!(code(&refused), (403, "more_than_held"), "{method} {path}");
        }
        assert_eq!(it.get(&it.olga, &care).await["name"], "Soporte", "nothing happened to it");
        assert_eq!(it.ask(&boss, Method::PUT, &sales, form("Ventas y más")).await.0, 200, "his own team he shapes");
        assert_eq!(it.ask(&it.olga, Method::DELETE, &care, None).await.0, 204);
        let log = it.door.base.store.tenant(it.shop.tenant).audit_events(AuditFilter::default(), 99).await.unwrap();
        let removed = log.iter().find(|row| row.action == "team.removed").map(|row| format!("{row:?}")).unwrap();
        assert!(removed.contains(&carer.id.to_string()) && !removed.contains(&it.ana.id.to_string()), "whose place changed: {removed}");
    }
}

#[actix_web::test]
async fn colleagues_are_shown_with_what_one_sees_of_their_conversations() {
    for it in House::both().await {
        let eva = it.door.member(&it.shop, Role::Member, None, None).await;
        for (number, team) in [(1, Some(it.sales)), (2, Some(it.care)), (3, None)] {
            it.talk(number, team, Some(&eva)).await;
        }
        it.talk(4, Some(it.care), Some(&it.ana)).await;
        let open = async |who: &TestMember| {
            let page = it.get(who, "presence").await;
            let rows = page["data"].as_array().unwrap().clone();
            let of = |member: &TestMember| rows.iter().find(|row| row["member_id"] == member.id.to_string()).unwrap()["open"].clone();
            (of(&eva), of(&it.ana))
        };
        assert_eq!(open(&it.olga).await, (json!(3), json!(1)));
        assert_eq!(open(&it.ana).await, (json!(1), json!(1)), "theirs of her team, and all of her own");
    }
}
