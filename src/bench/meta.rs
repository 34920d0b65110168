//! Meta's side of the wire, as far as the benchmark needs it: signed deliveries of messages and statuses. Its secrets protect nothing.

use crate::crypto::mac::hmac_sha256_hex;

/// Signs deliveries.
pub const APP_SECRET: &str = "bench-app-secret";
/// Every call must show it.
pub const ACCESS_TOKEN: &str = "bench-access-token";
/// The Graph API's version, the first part of every path.
pub const VERSION: &str = "v25.0";
/// Where deliveries go.
pub const WEBHOOK: &str = "/webhooks/whatsapp";
/// The first phone number id; the others follow.
const FIRST_NUMBER: u64 = 109_000_000_000_000;
/// The first customer's phone number, without its `+`; the others follow. A fictitious one, with room for ten million.
const FIRST_PHONE: u64 = 15_550_000_000;

/// The phone number id of the business's number at this place.
#[must_use]
pub fn number_id(place: u32) -> String {
    (FIRST_NUMBER + u64::from(place)).to_string()
}

/// A customer's phone number without its `+`.
#[must_use]
pub fn phone_of(customer: u32) -> String {
    (FIRST_PHONE + u64::from(customer)).to_string()
}

/// The customer with this phone number, with or without its `+`.
#[must_use]
pub fn customer_of(phone: &str) -> Option<u32> {
    let number: u64 = phone.trim_start_matches('+').parse().ok()?;
    u32::try_from(number.checked_sub(FIRST_PHONE)?).ok()
}

/// A delivery with one text message. `text` needs no escapes.
#[must_use]
pub fn message(number_id: &str, phone: &str, id: &str, seconds: i64, text: &str) -> String {
    envelope(
        number_id,
        &format!(
            "\"contacts\":[{{\"profile\":{{\"name\":\"Ana Prueba\"}},\"wa_id\":\"{phone}\"}}],\
             \"messages\":[{{\"from\":\"{phone}\",\"id\":\"{id}\",\"timestamp\":\"{seconds}\",\"type\":\"text\",\"text\":{{\"body\":\"{text}\"}}}}]"
        ),
    )
}

/// A message that the business sent, as Meta names it in statuses.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The number that sent it.
    pub number_id: String,
    /// Meta's id.
    pub id: String,
    /// To whom, without `+`.
    pub phone: String,
    /// The sender's own name of it; needs no escapes.
    pub reference: String,
}

/// A delivery with one status.
#[must_use]
pub fn status(taken: &Taken, state: &str, seconds: i64) -> String {
    let Taken { number_id, id, phone, reference } = taken;
    envelope(
        number_id,
        &format!(
            "\"statuses\":[{{\"id\":\"{id}\",\"status\":\"{state}\",\"timestamp\":\"{seconds}\",\"recipient_id\":\"{phone}\",\
             \"biz_opaque_callback_data\":\"{reference}\"}}]"
        ),
    )
}

fn envelope(number_id: &str, news: &str) -> String {
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"100200300\",\"changes\":[{{\"field\":\"messages\",\"value\":{{\
         \"messaging_product\":\"whatsapp\",\"metadata\":{{\"display_phone_number\":\"15550100001\",\"phone_number_id\":\"{number_id}\"}},{news}}}}}]}}]}}"
    )
}

/// A signed delivery as a whole request.
#[must_use]
pub fn request(body: &str) -> Vec<u8> {
    let signature = hmac_sha256_hex(APP_SECRET.as_bytes(), &[body.as_bytes()]);
    let head = format!(
        "POST {WEBHOOK} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-hub-signature-256: sha256={signature}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::whatsapp::inbound::{parse, verify_signature};
    use crate::domain::delivery::Update;
    use secrecy::SecretString;

    #[test]
    fn what_is_delivered_is_signed_and_means_what_it_should() {
        let taken = Taken { number_id: number_id(3), id: "wamid.1".into(), phone: phone_of(7), reference: "r-1".into() };
        for (body, is_status) in [
            (message(&number_id(3), &phone_of(7), "wamid.in", 1_760_000_000, "hola"), false),
            (status(&taken, "read", 1_760_000_000), true),
        ] {
            let whole = String::from_utf8(request(&body)).unwrap();
            let signature = whole.lines().find_map(|line| line.strip_prefix("x-hub-signature-256: ")).unwrap().to_owned();
            assert_eq!(verify_signature(Some(&signature), body.as_bytes(), &[SecretString::from(APP_SECRET)]), Ok(()));
            let parts = parse(body.as_bytes()).unwrap();
            assert_eq!(parts[0].account.as_deref(), Some("109000000000003"));
            assert_eq!(parts[0].updates.len(), 1);
            assert_eq!(matches!(parts[0].updates[0], Update::Status(_)), is_status);
            assert!(is_status || matches!(parts[0].updates[0], Update::Item(_)));
        }
    }

    #[test]
    fn a_customer_is_known_by_the_phone_number() {
        assert_eq!(customer_of(&format!("+{}", phone_of(41))), Some(41));
        assert_eq!((customer_of("12"), customer_of(""), customer_of("+99999999999999")), (None, None, None));
    }
}
