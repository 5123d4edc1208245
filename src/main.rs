//! Arguments to the window or to a command; one printed error; the exit code.
fn main() {}
