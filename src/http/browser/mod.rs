//! What is special about browsers: tokens in cookies, and the proof that a request comes from a page of ours.
//!
//! Never shows a token to a script: cookies are `HttpOnly`. A request that shows a cookie and a header at once is not understood.

pub mod cookies;
pub mod csrf;
pub mod device;
