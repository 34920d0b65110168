//! placeholder
pub fn promises_person(_: &str) -> bool {
    false
}
