//! placeholder
use crate::domain::language::Language;
pub fn handed_to_people(_: Language) -> &'static str {
    "p"
}
pub fn assistant_failed_handed_to_people(_: Language) -> &'static str {
    "f"
}
pub fn idle_question(_: Language) -> &'static str {
    "q"
}
