//! Surveys over a real database: how an inbox asks, who reads answers, what is counted, and the page of the customer.

use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{ConversationId, SurveyId};
use crate::domain::inbox::ChannelKind;
use crate::domain::permission::Role;
use crate::domain::survey::MOST_CHANGES;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{Base, Shop, Talk};
use crate::store::scope::Role as Acts;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use entities::survey;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::time::Duration;

async fn open() -> (Door, Shop) {
    let door = Door::open().await;
    let shop = door.shop("sol", ChannelKind::Generic, "").await;
    (door, shop)
}

async fn both() -> Vec<(Door, Shop)> {
    let mut doors = Vec::new();
    for base in [Base::open().await, Base::postgres().await] {
        let door = Door::on(base).await;
        let shop = door.shop("sol", ChannelKind::Generic, "").await;
        doors.push((door, shop));
    }
    doors
}

async fn put(door: &Door, shop: &Shop, body: Value) -> Answer {
    door.ask(shop, Method::PUT, &format!("/api/v1/inboxes/{}/survey", shop.inbox), Some(body)).await
}

fn field(answer: &Answer) -> String {
    answer.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn an_inbox_asks_as_it_was_set_and_names_what_is_wrong() {
    let (door, shop) = open().await;
    let path = format!("/api/v1/inboxes/{}/survey", shop.inbox);
    let usual = json!({"enabled": false, "only_labels": [], "never_labels": [], "after": ["assistant", "person"],
        "words": {"es": null, "en": null, "pt": null}, "template": null, "templates": {"es": null, "en": null, "pt": null}});
    assert_eq!(door.get(&shop, &path).await.json(), usual);
    let label = door.post(&shop, "/api/v1/labels", json!({"title": "vip"})).await.json()["id"].clone();
    let body = json!({"enabled": true, "only_labels": [label], "never_labels": [], "after": ["silence"],
        "words": {"es": " ¿Qué tal {business}? {link} ", "en": "", "pt": null}, "template": {"name": "encuesta", "language": "es_MX"},
        "templates": {"en": null, "pt": {"name": "pesquisa", "language": "pt_BR"}}});
    let set = put(&door, &shop, body).await;
    assert_eq!(set.status, 200, "{}", set.text);
    assert_eq!((&set.json()["words"]["es"], &set.json()["words"]["en"]), (&json!("¿Qué tal {business}? {link}"), &json!(null)));
    assert_eq!(set.json()["templates"], json!({"es": null, "en": null, "pt": {"name": "pesquisa", "language": "pt_BR"}}));
    assert_eq!(door.get(&shop, &path).await.json(), set.json());
    assert_eq!(put(&door, &shop, json!({"enabled": true})).await.json()["after"], json!(["assistant", "person"]));
    let strange = door.base.uuid();
    for (body, name) in [
        (json!({}), "enabled"),
        (json!({"enabled": true, "only_labels": [strange]}), "only_labels"),
        (json!({"enabled": true, "never_labels": [label, strange]}), "never_labels"),
        (json!({"enabled": true, "never_labels": (0..21).map(|_| door.base.uuid()).collect::<Vec<_>>()}), "never_labels"),
        (json!({"enabled": true, "words": {"en": "x".repeat(501)}}), "words.en"),
        (json!({"enabled": true, "words": {"pt": "a\u{7}b"}}), "words.pt"),
        (json!({"enabled": true, "template": {"name": " ", "language": "es"}}), "template.name"),
        (json!({"enabled": true, "templates": {"pt": {"name": "pesquisa", "language": ""}}}), "templates.pt.language"),
        (json!({"enabled": true, "often": true}), "often"),
    ] {
        let answer = put(&door, &shop, body.clone()).await;
        assert_eq!((answer.status, field(&answer).as_str()), (422, name), "{body}: {}", answer.text);
    }
    assert_eq!(put(&door, &shop, json!({"enabled": true, "after": ["nobody"]})).await.status, 422);
    assert_eq!(door.get(&shop, &path).await.json()["template"], Value::Null, "what was refused changed nothing");
}

#[actix_web::test]
async fn whoever_resolves_says_whether_to_ask_and_only_then() {
    let (door, shop) = open().await;
    let talk = door.base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let path = format!("/api/v1/conversations/{}/status", talk.id);
    door.engine.will_do(None, false);
    door.engine.will_do(None, false);
    assert_eq!(door.post(&shop, &path, json!({"status": "resolved", "survey": false})).await.status, 200);
    assert_eq!(door.post(&shop, &path, json!({"survey": true})).await.status, 200, "a toggle may resolve");
    let wish = |it: Happening| {
        let Happening::AgentSetStatus { status, survey, .. } = it else { panic!("{it:?}") };
        (status, survey)
    };
    let asked: Vec<_> = door.engine.happenings().into_iter().map(wish).collect();
    assert_eq!(asked, [(Some(Status::Resolved), Some(false)), (None, Some(true))]);
    let wrong = door.post(&shop, &path, json!({"status": "open", "survey": true})).await;
    assert_eq!((wrong.status, field(&wrong).as_str()), (422, "survey"));
}

/// Changes a column of a survey.
async fn change(door: &Door, id: SurveyId, column: survey::Column, value: impl Into<sea_orm::Value>) {
    let change = survey::Entity::update_many().col_expr(column, Expr::val(value)).filter(survey::Column::Id.eq(id.0));
    let change = door.base.store.solo(Acts::Engine, move |tx| Box::pin(async move { change.exec(tx).await.map(drop) }));
    change.await.expect("changes");
}

/// Three conversations: two of people, one of the assistant; the newest question was never sent.
async fn asked(door: &Door, shop: &Shop) -> [Talk; 3] {
    let mut talks = Vec::new();
    for number in 1..=3 {
        talks.push(door.base.talk(shop, number, ("resolved", "nobody"), number).await);
    }
    let talks: [Talk; 3] = talks.try_into().unwrap_or_else(|_| panic!("three"));
    let member = Some(shop.key.0);
    for (talk, held, member, answer) in [
        (talks[0], "people", member, Some((2, "lento"))),
        (talks[1], "people", None, Some((5, ""))),
        (talks[2], "assistant", None, Some((4, "bien"))),
    ] {
        door.base.message(shop, talk, 1, "out", "¿Qué tal?").await;
        door.base.survey(shop, talk, (1, held, member), answer).await;
        door.base.clock.advance(Duration::from_secs(3600));
    }
    door.base.message(shop, talks[0], 2, "out", "¿Qué tal?").await;
    door.base.survey(shop, talks[0], (2, "people", member), None).await;
    let lost = door.base.survey(shop, talks[1], (2, "people", None), None).await;
    change(door, lost, survey::Column::State, "lost").await;
    door.base.clock.advance(Duration::from_secs(1));
    talks
}

fn ratings(page: &Value) -> Vec<Option<i64>> {
    page["data"].as_array().unwrap().iter().map(|row| row["rating"].as_i64()).collect()
}

#[actix_web::test]
async fn answers_are_listed_by_what_is_asked_for_page_by_page() {
    for (door, shop) in both().await {
        let talks = asked(&door, &shop).await;
        let list = async |query: &str| door.get(&shop, &format!("/api/v1/surveys?{query}")).await.json();
        let all = list("").await;
        assert_eq!(ratings(&all), [None, None, Some(4), Some(5), Some(2)], "those asked last first");
        let row = &all["data"][4];
        assert_eq!((&row["conversation_id"], &row["contact_id"]), (&json!(talks[0].id), &json!(talks[0].contact)));
        assert_eq!((&row["comment"], &row["member_id"], &row["held_by"]), (&json!("lento"), &json!(shop.key), &json!("people")));
        assert_eq!((&row["state"], &all["data"][0]["state"]), (&json!("sent"), &json!("lost")), "how far the question got");
        let one = door.get(&shop, &format!("/api/v1/surveys/{}", row["id"].as_str().unwrap())).await;
        assert_eq!((one.status, &one.json()), (200, row));
        for (query, expected) in [
            ("held_by=assistant".to_owned(), vec![Some(4)]),
            ("rating=5".to_owned(), vec![Some(5)]),
            ("answered=false".to_owned(), vec![None, None]),
            ("answered=true&held_by=people".to_owned(), vec![Some(5), Some(2)]),
            (format!("member_id={}", shop.key), vec![None, Some(2)]),
            (format!("conversation_id={}", talks[1].id), vec![None, Some(5)]),
            (format!("inbox_id={}", shop.inbox), vec![None, None, Some(4), Some(5), Some(2)]),
            (format!("inbox_id={}", door.base.uuid()), vec![]),
            ("from=2025-10-09T09:53:20Z&to=2025-10-09T10:53:20Z".to_owned(), vec![Some(5)]),
            ("from=2025-10-10".to_owned(), vec![]),
        ] {
            assert_eq!(ratings(&list(&query).await), expected, "{query}");
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&format!("limit=2{cursor}")).await;
            seen.extend(ratings(&page));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, ratings(&all), "nothing is skipped and nothing twice");
        for (query, name) in [("rating=6", "rating"), ("held_by=me", "held_by"), ("from=soon", "from"), ("inbox_id=x", "inbox_id")] {
            let answer = door.get(&shop, &format!("/api/v1/surveys?{query}")).await;
            assert_eq!((answer.status, field(&answer).as_str()), (422, name), "{query}");
        }
    }
}

