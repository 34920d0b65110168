//! Who sends mails for the installation: the operator's SMTP server.

pub mod smtp;
