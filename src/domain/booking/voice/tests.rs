//! Tests of what customers are told.
