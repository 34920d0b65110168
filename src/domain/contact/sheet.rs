//! Contacts as rows of a table for other programs. Pure.
//!
//! A spreadsheet takes a cell that begins with certain signs for a formula, and a customer chooses the own name. So cells that begin so get an
//! apostrophe before them, unless the table is asked for as it is.

/// The heads of the columns, in order.
pub const HEADS: [&str; 9] = ["id", "name", "phone", "email", "locale", "blocked", "created_at", "last_activity_at", "attributes"];

/// How cells are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// Safe to open in a spreadsheet.
    Safe,
    /// As it is: for programs, never for a spreadsheet.
    Raw,
}

/// Signs with which a formula may begin, also in full width.
pub(super) const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

impl Sheet {
    /// Returns what stands before the first row: the mark by which spreadsheets know UTF-8.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Safe => "\u{feff}",
            Self::Raw => "",
        }
    }

    /// Writes a row: every cell in quotes, as RFC 4180 has it.
    #[must_use]
    pub fn row<T: AsRef<str>>(self, cells: impl IntoIterator<Item = T>) -> String {
        let cells = cells.into_iter().map(|cell| self.cell(cell.as_ref()));
        format!("{}\r\n", cells.collect::<Vec<String>>().join(","))
    }

    fn cell(self, text: &str) -> String {
        let guard = if self == Self::Safe && text.starts_with(FORMULA) { "'" } else { "" };
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_a_safe_table_begins_as_a_formula() {
        for text in ["=1+1", "+52 55", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"] {
            let row = Sheet::Safe.row([text]);
            assert_eq!(row, format!("\"'{text}\"\r\n"));
            assert_eq!(Sheet::Raw.row([text]), format!("\"{text}\"\r\n"), "as it is");
        }
        assert_eq!(Sheet::Safe.row(["a \"b\", c", "d\ne", ""]), "\"a \"\"b\"\", c\",\"d\ne\",\"\"\r\n");
    }
}
