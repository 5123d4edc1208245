//! What a user is promised, one module a capability.

mod architecture;
mod data;
