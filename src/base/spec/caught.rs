//! Messages of caught panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Amount of work under way whose panics are expected.
static GUARDED: AtomicUsize = AtomicUsize::new(0);

/// Work of another crate that may give up on a damaged file by a panic, which is then an error like
/// any other; `None` when it did.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    GUARDED.fetch_add(1, Ordering::SeqCst);
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    GUARDED.fetch_sub(1, Ordering::SeqCst);
    done
}

/// Whether a panic now may be one that is caught and told as an error. Such work may run on threads
/// of its own, so all threads are meant.
#[must_use]
pub fn may_be_caught() -> bool {
    GUARDED.load(Ordering::SeqCst) > 0
}

/// The words of a panic that was caught; `None` for one that carries no text.
pub fn words_of_panic(panic: &(dyn Any + Send)) -> Option<&str> {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any};

    use super::{guarded, may_be_caught, words_of_panic};

    #[test]
    fn guarded_work_gives_its_result_or_none() {
        assert_eq!(guarded(|| (7, may_be_caught())), Some((7, true)));
        assert_eq!(guarded(|| panic_any("planted")), None::<()>);
    }

    #[test]
    fn a_panic_is_quoted_whether_its_words_were_formatted_or_not() {
        let words = |work: fn()| {
            words_of_panic(catch_unwind(work).unwrap_err().as_ref()).map(str::to_owned)
        };
        assert_eq!(words(|| panic_any("planted")), Some("planted".to_owned()));
        assert_eq!(
            words(|| panic_any(format!("planted {}", 2))),
            Some("planted 2".to_owned())
        );
        assert_eq!(words(|| panic_any(7)), None);
    }
}
