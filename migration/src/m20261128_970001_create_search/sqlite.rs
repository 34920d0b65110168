//! SQLite's side: FTS5 tables and the triggers that keep them.
//!
//! One index holds every tenant's words, so each row also has its tenant and inbox as words of another column: a search joins their lists,
//! which skips what is foreign instead of reading it. What is taken out is taken out of the pages too (`secure-delete`).

/// Accents and case do not count. Beginnings of up to five letters have lists of their own: without one every word with that beginning is read
/// from end to end before the first hit comes out, which took 100 to 1,500 ms where common words have it. They cost 10 us a message.
const TOKENS: &str = "tokenize = \"unicode61 remove_diacritics 2\", prefix = '1 2 3 4 5'";

/// Returns the word of a column that stands for an id: its random half.
fn id_word(letter: char, id: &str) -> String {
    format!("'{letter}' || lower(substr(hex({id}), 17))")
}

/// Returns what a message of `row` says, or null. A content that is no JSON must not keep a message from being written.
fn text(row: &str) -> String {
    format!(
        "CASE WHEN {row}.direction <> 'system' AND {row}.deleted_at IS NULL AND json_valid({row}.content) THEN nullif({row}.content ->> '$.text', '') END"
    )
}

/// Returns the tenant and inbox of a message of `row`.
fn scope(row: &str) -> String {
    let inbox = format!("(SELECT c.inbox_id FROM conversation c WHERE c.tenant_id = {row}.tenant_id AND c.id = {row}.conversation_id)");
    format!("{} || ' ' || {}", id_word('t', &format!("{row}.tenant_id")), id_word('i', &inbox))
}

/// Takes a message's words out again: the index wants to be told what they were.
fn forget() -> String {
    format!(
        "INSERT INTO message_words (message_words, rowid, scope, text) SELECT 'delete', OLD.words, {}, {} FROM message_words_state WHERE OLD.words <= indexed",
        scope("OLD"),
        text("OLD")
    )
}

/// Puts the words of a message in that has its number and was indexed before.
fn renew() -> String {
    format!(
        "INSERT INTO message_words (rowid, scope, text) SELECT NEW.words, {}, {} FROM message_words_state WHERE NEW.words <= indexed",
        scope("NEW"),
        text("NEW")
    )
}

/// Numbers a message; never with a number that the index may have had.
fn number() -> &'static str {
    "UPDATE message SET words = 1 + max(coalesce((SELECT max(words) FROM message WHERE words IS NOT NULL), 0),
       (SELECT indexed FROM message_words_state)) WHERE tenant_id = NEW.tenant_id AND id = NEW.id"
}

/// A new message is only numbered. Its words go in with many others', by the store: FTS5 writes what it has gathered at every statement that
/// could be undone by itself, so a trigger that puts them in costs 40 us a message even in a large batch, a set of them 14.
fn message_triggers() -> Vec<String> {
    let (old, new) = (text("OLD"), text("NEW"));
    let changed = "(OLD.content IS NOT NEW.content OR OLD.deleted_at IS NOT NEW.deleted_at)";
    vec![
        format!("CREATE TRIGGER message_words_insert AFTER INSERT ON message WHEN ({new}) IS NOT NULL BEGIN {}; END", number()),
        format!(
            "CREATE TRIGGER message_words_forget AFTER UPDATE OF content, deleted_at ON message
             WHEN OLD.words IS NOT NULL AND {changed} AND ({new}) IS NULL
             BEGIN {}; UPDATE message SET words = NULL WHERE tenant_id = NEW.tenant_id AND id = NEW.id; END",
            forget()
        ),
        format!(
            "CREATE TRIGGER message_words_update AFTER UPDATE OF content, deleted_at ON message
             WHEN OLD.words IS NOT NULL AND {changed} AND ({new}) IS NOT NULL BEGIN {}; {}; END",
            forget(),
            renew()
        ),
        format!(
            "CREATE TRIGGER message_words_begin AFTER UPDATE OF content, deleted_at ON message
             WHEN OLD.words IS NULL AND ({old}) IS NULL AND ({new}) IS NOT NULL BEGIN {}; END",
            number()
        ),
        format!("CREATE TRIGGER message_words_delete AFTER DELETE ON message WHEN OLD.words IS NOT NULL BEGIN {}; END", forget()),
        // The words of a message name its inbox, which only the conversation knows: so messages go before it, and it stays where it is.
        "CREATE TRIGGER message_words_first BEFORE DELETE ON conversation
         BEGIN DELETE FROM message WHERE tenant_id = OLD.tenant_id AND conversation_id = OLD.id; END"
            .to_owned(),
        "CREATE TRIGGER message_words_inbox BEFORE UPDATE OF inbox_id ON conversation WHEN OLD.inbox_id <> NEW.inbox_id
         BEGIN SELECT RAISE(ABORT, 'a conversation stays in its inbox'); END"
            .to_owned(),
    ]
}

