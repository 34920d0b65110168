//! The words by which a business sorts its conversations.

pub mod create;
pub mod get;
pub mod list;
pub mod remove;
pub mod replace;

use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::store::people::labels::{LabelForm, LabelRow, Labelled, MOST_LABELS};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest title, in characters.
const MAX_TITLE: usize = 60;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 500;
/// The colour of a label for which nobody chose one.
const GREY: &str = "#6b7280";

/// A label as it shall be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelBody {
    /// Its words: 1 to 60 characters. No other label of the business may look like it: case, accents and blanks make no difference.
    #[schema(example = "Reclamación")]
    title: String,
    /// Its colour: `#rrggbb`; grey if left out.
    #[schema(example = "#d97706")]
    colour: Option<String>,
    /// What it is for: up to 500 characters.
    #[schema(example = "Somebody is not content")]
    description: Option<String>,
}

/// A label.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LabelView {
    /// Its id.
    id: Uuid,
    /// Its words.
    title: String,
    /// Its colour.
    colour: String,
    /// What it is for.
    description: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<LabelRow> for LabelView {
    fn from(LabelRow { id, form, created_at, updated_at }: LabelRow) -> Self {
        let LabelForm { title, colour, description } = form;
        Self { id: id.0, title, colour, description, created_at, updated_at }
    }
}

impl LabelBody {
    fn form(self) -> Result<LabelForm, Problem> {
        let title = name("title", &self.title, MAX_TITLE)?;
        let colour = self.colour.map_or_else(|| GREY.to_owned(), |colour| colour.to_ascii_lowercase());
        let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if digits.is_none() {
            return Err(Problem::field("colour", "must be like #d97706"));
        }
        let description = self.description.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if description.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION || text.contains('\0')) {
            return Err(Problem::field("description", format!("must have at most {MAX_DESCRIPTION} characters")));
        }
        Ok(LabelForm { title, colour, description })
    }
}

/// Reads what people call something: a line of few characters.
///
/// # Errors
/// 422 naming the field.
pub fn name(field: &str, text: &str, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    let fits = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(Problem::field(field, format!("must be one line of 1 to {most} characters"))) }
}

/// Shows what became of a wish.
fn shown(came: Labelled) -> Result<LabelView, Problem> {
    match came {
        Labelled::Done(row) => Ok((*row).into()),
        Labelled::Absent => Err(Problem::not_found()),
        Labelled::Taken => {
            Err(Problem::conflict("another label has this title, or one that looks like it").with_error("title", "is taken"))
        }
        Labelled::TooMany => Err(Problem::conflict(format!("a business has at most {MOST_LABELS} labels: delete one first"))),
    }
}
