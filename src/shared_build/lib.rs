//! No code: a manifest that the tests of every other crate but `base` depend on.
//!
//! Cargo gives a crate that is built alone only the features which its own tree asks for, so that
//! `cargo test -p seqscope-model` would compile burn and all below it a second time, without what
//! the window asks of crates they share. The manifest beside this file names those that ask for
//! more: with it, the tests of one crate are built from what is there already.
