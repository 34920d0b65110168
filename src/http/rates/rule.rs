//! Which buckets a request counts in: before it is handled, once its caller is known, and after it failed. Pure.
//!
//! Webhooks of providers count in none before their signature was looked at: they must never be turned away for their number.

use crate::domain::quota::Bucket;
use crate::http::access::Class;

/// Returns what a request of an unknown caller counts in, by its address.
pub const fn before(class: Class) -> Option<Bucket> {
    match class {
        Class::SignIn => Some(Bucket::SignInAddress),
        Class::SignUp => Some(Bucket::SignUpAddress),
        Class::Recover => Some(Bucket::RecoverAddress),
        Class::Refresh => Some(Bucket::RefreshAddress),
        Class::Api => Some(Bucket::ApiAddress),
        Class::Stream => Some(Bucket::StreamAddress),
        Class::Adapter => Some(Bucket::AdapterAddress),
        Class::Page => Some(Bucket::PageAddress),
        Class::Webhook | Class::Health => None,
    }
}

/// Returns what an answer counts in, by the caller's address: keys, tokens and signatures that were wrong.
pub const fn after(class: Class, status: u16) -> Option<Bucket> {
    let failed = match class {
        Class::Webhook | Class::Adapter => matches!(status, 401 | 403),
        Class::Api | Class::Stream => status == 401,
        // These have a quota of their own, which every try counts in.
        Class::SignIn | Class::SignUp | Class::Recover | Class::Refresh | Class::Page | Class::Health => false,
    };
    if failed { Some(Bucket::FailureAddress) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_webhook_is_counted_only_when_its_signature_was_wrong() {
        assert_eq!(before(Class::Webhook), None);
        for (status, counted) in [(200, false), (400, false), (401, true), (403, true), (503, false)] {
            assert_eq!(after(Class::Webhook, status).is_some(), counted, "{status}");
        }
    }

    #[test]
    fn a_person_without_a_permission_has_shown_a_good_key() {
        assert_eq!(after(Class::Api, 403), None);
        assert_eq!(after(Class::Api, 401), Some(Bucket::FailureAddress));
    }

    #[test]
    fn the_operators_machines_are_never_counted() {
        assert_eq!((before(Class::Health), after(Class::Health, 503)), (None, None));
    }
}