#[actix_web::test]
async fn figures_are_apart_for_the_assistant_and_for_people_by_inbox_and_by_member() {
    for (door, shop) in both().await {
        asked(&door, &shop).await;
        let report = async |query: &str| door.get(&shop, &format!("/api/v1/surveys/report?{query}")).await.json();
        let all = report("").await;
        let people = json!({"asked": 3, "answered": 2, "response_rate": 66.7, "average": 3.5,
            "ratings": {"1": 0, "2": 1, "3": 0, "4": 0, "5": 1}});
        assert_eq!(all["people"], people, "a question that never left was not asked: {all}");
        assert_eq!((&all["assistant"]["asked"], &all["assistant"]["average"]), (&json!(1), &json!(4.0)));
        assert_eq!(all["inboxes"], json!([{"inbox_id": shop.inbox, "assistant": all["assistant"], "people": people}]));
        let members = all["members"].as_array().unwrap();
        let of = |id: Value| members.iter().find(|one| one["member_id"] == id).map(|one| one["score"].clone()).unwrap();
        assert_eq!((&of(json!(shop.key))["asked"], &of(json!(shop.key))["average"]), (&json!(2), &json!(2.0)));
        assert_eq!((&of(Value::Null)["asked"], &of(Value::Null)["average"]), (&json!(1), &json!(5.0)));
        assert_eq!(all["timezone"], "UTC");
        let none = report("from=2025-01-01&to=2025-01-31").await;
        let nobody = json!({"asked": 0, "answered": 0, "response_rate": null, "average": null,
            "ratings": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}});
        assert_eq!((&none["people"], &none["inboxes"], &none["to"]), (&nobody, &json!([]), &json!("2025-02-01T00:00:00.000000Z")));
        let mine = report(&format!("member_id={}", shop.key)).await;
        assert_eq!((&mine["people"]["asked"], &mine["assistant"]["asked"]), (&json!(2), &json!(0)));
        let wrong = door.get(&shop, "/api/v1/surveys/report?from=2024-01-01&to=2025-12-31").await;
        assert_eq!((wrong.status, field(&wrong).as_str()), (422, "to"));
    }
}