/// Returns a number with everything that people may leave out at its beginning: each end of it is a word.
fn phone(number: &str) -> String {
    let digits = format!("replace({number}, '+', '')");
    (1..=10).map(|from| format!("substr({digits}, {from})")).collect::<Vec<_>>().join(" || ' ' || ")
}

/// Returns everything by which the contact of `row` is found.
fn known_as(row: &str) -> String {
    let phones = phone("i.value");
    format!(
        "coalesce({row}.name, '') || ' ' || coalesce({row}.email, '') || ' ' || coalesce({}, '') || ' ' || coalesce((
           SELECT group_concat(CASE WHEN i.kind = 'phone' THEN {phones} ELSE i.value END, ' ')
           FROM contact_identity i WHERE i.tenant_id = {row}.tenant_id AND i.contact_id = {row}.id), '')",
        phone(&format!("{row}.phone"))
    )
}

/// Writes the words of a contact that is new.
fn meet(id: &str, tenant: &str) -> String {
    let next = "(SELECT coalesce(max(words), 0) + 1 FROM contact WHERE words IS NOT NULL)";
    format!(
        "UPDATE contact SET words = coalesce(words, {next}) WHERE tenant_id = {tenant} AND id = {id};
         INSERT INTO contact_words (rowid, scope, text) SELECT c.words, {}, {} FROM contact c WHERE c.tenant_id = {tenant} AND c.id = {id}",
        id_word('t', "c.tenant_id"),
        known_as("c")
    )
}

/// Writes a contact's words anew. Only for one that is there: FTS5 takes a missing number for any.
fn know(id: &str, tenant: &str) -> String {
    let number = format!("(SELECT words FROM contact WHERE tenant_id = {tenant} AND id = {id})");
    format!("DELETE FROM contact_words WHERE rowid = {number}; {}", meet(id, tenant))
}

fn contact_triggers() -> Vec<String> {
    let there = |row: &str| format!("EXISTS (SELECT 1 FROM contact c WHERE c.tenant_id = {row}.tenant_id AND c.id = {row}.contact_id)");
    let known = |row: &str| know(&format!("{row}.contact_id"), &format!("{row}.tenant_id"));
    let changed = "OLD.name IS NOT NEW.name OR OLD.phone IS NOT NEW.phone OR OLD.email IS NOT NEW.email";
    let mut triggers = vec![
        format!("CREATE TRIGGER contact_words_insert AFTER INSERT ON contact BEGIN {}; END", meet("NEW.id", "NEW.tenant_id")),
        format!(
            "CREATE TRIGGER contact_words_update AFTER UPDATE OF name, phone, email ON contact WHEN {changed} BEGIN {}; END",
            know("NEW.id", "NEW.tenant_id")
        ),
        "CREATE TRIGGER contact_words_delete AFTER DELETE ON contact WHEN OLD.words IS NOT NULL
         BEGIN DELETE FROM contact_words WHERE rowid = OLD.words; END"
            .to_owned(),
    ];
    // A new contact comes after its identities, and goes before them: then there is nothing to write.
    for (name, event, row) in [
        ("identity_insert", "INSERT", "NEW"),
        ("identity_delete", "DELETE", "OLD"),
        ("identity_left", "UPDATE OF contact_id, kind, value", "OLD"),
        ("identity_update", "UPDATE OF contact_id, kind, value", "NEW"),
    ] {
        let body = known(row);
        triggers
            .push(format!("CREATE TRIGGER contact_words_{name} AFTER {event} ON contact_identity WHEN {} BEGIN {body}; END", there(row)));
    }
    triggers
}

