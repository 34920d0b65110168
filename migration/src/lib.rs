//! Migrations of Recado.
