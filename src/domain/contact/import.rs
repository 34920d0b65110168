//! A table of contacts as other programs write it: which columns it has, and what each row says. Pure.
//!
//! What our own export wrote can be read back: the apostrophe that keeps a spreadsheet from taking a cell for a formula goes, and columns that
//! nobody sets (id, times) are passed over.

use super::{Change, Typed, Wrong};
use csv::{ByteRecord, ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

/// Most rows of a table.
pub const MOST_ROWS: usize = 50_000;
/// Most columns of a table.
const MOST_COLUMNS: usize = 100;
/// Columns of our own export that are passed over.
const PASSED_OVER: [&str; 4] = ["id", "blocked", "created_at", "last_activity_at"];
/// What stands before the name of an attribute.
const ATTRIBUTE: &str = "attributes.";

/// A table that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTable {
    /// There is nothing in it.
    #[error("must have a line with the names of the columns, and rows")]
    Empty,
    /// A column that is none.
    #[error("has the unknown column {0}: use name, phone, email, locale, attributes, or attributes.NAME")]
    Column(String),
    /// A column twice.
    #[error("has the column {0} twice")]
    Twice(String),
    /// Nothing by which a contact could be found or called.
    #[error("needs a column name, phone or email")]
    Nobody,
    /// Too many columns.
    #[error("must have at most {MOST_COLUMNS} columns")]
    Wide,
    /// Too many rows.
    #[error("must have at most {MOST_ROWS} rows")]
    Long,
    /// Not CSV.
    #[error("cannot be read as CSV in line {0}")]
    Syntax(u64),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Phone,
    Email,
    Locale,
    /// A JSON object.
    Attributes,
    Attribute(String),
    PassedOver,
}

/// A table that can be read.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Column)>,
    rows: Vec<(u64, StringRecord)>,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The line of the file at which it begins, from 1.
    pub line: u64,
    /// What it says, or which column does not fit.
    pub change: Result<Change, Wrong>,
}

/// Counts lines. The parser ends a record at a carriage return already, so that its own count is one behind with such files.
struct Lines<'a> {
    text: &'a [u8],
    read: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    const fn of(text: &'a str) -> Self {
        Self { text: text.as_bytes(), read: 0, line: 1 }
    }

    /// Returns the line of the first record at or after a byte; bytes only rise.
    fn at(&mut self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len()).max(self.read);
        let blank = self.text.iter().skip(from).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let ends = self.text.iter().skip(self.read).take(from + blank - self.read).filter(|byte| **byte == b'\n').count();
        self.read = from + blank;
        self.line += ends as u64;
        self.line
    }
}

impl Table {
    /// Reads a table, with or without the mark of UTF-8, with commas or semicolons.
    ///
    /// # Errors
    /// [`BadTable`].
    pub fn read(text: &str) -> Result<Self, BadTable> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let head = text.lines().next().unwrap_or_default();
        let of = |sign: char| head.chars().filter(|char| *char == sign).count();
        let delimiter = if of(';') > of(',') { b';' } else { b',' };
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(true).from_reader(text.as_bytes());
        let heads = reader.headers().map_err(|error| syntax(&error))?.clone();
        let columns = columns(&heads)?;
        let (mut rows, mut record, mut lines) = (Vec::new(), ByteRecord::new(), Lines::of(text));
        while reader.read_byte_record(&mut record).map_err(|error| syntax(&error))? {
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            // It was cut out of a str.
            let row = StringRecord::from_byte_record(record.clone()).map_err(|_error| BadTable::Syntax(line))?;
            if row.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push((line, row));
            }
            if rows.len() > MOST_ROWS {
                return Err(BadTable::Long);
            }
        }
        if rows.is_empty() { Err(BadTable::Empty) } else { Ok(Self { columns, rows }) }
    }

    /// Counts the rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tells whether there is none, which a table that was read never says.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Reads some rows from a place on.
    #[must_use]
    pub fn rows(&self, from: usize, most: usize) -> Vec<Row> {
        self.rows.iter().skip(from).take(most).map(|(line, cells)| Row { line: *line, change: self.change(cells) }).collect()
    }

    fn change(&self, cells: &StringRecord) -> Result<Change, Wrong> {
        let mut typed = Typed::default();
        let mut attributes = Map::new();
        for ((head, column), cell) in self.columns.iter().zip(cells) {
            let cell = unguarded(cell.trim());
            if cell.is_empty() {
                continue;
            }
            match column {
                Column::Name => typed.name = Some(Some(cell)),
                Column::Phone => typed.phone = Some(Some(cell)),
                Column::Email => typed.email = Some(Some(cell)),
                Column::Locale => typed.locale = Some(Some(cell)),
                Column::Attribute(name) => drop(attributes.insert(name.clone(), Value::from(cell))),
                Column::Attributes => {
                    let object = serde_json::from_str::<Map<String, Value>>(cell);
                    attributes.extend(object.map_err(|_error| Wrong::new(head, "must be a JSON object"))?);
                }
                Column::PassedOver => {}
            }
        }
        typed.attributes = attributes;
        let change = typed.read()?;
        let named = [&change.name, &change.phone, &change.email].into_iter().any(Option::is_some);
        if named { Ok(change) } else { Err(Wrong::new("name", "must be there, or a phone, or an email")) }
    }
}

