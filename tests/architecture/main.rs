//! The rules of the map (`src/lib.rs`), checked on the source itself: who knows whom, where the heavy
//! crates live, how a line reads, and what stands at the top of the repository.
//!
//! Each rule is a function from a parsed file to complaints that name file, line and cure, so that
//! every rule can also be shown a planted violation: a guard that cannot fail guards nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed, as it should"
)]

mod language;
mod manifests;
mod page;
mod sentences;
mod source;
mod walls;
