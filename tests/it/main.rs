//! Promises to users, one module a capability, in one binary.

mod data;