/// Puts in what is there already: messages in the order of their ids, which is that of time.
fn fill() -> Vec<String> {
    vec![
        format!(
            "UPDATE message SET words = n.n FROM (SELECT m.tenant_id, m.id, row_number() OVER (ORDER BY m.id) AS n FROM message m
             WHERE ({}) IS NOT NULL) n WHERE message.tenant_id = n.tenant_id AND message.id = n.id",
            text("m")
        ),
        format!(
            "INSERT INTO message_words (rowid, scope, text) SELECT m.words, {}, {} FROM message m WHERE m.words IS NOT NULL ORDER BY m.words",
            scope("m"),
            text("m")
        ),
        "INSERT INTO message_words_state (indexed) SELECT coalesce(max(words), 0) FROM message".to_owned(),
        "UPDATE contact SET words = n.n FROM (SELECT tenant_id, id, row_number() OVER (ORDER BY id) AS n FROM contact) n
         WHERE contact.tenant_id = n.tenant_id AND contact.id = n.id"
            .to_owned(),
        format!(
            "INSERT INTO contact_words (rowid, scope, text) SELECT c.words, {}, {} FROM contact c ORDER BY c.words",
            id_word('t', "c.tenant_id"),
            known_as("c")
        ),
    ]
}

/// Returns the statements. A message's words are not kept beside its content; a contact's few are, since they come from several rows.
pub(super) fn up() -> Vec<String> {
    let mut statements = vec![
        "ALTER TABLE message ADD COLUMN words bigint".to_owned(),
        "CREATE UNIQUE INDEX message_words_number ON message (words) WHERE words IS NOT NULL".to_owned(),
        "ALTER TABLE contact ADD COLUMN words bigint".to_owned(),
        "CREATE UNIQUE INDEX contact_words_number ON contact (words) WHERE words IS NOT NULL".to_owned(),
        // Up to which number the words of messages are in the index.
        "CREATE TABLE message_words_state (indexed bigint NOT NULL)".to_owned(),
        format!("CREATE VIRTUAL TABLE message_words USING fts5(scope, text, content = '', columnsize = 0, {TOKENS})"),
        format!("CREATE VIRTUAL TABLE contact_words USING fts5(scope, text, columnsize = 0, {TOKENS})"),
        "INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1)".to_owned(),
        "INSERT INTO contact_words (contact_words, rank) VALUES ('secure-delete', 1)".to_owned(),
    ];
    statements.extend(fill());
    statements.extend(message_triggers());
    statements.extend(contact_triggers());
    statements
}

/// Takes it all back.
pub(super) const DOWN: &[&str] = &[
    "DROP TRIGGER message_words_insert",
    "DROP TRIGGER message_words_forget",
    "DROP TRIGGER message_words_update",
    "DROP TRIGGER message_words_begin",
    "DROP TRIGGER message_words_delete",
    "DROP TRIGGER message_words_first",
    "DROP TRIGGER message_words_inbox",
    "DROP TRIGGER contact_words_insert",
    "DROP TRIGGER contact_words_update",
    "DROP TRIGGER contact_words_delete",
    "DROP TRIGGER contact_words_identity_insert",
    "DROP TRIGGER contact_words_identity_update",
    "DROP TRIGGER contact_words_identity_delete",
    "DROP TRIGGER contact_words_identity_left",
    "DROP TABLE message_words",
    "DROP TABLE message_words_state",
    "DROP TABLE contact_words",
    "DROP INDEX message_words_number",
    "DROP INDEX contact_words_number",
    "ALTER TABLE message DROP COLUMN words",
    "ALTER TABLE contact DROP COLUMN words",
];
