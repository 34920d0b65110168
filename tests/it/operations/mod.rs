//! What an operator relies on: figures, copies, checks, the files that install the product.

mod copies;
mod doctor;
mod files;
mod metrics;
mod traces;
