//! Regional spellings of one telephone number, for looking people up. Pure.
//!
//! Never used as the destination of a message: WhatsApp decides how it spells a number, and a reply goes to exactly that.

/// Returns the other spellings under which WhatsApp or people may know the number; empty where there are none.
///
/// Mexico with and without the `1` after `52`, Brazil with and without the ninth digit (mobiles only), Argentina with and without
/// the `9` after `54`. `number` is digits without `+`.
#[must_use]
pub fn variants(number: &str) -> Vec<String> {
    if !is_number(number) {
        return Vec::new();
    }
    mexico(number).or_else(|| brazil(number)).or_else(|| argentina(number)).into_iter().collect()
}

/// Returns the number as E.164 with `+`; `None` if it cannot be a telephone number.
#[must_use]
pub fn e164(number: &str) -> Option<String> {
    is_number(number).then(|| format!("+{number}"))
}

/// Returns true if both are the same number, perhaps in two regional spellings.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one == other || variants(one).iter().any(|variant| variant == other)
}

fn is_number(number: &str) -> bool {
    (7..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn mexico(number: &str) -> Option<String> {
    let rest = number.strip_prefix("52")?;
    match (rest.len(), rest.strip_prefix('1')) {
        (10, _) => Some(format!("521{rest}")),
        (11, Some(national)) => Some(format!("52{national}")),
        _ => None,
    }
}

/// Landlines begin with 2 to 5 and never had a ninth digit; mobiles of the eight-digit age began with 6 to 9.
fn brazil(number: &str) -> Option<String> {
    let rest = number.strip_prefix("55")?;
    let (area, subscriber) = rest.split_at_checked(2)?;
    if area.contains('0') {
        return None;
    }
    let old_mobile = |digits: &str| digits.starts_with(['6', '7', '8', '9']);
    match (subscriber.len(), subscriber.strip_prefix('9')) {
        (8, _) if old_mobile(subscriber) => Some(format!("55{area}9{subscriber}")),
        (9, Some(short)) if old_mobile(short) => Some(format!("55{area}{short}")),
        _ => None,
    }
}

fn argentina(number: &str) -> Option<String> {
    let rest = number.strip_prefix("54")?;
    match (rest.len(), rest.strip_prefix('9')) {
        (10, _) => Some(format!("549{rest}")),
        (11, Some(national)) => Some(format!("54{national}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conv_73_regional_spellings_are_found_both_ways() {
        for (one, other) in [("5215512345678", "525512345678"), ("5511987654321", "551187654321"), ("5491123456789", "541123456789")] {
            assert_eq!(variants(one), [other], "{one}");
            assert_eq!(variants(other), [one], "{other}");
            assert!(same(one, other) && same(other, one));
        }
        assert!(!same("5215512345678", "525512345679"));
    }

    #[test]
    fn brazilian_landlines_never_get_a_ninth_digit() {
        for landline in ["551133334444", "554721234567", "558551234567"] {
            assert!(variants(landline).is_empty(), "{landline}");
        }
        // Nine digits whose rest looks like a landline have no short form.
        assert!(variants("5511933334444").is_empty());
        // No area code holds a zero.
        assert!(variants("550187654321").is_empty());
    }

    #[test]
    fn other_countries_and_other_lengths_have_one_spelling() {
        for number in ["15550100001", "34600111222", "52551234567", "52155123456789", "5411234567", "54", "55", ""] {
            assert!(variants(number).is_empty(), "{number}");
        }
    }

    #[test]
    fn what_is_no_number_has_no_variants_and_no_e164() {
        for text in ["MX.1349", "+525512345678", "52 55 1234 5678", "５２５５１２３４５６７８", "1203630@g.us", "9999999999999999"]
        {
            assert!(variants(text).is_empty(), "{text}");
            assert_eq!(e164(text), None, "{text}");
        }
        assert_eq!(e164("5215512345678").as_deref(), Some("+5215512345678"));
    }
}
