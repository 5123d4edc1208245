//! Seconds since the user's previous event.

use super::spec::{Computable, Feature, feature_settings};
use super::view::{DatasetView, Need};
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// How long ago the user's previous event was.
    Gap {
        /// Whether `ln(1 + gap)` takes the place of the gap.
        log1p: bool = true, Bool, "Logarithm", "", "ln(1 + seconds) in the place of seconds: gaps \
            run from seconds to years.", "gaps between a person's actions have heavy tails (Barabasi 2005)";
    }
}

impl Computable for Gap {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Gap to the previous event",
            "Seconds since the event before of the same user; none at a user's first event.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], in seconds or ln(1 + seconds)"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Clock]
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let times = log.times();
        let mut values = vec![f32::NAN; log.n_events()];
        for events in log.users() {
            for at in events.skip(1) {
                let gap = times[at].saturating_sub(times[at - 1]).max(0) as f64;
                values[at] = if self.log1p { gap.ln_1p() } else { gap } as f32;
            }
        }
        Ok(Feature::real(
            "gap",
            if self.log1p { "ln(1 + s)" } else { "s" },
            values,
        ))
    }
}
