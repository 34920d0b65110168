//! PostgreSQL's side: words in columns of their own, GIN indexes, and a role that may ask them.
//!
//! Row-level security and full-text search do not go together by themselves: an operator that is not leakproof (`@@` is not) may only look
//! at rows that the policy has let through, so under people's policy no search ever uses its index. Therefore searching is a role of its
//! own, whose policy says both: the tenant's rows, and of these the ones with the words in `app.words`. It finds ids; rows are then read
//! as people. Without the two settings the role sees nothing.

use sea_orm_migration::prelude::*;

/// Takes accents off. Trusted since PostgreSQL 13: whoever may create things in the database may make it.
pub(super) const EXTENSION: &str = "CREATE EXTENSION IF NOT EXISTS unaccent";

/// Says which extension is missing and who can make it.
pub(super) fn without_extension(error: DbErr) -> DbErr {
    DbErr::Migration(format!(
        "the PostgreSQL extension unaccent could not be created: install the server's contrib package, or let an administrator run \
         CREATE EXTENSION unaccent in this database, then migrate again ({error})"
    ))
}

const ROLE: [&str; 3] = [
    "DO $$ BEGIN
       IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'recado_search') THEN CREATE ROLE recado_search NOLOGIN; END IF;
     EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
     END $$",
    "DO $$ BEGIN
       GRANT recado_search TO CURRENT_USER;
     EXCEPTION WHEN unique_violation THEN NULL;
     END $$",
    "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO recado_search', current_schema()); END $$",
];

/// Takes off accents, case and everything between words that the parser would make something of: it sees numbers with signs, addresses,
/// paths and hosts, of which nobody could then find a part. `unaccent` depends on a dictionary and so calls itself stable; ours is the
/// extension's own, named with its schema, and that never changes.
const FOLD: &str = r##"DO $do$ BEGIN EXECUTE format($f$
    CREATE FUNCTION recado_fold(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $body$
      SELECT translate(lower(%1$I.unaccent('%1$I.unaccent'::regdictionary, said)),
        E'!"#$%%&\'()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 32))
    $body$ $f$, (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'unaccent'));
    END $do$"##;

/// Returns the words of a message; null for what is not searched. Nothing in a content may keep a message from being written.
/// No stemming: the texts of one table are of three languages and full of names, and a word's beginning finds most of its forms.
const MESSAGE: &str = r#"DO $do$ BEGIN EXECUTE format($f$
    CREATE FUNCTION recado_message_words(direction text, content text, gone timestamptz) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $body$
    BEGIN
      IF direction = 'system' OR gone IS NOT NULL THEN RETURN NULL; END IF;
      RETURN to_tsvector('pg_catalog.simple', %1$I.recado_fold(content::json ->> 'text'));
    EXCEPTION WHEN others THEN RETURN NULL;
    END $body$ $f$, current_schema()); END $do$"#;

/// Returns a number with everything that people may leave out at its beginning: each end of it is a word.
const PHONE: &str = "CREATE FUNCTION recado_phone(number text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT string_agg(substr(replace(number, '+', ''), n), ' ') FROM generate_series(1, 10) n $$";

/// Returns everything by which a contact is found.
const CONTACT: &str = r#"DO $do$ BEGIN EXECUTE format($f$
    CREATE FUNCTION recado_contact_words(tenant uuid, contact uuid, name text, phone text, email text) RETURNS tsvector LANGUAGE sql STABLE AS $body$
      SELECT to_tsvector('pg_catalog.simple', %1$I.recado_fold(concat_ws(' ', name, email, %1$I.recado_phone(phone), (
        SELECT string_agg(CASE WHEN i.kind = 'phone' THEN %1$I.recado_phone(i.value) ELSE i.value END, ' ')
        FROM %1$I.contact_identity i WHERE i.tenant_id = tenant AND i.contact_id = contact))))
    $body$ $f$, current_schema()); END $do$"#;

