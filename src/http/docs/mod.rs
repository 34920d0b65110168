//! The API's own description: the OpenAPI document, and a page of ours that shows it without anybody else's script.

mod flat;
mod shared;

use crate::http::api::v1::conversations::{
    assignment, bulk, change, claim, claim_next, counts, cycles, get, handback, list, message_remove, message_retry, messages_create,
    messages_list, reading, remove, status, turns, watching,
};
use crate::http::api::v1::{
    api_keys, appointments, attachments, audit, auth, booking_rules, business, canned_replies, command, commands_get, consents, contacts,
    events, holidays, inboxes, invitations, labels, me, members, model_providers, model_settings, notifications, presence, resources,
    saved_views, search, services, slots, surveys, teams, waitlist, webhooks,
};
use crate::http::docs::flat::Flat;
use crate::http::docs::shared::Shared;
use crate::http::files::serve;
use crate::http::problem::Problem;
use crate::http::webhooks::{generic, whatsapp};
use crate::http::{calendar, health, problem};
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Path;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The document. `recado openapi` prints it too.
#[derive(OpenApi)]
#[openapi(
    info(title = "Recado", description = "Conversations with customers: read them, step in, hand back; push messages in, hear what happens."),
    paths(
        auth::sign_up::sign_up, auth::login::login, auth::mfa::finish_login, auth::refresh::refresh, auth::logout::logout,
        auth::forgot::forgot_password, auth::reset::reset_password, auth::confirm_email::confirm_email, auth::csrf::get_csrf,
        me::get::get_me, me::update::update_me, me::password::change_password, me::sessions_list::list_sessions,
        me::sessions_end::end_other_sessions, me::session_end::end_session, me::totp_begin::begin_totp, me::totp_confirm::confirm_totp,
        me::totp_disable::disable_totp, me::recovery_codes::renew_recovery_codes,
        whatsapp::verify_app, whatsapp::receive_app, whatsapp::verify_inbox, whatsapp::receive_inbox, generic::receive_events,
        bulk::create::create_bulk_action, bulk::get::get_bulk_action, bulk::items::list_bulk_items, bulk::cancel::cancel_bulk_action, remove::remove_conversation,
        list::list_conversations, get::get_conversation, messages_list::list_messages, messages_create::create_message,
        reading::read_conversation, reading::unread_conversation, watching::show_presence,
        watching::say_presence,
        message_remove::remove_message, message_retry::retry_message, turns::list_turns, cycles::list_cycles, status::set_status, handback::hand_back,
        assignment::assign_conversation, commands_get::get_command, model_providers::list::list_providers,
        model_providers::create::create_provider, search::messages::search_messages, search::contacts::search_contacts,
        counts::count_conversations, change::change_conversation, labels::list::list_labels, labels::create::create_label,
        labels::get::get_label, labels::replace::replace_label, labels::remove::remove_label, saved_views::list::list_views,
        saved_views::create::create_view, saved_views::get::get_view, saved_views::replace::replace_view,
        saved_views::remove::remove_view, saved_views::count::count_view, claim::claim_conversation, claim_next::claim_next,
        teams::list::list_teams, teams::create::create_team, teams::get::get_team, teams::replace::replace_team,
        teams::remove::remove_team, presence::list::list_presence, presence::ping::ping_presence, presence::own::choose_presence,
        presence::capacity::set_capacity, presence::rules_get::get_assignment_rules, presence::rules_replace::replace_assignment_rules,
        inboxes::assignment_get::get_inbox_assignment, inboxes::assignment_replace::replace_inbox_assignment,
        inboxes::hours_get::get_inbox_hours, inboxes::hours_replace::replace_inbox_hours, inboxes::survey_get::get_inbox_survey,
        inboxes::survey_replace::replace_inbox_survey, surveys::list::list_surveys, surveys::report::report_surveys,
        surveys::get::get_survey, contacts::list::list_contacts,
        contacts::create::create_contact, contacts::get::get_contact, contacts::change::change_contact,
        contacts::remove::remove_contact, contacts::block::block_contact, contacts::block::unblock_contact,
        contacts::duplicates::list_duplicates, contacts::merge::merge_contacts, contacts::merge_undo::undo_merge,
        contacts::timeline::list_contact_timeline, contacts::notes_list::list_contact_notes,
        contacts::notes_create::create_contact_note, contacts::notes_change::change_contact_note,
        contacts::notes_remove::remove_contact_note, contacts::import::import_contacts, contacts::import::get_contact_import,
        contacts::import::list_contact_import_rows, contacts::export::export_contacts, canned_replies::list::list_canned_replies,
        canned_replies::create::create_canned_reply, canned_replies::get::get_canned_reply,
        canned_replies::replace::replace_canned_reply, canned_replies::remove::remove_canned_reply,
        canned_replies::render::render_canned_reply, attachments::create::create_attachment, attachments::get::get_attachment,
        attachments::remove::remove_attachment, serve::show_file,
        model_providers::get::get_provider, model_providers::replace::replace_provider, model_providers::remove::remove_provider,
        model_providers::check::check_provider, model_settings::get::get_settings, model_settings::replace::replace_settings,
        services::list::list_services, services::create::create_service, services::get::get_service,
        services::replace::replace_service, services::remove::remove_service,
        resources::list::list_resources, resources::create::create_resource, resources::get::get_resource,
        resources::replace::replace_resource, resources::remove::remove_resource,
        resources::feed::create_feed, resources::feed::remove_feed, calendar::get_calendar,
        holidays::list::list_holidays, holidays::get::get_holiday, holidays::replace::replace_holiday, holidays::remove::remove_holiday,
        booking_rules::get::get_rules, booking_rules::replace::replace_rules, slots::list_slots,
        appointments::list::list_appointments, appointments::create::create_appointment, appointments::get::get_appointment,
        appointments::moving::move_appointment, appointments::cancel::cancel_appointment, appointments::complete::complete_appointment,
        appointments::no_show::miss_appointment, appointments::approve::approve_appointment,
        audit::list::list_audit, audit::verify::verify_audit, consents::list_consents,
        waitlist::list::list_waitlist, waitlist::create::create_entry, waitlist::get::get_entry, waitlist::remove::remove_entry,
        auth::accept::accept_invitation, members::list::list_members, members::get::get_member, members::change::change_member, members::remove::remove_member,
        members::transfer::transfer_ownership, invitations::list::list_invitations, invitations::create::create_invitation,
        invitations::resend::resend_invitation, invitations::remove::remove_invitation,
        api_keys::list::list_api_keys, api_keys::create::create_api_key, api_keys::remove::remove_api_key,
        business::get::get_business, business::change::change_business, inboxes::list::list_inboxes,
        inboxes::create::create_inbox, inboxes::get::get_inbox, inboxes::change::change_inbox,
        me::notification_choices::get_notification_choices, me::notification_choices::replace_notification_choices,
        notifications::list::list_notifications, notifications::read::read_notification, notifications::read_all::read_all_notifications,
        notifications::rules_get::get_notification_rules, notifications::rules_replace::replace_notification_rules,
        webhooks::list::list_webhooks, webhooks::create::create_webhook, webhooks::get::get_webhook, webhooks::replace::replace_webhook,
        webhooks::remove::remove_webhook, webhooks::secret::rotate_webhook_secret, webhooks::enable::enable_webhook,
        webhooks::test::test_webhook, webhooks::replay::replay_webhook, webhooks::deliveries_list::list_webhook_deliveries,
        webhooks::delivery_replay::replay_webhook_delivery,
        events::stream_events, health::healthz, health::readyz, health::metrics
    ),
    components(schemas(problem::ProblemDetails, generic::BatchAccepted, command::CommandPending, problem::FieldProblem)),
    modifiers(&Keys, &Shared, &Flat),
    security(("bearer" = []), ("api_key" = []), ("cookie" = []))
)]
pub struct ApiDoc;

/// Adds the ways to show who one is.
struct Keys;

impl Modify for Keys {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("rk_… or an access token").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Api-Key"))));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-access"))));
    }
}

/// Returns the document as JSON.
///
/// # Errors
/// [`serde_json::Error`] if it cannot be written.
pub fn document() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&ApiDoc::openapi())
}

/// Shows the document.
///
/// # Errors
/// 500 if it cannot be written.
pub async fn openapi() -> Result<HttpResponse, Problem> {
    let text = document().map_err(|error| {
        tracing::error!(error = %error, "the API's document cannot be written");
        Problem::internal()
    })?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

/// Shows the page that reads the document.
pub async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(include_str!("page.html"))
}

/// Shows the page's script and style.
///
/// # Errors
/// 404 for any other name.
pub async fn asset(file: Path<String>) -> Result<HttpResponse, Problem> {
    let (kind, text) = match file.as_str() {
        "page.js" => ("text/javascript; charset=utf-8", include_str!("page.js")),
        "page.css" => ("text/css; charset=utf-8", include_str!("page.css")),
        _ => return Err(Problem::not_found()),
    };
    Ok(HttpResponse::Ok().content_type(kind).insert_header((CACHE_CONTROL, "no-cache")).body(text))
}