fn columns(heads: &StringRecord) -> Result<Vec<(String, Column)>, BadTable> {
    if heads.iter().all(|head| head.trim().is_empty()) {
        return Err(BadTable::Empty);
    }
    if heads.len() > MOST_COLUMNS {
        return Err(BadTable::Wide);
    }
    let mut columns: Vec<(String, Column)> = Vec::new();
    for head in heads {
        let head = head.trim();
        let column = column(head).ok_or_else(|| BadTable::Column(head.chars().take(60).collect()))?;
        if columns.iter().any(|(_, known)| *known == column && column != Column::PassedOver) {
            return Err(BadTable::Twice(head.to_owned()));
        }
        columns.push((head.to_owned(), column));
    }
    let named = columns.iter().any(|(_, column)| matches!(column, Column::Name | Column::Phone | Column::Email));
    if named { Ok(columns) } else { Err(BadTable::Nobody) }
}

fn column(head: &str) -> Option<Column> {
    let lower = head.to_lowercase();
    match lower.as_str() {
        "name" => Some(Column::Name),
        "phone" => Some(Column::Phone),
        "email" => Some(Column::Email),
        "locale" => Some(Column::Locale),
        "attributes" => Some(Column::Attributes),
        word if PASSED_OVER.contains(&word) => Some(Column::PassedOver),
        // The name of an attribute keeps its case.
        word if word.starts_with(ATTRIBUTE) => {
            head.get(ATTRIBUTE.len()..).filter(|name| !name.trim().is_empty()).map(|name| Column::Attribute(name.trim().to_owned()))
        }
        _ => None,
    }
}

/// Takes away the apostrophe that our export puts before what a spreadsheet would take for a formula.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(super::sheet::FORMULA)).unwrap_or(cell)
}

fn syntax(error: &csv::Error) -> BadTable {
    BadTable::Syntax(error.position().map_or(0, csv::Position::line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::sheet::{HEADS, Sheet};
    use serde_json::json;

    fn first(text: &str) -> Row {
        Table::read(text).unwrap().rows(0, 1).remove(0)
    }

    #[test]
    fn tables_are_read_with_either_delimiter_with_or_without_the_mark() {
        for text in [
            "name,phone\nAna,+525512345678\n",
            "\u{feff}Name;PHONE\r\n\"Ana\";\"+52 55 1234 5678\"",
            "\u{feff}\"name\",\"phone\"\nAna,'+525512345678",
        ] {
            let row = first(text);
            let change = row.change.unwrap();
            assert_eq!((row.line, change.name, change.phone), (2, Some(Some("Ana".into())), Some(Some("+525512345678".into()))), "{text}");
        }
        let table = Table::read("email,attributes.Plan,attributes\n\n,,\na@b.example,gold,\"{\"\"vip\"\": true}\"\n\"x\ny\",,\n").unwrap();
        assert_eq!(table.len(), 2, "empty lines are no rows");
        let rows = table.rows(0, 9);
        assert_eq!(Value::Object(rows[0].change.clone().unwrap().attributes), json!({"Plan": "gold", "vip": true}));
        assert_eq!((rows[1].line, rows[1].change.clone().map_err(|wrong| wrong.field)), (5, Err("email".to_owned())));
    }

    #[test]
    fn what_cannot_be_read_at_all_says_why() {
        let of = |text: &str| Table::read(text).map(|table| table.len());
        assert_eq!((of(""), of("name\n")), (Err(BadTable::Empty), Err(BadTable::Empty)));
        assert_eq!(of("name,colour\na,b"), Err(BadTable::Column("colour".into())));
        assert_eq!(of("name,Name\na,b"), Err(BadTable::Twice("Name".into())));
        assert_eq!(of("locale\nes"), Err(BadTable::Nobody));
        assert_eq!(of(&format!("name\n{}", "a\n".repeat(MOST_ROWS + 1))), Err(BadTable::Long));
        assert_eq!(of(&format!("name{}\na", ",attributes.x".repeat(101))), Err(BadTable::Wide));
    }

    #[test]
    fn a_row_that_does_not_fit_names_its_column_and_hurts_no_other() {
        let rows = Table::read("name,phone,attributes\nAna,12,\nLuz,,[1]\n,,\nEva,,\n").unwrap().rows(0, 9);
        let of = |row: &Row| row.change.clone().map(|_| ()).map_err(|wrong| wrong.field);
        let all: Vec<_> = rows.iter().map(|row| (row.line, of(row))).collect();
        assert_eq!(all, [(2, Err("phone".to_owned())), (3, Err("attributes".to_owned())), (5, Ok(()))]);
    }

    #[test]
    fn what_our_export_wrote_comes_back_from_either_kind() {
        for sheet in [Sheet::Safe, Sheet::Raw] {
            let cells = ["7", "=Ana \"la, de\" López", "+525512345678", "ana@example.com", "es-MX", "false", "x", "", r#"{"a":1}"#];
            let change = first(&format!("{}{}{}", sheet.mark(), sheet.row(HEADS), sheet.row(cells))).change.unwrap();
            assert_eq!(change.name, Some(Some("=Ana \"la, de\" López".to_owned())), "{sheet:?}");
            assert_eq!((change.phone, Value::Object(change.attributes)), (Some(Some("+525512345678".to_owned())), json!({"a": 1})));
        }
    }
}
