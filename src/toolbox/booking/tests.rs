//! The tools of booking against a book in memory.