#[actix_web::test]
async fn whoever_is_limited_to_inboxes_reads_and_counts_those_answers_only() {
    let (door, shop) = open().await;
    asked(&door, &shop).await;
    let other = door.base.inbox(&shop, "generic").await;
    let elsewhere = door.member(&shop, Role::Member, None, Some(&json!([other]).to_string())).await;
    let here = door.member(&shop, Role::Member, None, Some(&json!([shop.inbox]).to_string())).await;
    let id = door.get(&shop, "/api/v1/surveys").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    for (who, rows, asked, one) in [(&elsewhere, 0, 0, 404), (&here, 5, 3, 200)] {
        let page = door.as_member(who, Method::GET, "/api/v1/surveys", None).await.json();
        let report = door.as_member(who, Method::GET, "/api/v1/surveys/report", None).await.json();
        assert_eq!((page["data"].as_array().map(Vec::len), report["people"]["asked"].as_u64()), (Some(rows), Some(asked)));
        assert_eq!(door.as_member(who, Method::GET, &format!("/api/v1/surveys/{id}"), None).await.status, one);
    }
}

/// A page of a survey in a language.
struct Page<'a> {
    door: &'a Door,
    path: String,
}

impl<'a> Page<'a> {
    async fn of(door: &'a Door, shop: &Shop, number: i64, language: &str) -> (Page<'a>, ConversationId) {
        let talk = door.base.talk(shop, number, ("resolved", "nobody"), number).await;
        let id = door.base.survey(shop, talk, (1, "people", None), None).await;
        change(door, id, survey::Column::Language, language).await;
        let path = format!("/s/{}", door.state.links.survey_token(shop.tenant, talk.id, 1));
        (Page { door, path }, talk.id)
    }

    async fn get(&self) -> Answer {
        self.door.call(TestRequest::get().uri(&self.path)).await
    }

