//! The how-manieth event of its session.

use std::collections::HashMap;

use super::spec::{Computable, Feature, feature_settings};
use super::view::{DatasetView, Need};
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// Position of an event in its session.
    SessionPosition {
        /// Longest pause within a session, where the log names none.
        gap_secs: f64 = 1_800.0, Float { min: 0.0, max: 1e9 }, "Longest pause", "s", "A longer \
            pause begins another session, where the log has no column of sessions.", "half an hour, usual in web analytics (Catledge & Pitkow 1995)";
        /// Whether `ln(1 + position)` takes the place of the position.
        log1p: bool = false, Bool, "Logarithm", "", "ln(1 + position) in the place of the \
            position.", "positions in a session are small";
    }
}

impl Computable for SessionPosition {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Session position",
            "1 for the first event of a session of its user, 2 for the second: by the log's \
             sessions, else by pauses.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], a position from 1 or ln(1 + position); none where a log with \
         sessions names none"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::SessionOrClock]
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let positions = match &log.sequences().session_idx {
            Some(sessions) => by_session(log, sessions),
            None => by_pause(log, self.gap_secs),
        };
        let values = positions
            .into_iter()
            .map(|position| scaled(position, self.log1p) as f32)
            .collect();
        Ok(Feature::real(
            "session position",
            if self.log1p { "ln(1 + position)" } else { "" },
            values,
        ))
    }
}

/// Puts a position on a logarithmic scale if that is wanted.
fn scaled(position: f64, log1p: bool) -> f64 {
    if log1p { position.ln_1p() } else { position }
}

/// Sessions of one user may lie between each other: two windows open at once.
fn by_session(log: &DatasetView<'_>, sessions: &[u32]) -> Vec<f64> {
    let mut positions = vec![f64::NAN; log.n_events()];
    for events in log.users() {
        let mut n_events = HashMap::<u32, usize>::new();
        for at in events {
            if let Some(session) = sessions.get(at).filter(|&&session| session > 0) {
                let n = n_events.entry(*session).or_default();
                *n += 1;
                positions[at] = *n as f64;
            }
        }
    }
    positions
}

fn by_pause(log: &DatasetView<'_>, gap_secs: f64) -> Vec<f64> {
    let times = log.times();
    let mut positions = vec![1.0; log.n_events()];
    for events in log.users() {
        for at in events.skip(1) {
            let pause = times[at].saturating_sub(times[at - 1]);
            if pause as f64 <= gap_secs {
                positions[at] = positions[at - 1] + 1.0;
            }
        }
    }
    positions
}
