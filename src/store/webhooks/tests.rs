use super::*;
use uuid::Uuid;

#[test]
fn a_name_is_stable_and_tells_nothing() {
    let (tenant, endpoint) = (TenantId(Uuid::from_u128(1)), WebhookId(Uuid::from_u128(2)));
    let (one, other) = (WebhookDeliveryId(Uuid::from_u128(3)), WebhookDeliveryId(Uuid::from_u128(4)));
    let name = name_of(tenant, endpoint, one, Some(7));
    assert_eq!(name, name_of(tenant, endpoint, other, Some(7)), "derived from the event, whatever the row");
    assert_ne!(name_of(tenant, endpoint, one, None), name_of(tenant, endpoint, other, None));
    assert!(name.starts_with("msg_") && name.len() == 44 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
}