/// The triggers of contacts. A new contact comes after its identities: then those find nothing to write yet.
const TRIGGERS: [&str; 6] = [
    r#"DO $do$ BEGIN EXECUTE format($f$
    CREATE FUNCTION recado_contact_known() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      NEW.words := %1$I.recado_contact_words(NEW.tenant_id, NEW.id, NEW.name, NEW.phone, NEW.email);
      RETURN NEW;
    END $body$ $f$, current_schema()); END $do$"#,
    r#"DO $do$ BEGIN EXECUTE format($f$
    CREATE FUNCTION recado_identity_known() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      IF TG_OP <> 'INSERT' THEN
        UPDATE %1$I.contact SET words = %1$I.recado_contact_words(tenant_id, id, name, phone, email)
        WHERE tenant_id = OLD.tenant_id AND id = OLD.contact_id;
      END IF;
      IF TG_OP <> 'DELETE' THEN
        UPDATE %1$I.contact SET words = %1$I.recado_contact_words(tenant_id, id, name, phone, email)
        WHERE tenant_id = NEW.tenant_id AND id = NEW.contact_id;
      END IF;
      RETURN NULL;
    END $body$ $f$, current_schema()); END $do$"#,
    "CREATE TRIGGER contact_words_insert BEFORE INSERT ON contact FOR EACH ROW EXECUTE FUNCTION recado_contact_known()",
    "CREATE TRIGGER contact_words_update BEFORE UPDATE OF name, phone, email ON contact FOR EACH ROW
     WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.phone IS DISTINCT FROM NEW.phone OR OLD.email IS DISTINCT FROM NEW.email)
     EXECUTE FUNCTION recado_contact_known()",
    "CREATE TRIGGER contact_words_identity AFTER INSERT OR DELETE ON contact_identity FOR EACH ROW EXECUTE FUNCTION recado_identity_known()",
    "CREATE TRIGGER contact_words_identity_update AFTER UPDATE OF contact_id, kind, value ON contact_identity FOR EACH ROW
     EXECUTE FUNCTION recado_identity_known()",
];

/// What is in there already gets its words under the old policies' owner, whom they bind too: so they are off for a moment.
const COLUMNS: [&str; 8] = [
    "ALTER TABLE message ADD COLUMN words tsvector GENERATED ALWAYS AS (recado_message_words(direction, content, deleted_at)) STORED",
    "ALTER TABLE contact ADD COLUMN words tsvector",
    "ALTER TABLE contact NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE contact_identity NO FORCE ROW LEVEL SECURITY",
    "UPDATE contact SET words = recado_contact_words(tenant_id, id, name, phone, email)",
    "ALTER TABLE contact FORCE ROW LEVEL SECURITY",
    "ALTER TABLE contact_identity FORCE ROW LEVEL SECURITY",
    // Without a list of what is pending, which every search would read from end to end.
    "CREATE INDEX message_words ON message USING gin (words) WITH (fastupdate = off)",
];

const INDEX: &str = "CREATE INDEX contact_words ON contact USING gin (words) WITH (fastupdate = off)";

/// Returns the policies and grants of the role that searches.
fn walls() -> Vec<String> {
    let own = "tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid";
    let said = "words @@ NULLIF(current_setting('app.words', true), '')::tsquery";
    let mut statements = vec!["GRANT SELECT ON message, contact, conversation, thread TO recado_search".to_owned()];
    statements
        .extend(["message", "contact"].map(|table| format!("CREATE POLICY search ON {table} TO recado_search USING ({own} AND {said})")));
    statements.extend(["conversation", "thread"].map(|table| format!("CREATE POLICY search ON {table} TO recado_search USING ({own})")));
    statements
}

/// Returns the statements.
pub(super) fn up() -> Vec<String> {
    let mut statements: Vec<String> = ROLE.iter().chain(&[FOLD, MESSAGE, PHONE, CONTACT]).map(|text| (*text).to_owned()).collect();
    statements.extend(COLUMNS.iter().chain(&[INDEX]).chain(&TRIGGERS).map(|text| (*text).to_owned()));
    statements.extend(walls());
    statements
}

/// Takes it all back.
pub(super) const DOWN: &[&str] = &[
    "DROP POLICY search ON message",
    "DROP POLICY search ON contact",
    "DROP POLICY search ON conversation",
    "DROP POLICY search ON thread",
    "REVOKE SELECT ON message, contact, conversation, thread FROM recado_search",
    "DROP TRIGGER contact_words_insert ON contact",
    "DROP TRIGGER contact_words_update ON contact",
    "DROP TRIGGER contact_words_identity ON contact_identity",
    "DROP TRIGGER contact_words_identity_update ON contact_identity",
    "DROP FUNCTION recado_contact_known, recado_identity_known",
    "ALTER TABLE message DROP COLUMN words",
    "ALTER TABLE contact DROP COLUMN words",
    "DROP FUNCTION recado_contact_words, recado_message_words, recado_phone, recado_fold",
];