    async fn post(&self, form: &str) -> Answer {
        let request = TestRequest::post().uri(&self.path).insert_header(("content-type", "application/x-www-form-urlencoded"));
        self.door.call(request.set_payload(form.to_owned())).await
    }
}

#[actix_web::test]
async fn the_page_asks_in_the_customers_language_without_script_and_thanks() {
    let (door, shop) = open().await;
    for (number, (language, question, word, thanks, none)) in [
        ("es", "¿Qué le pareció la atención", "4 · Buena", "¡Gracias por su opinión!", "Elija una calificación del 1 al 5"),
        ("en", "How was the service", "4 · Good", "Thank you for your opinion!", "Please choose a rating from 1 to 5"),
        ("pt", "O que achou do atendimento", "4 · Bom", "Obrigado pela sua opinião!", "Escolha uma nota de 1 a 5"),
    ]
    .into_iter()
    .enumerate()
    {
        let (page, _) = Page::of(&door, &shop, 1 + i64::try_from(number).unwrap(), language).await;
        let shown = page.get().await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert!(shown.text.contains(&format!("<html lang=\"{language}\">")) && shown.text.contains(question), "{}", shown.text);
        assert_eq!((shown.text.matches("type=\"radio\"").count(), shown.text.matches("<label").count()), (5, 6), "each is labelled");
        assert!(shown.text.contains(word) && shown.text.contains("<fieldset") && shown.text.contains("<legend>"), "{}", shown.text);
        assert!(!shown.text.contains("<script") && !shown.text.contains(" checked") && shown.header("set-cookie").is_empty());
        assert!(shown.header("content-security-policy").contains("form-action 'self'"));
        assert_eq!((shown.header("cache-control"), shown.header("referrer-policy")), ("no-store", "no-referrer"));

        let empty = page.post("comment=%C2%A1Hola%21").await;
        assert_eq!(empty.status, 422);
        assert!(empty.text.contains(none) && empty.text.contains("¡Hola!</textarea>") && empty.text.contains("role=\"alert\""));
        let kept = page.post("rating=4&comment=%3Cb%3Ebien%3C%2Fb%3E").await;
        assert!(kept.status == 200 && kept.text.contains(thanks) && !kept.text.contains("<form"), "{}", kept.text);
        let again = page.get().await;
        assert!(again.text.contains("value=\"4\" required checked") && again.text.contains("&lt;b&gt;bien&lt;"), "{}", again.text);
    }
    door.base.clock.advance(Duration::from_secs(1));
    assert_eq!(door.get(&shop, "/api/v1/surveys/report").await.json()["people"]["ratings"]["4"], 3);
    let told: Vec<_> = door.engine.published.lock().unwrap().iter().map(|event| (event.kind, event.data["rating"].clone())).collect();
    assert_eq!(told, vec![("survey.answered", Value::Null); 3], "those who listen hear of it, and read the rating where it stands");
}

#[actix_web::test]
async fn looking_at_the_page_answers_nothing() {
    let (door, shop) = open().await;
    let (page, _) = Page::of(&door, &shop, 1, "es").await;
    for query in ["?rating=1", "?rating=5&comment=x", ""] {
        assert_eq!(door.call(TestRequest::get().uri(&format!("{}{query}", page.path))).await.status, 200);
    }
    assert_eq!(door.get(&shop, "/api/v1/surveys?answered=true").await.json()["data"], json!([]));
}

#[actix_web::test]
async fn conv_86_an_answer_is_changed_for_fourteen_days_and_no_longer_and_unknown_pages_are_absent() {
    let (door, shop) = open().await;
    let (page, talk) = Page::of(&door, &shop, 1, "en").await;
    let rating = async || door.get(&shop, "/api/v1/surveys").await.json()["data"][0]["rating"].clone();
    assert_eq!(page.post("rating=1&comment=slow").await.status, 200);
    door.base.clock.advance(Duration::from_secs(14 * 86_400 - 1));
    let changed = page.post("rating=5").await;
    assert!(changed.status == 200 && changed.text.contains("until October 23, 2025."), "{}", changed.text);
    assert_eq!(rating().await, 5);
    door.base.clock.advance(Duration::from_secs(1));
    let late = page.post("rating=2").await;
    assert!(late.status == 422 && late.text.contains("can no longer be changed") && !late.text.contains("<form"), "{}", late.text);
    assert_eq!(rating().await, 5);
    let closed = page.get().await;
    assert!(closed.status == 200 && closed.text.contains("This survey is closed.") && !closed.text.contains("<form"));

    let links = &door.state.links;
    let stranger = door.shop("luna", ChannelKind::Generic, "").await;
    for token in [
        "svy_x".to_owned(),
        "x".to_owned(),
        page.path.replace("/s/svy_", "apt_"),
        links.survey_token(shop.tenant, talk, 2),
        links.survey_token(shop.tenant, ConversationId(door.base.uuid()), 1),
        links.survey_token(stranger.tenant, talk, 1),
    ] {
        let path = format!("/s/{token}");
        assert_eq!(door.call(TestRequest::get().uri(&path)).await.status, 404, "{token}");
        let form = TestRequest::post().uri(&path).set_payload("rating=1");
        assert_eq!(door.call(form).await.status, 404, "{token}");
    }
    assert_eq!(rating().await, 5);
}

#[actix_web::test]
async fn conv_86_an_answer_that_was_changed_often_is_changed_a_last_time_and_the_page_says_so() {
    let (door, shop) = open().await;
    for (number, (language, last, refused)) in [
        ("es", "ya no se puede cambiar", "ya la cambió muchas veces"),
        ("en", "can no longer be changed", "you have changed it many times"),
        ("pt", "não pode mais ser mudada", "você já a mudou muitas vezes"),
    ]
    .into_iter()
    .enumerate()
    {
        let (page, talk) = Page::of(&door, &shop, 1 + i64::try_from(number).unwrap(), language).await;
        assert_eq!(page.post("rating=1").await.status, 200);
        let path = format!("/api/v1/surveys?conversation_id={talk}");
        let id: SurveyId = door.get(&shop, &path).await.json()["data"][0]["id"].as_str().unwrap().parse().unwrap();
        change(&door, id, survey::Column::Changes, i16::try_from(MOST_CHANGES - 1).unwrap()).await;
        let kept = page.post("rating=2").await;
        assert!(kept.status == 200 && kept.text.contains(last) && !kept.text.contains("<form"), "{}", kept.text);
        let again = page.post("rating=3").await;
        assert!(again.status == 422 && again.text.contains(refused) && !again.text.contains("<form"), "{}", again.text);
        let shown = page.get().await;
        assert!(shown.status == 200 && !shown.text.contains("<form"), "{}", shown.text);
        assert_eq!(door.get(&shop, &path).await.json()["data"][0]["rating"], 2);
    }
}

#[actix_web::test]
async fn what_still_waits_is_listed_as_such_and_counts_for_nobody() {
    for (door, shop) in both().await {
        let talk = door.base.talk(&shop, 1, ("resolved", "nobody"), 1).await;
        let id = door.base.survey(&shop, talk, (1, "people", None), None).await;
        door.base.clock.advance(Duration::from_secs(1));
        for (state, asked) in [("queued", 0), ("lost", 0), ("uncertain", 1), ("sent", 1)] {
            change(&door, id, survey::Column::State, state).await;
            let row = door.get(&shop, &format!("/api/v1/surveys/{id}")).await.json();
            let report = door.get(&shop, "/api/v1/surveys/report").await.json();
            assert_eq!((&row["state"], &report["people"]["asked"]), (&json!(state), &json!(asked)));
        }
        // A year is counted in pieces: what lies in each of them is counted once.
        let long = door.get(&shop, "/api/v1/surveys/report?from=2025-01-01&to=2025-12-31").await.json();
        assert_eq!(long["people"]["asked"], 1);
    }
}

#[actix_web::test]
async fn a_form_of_somebody_else_and_too_long_a_comment_are_refused_and_a_page_is_shown_so_often() {
    let (door, shop) = open().await;
    let (page, _) = Page::of(&door, &shop, 1, "pt").await;
    assert_eq!(page.post("rating=4&next=https%3A%2F%2Fevil.example").await.status, 422);
    let long = page.post(&format!("rating=4&comment={}", "%C3%B1".repeat(1_001))).await;
    assert!(long.status == 422 && long.text.contains("longo demais") && long.text.contains("value=\"4\" required checked"));
    assert_eq!(page.post(&format!("rating=4&comment={}", "x".repeat(20_000))).await.status, 413);
    assert_eq!(page.post(&format!("rating=4&comment={}", "%C3%B1".repeat(1_000))).await.status, 200);
    for _ in 4..30 {
        assert_eq!(page.get().await.status, 200);
    }
    assert_eq!(page.get().await.status, 429);
}
