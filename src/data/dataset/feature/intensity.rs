//! How much the user did just before.

use super::spec::{Computable, Feature, feature_settings};
use super::view::{DatasetView, Need};
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// Events of the same user in a window that ends at the event.
    Intensity {
        /// Length of the window in seconds.
        window_secs: f64 = 3_600.0, Float { min: 1.0, max: 1e9 }, "Window", "s", "Events of the \
            user at most so long before this one are counted, this one not.", "an hour; a day (86400) is the other usual one";
        /// Whether `ln(1 + count)` takes the place of the count.
        log1p: bool = true, Bool, "Logarithm", "", "ln(1 + count) in the place of the count.", "counts have heavy tails, as gaps have";
    }
}

impl Computable for Intensity {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Intensity",
            "How many events the user had in the window before this one.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], a count or ln(1 + count)"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Clock]
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let times = log.times();
        let window = self.window_secs.round() as i64;
        let mut values = vec![0.0; log.n_events()];
        for events in log.users() {
            // The first event within the window only moves forward, since times do not fall.
            let mut first = events.start;
            for at in events {
                while times[at].saturating_sub(times[first]) > window {
                    first += 1;
                }
                let n = (at - first) as f64;
                values[at] = if self.log1p { n.ln_1p() } else { n } as f32;
            }
        }
        let unit = if self.log1p {
            "ln(1 + events)"
        } else {
            "events"
        };
        Ok(Feature::real(
            format!("intensity {}", span(window)),
            unit,
            values,
        ))
    }
}

/// A span in its largest whole unit: `1 h`, `90 s`.
fn span(secs: i64) -> String {
    match secs {
        secs if secs % 86_400 == 0 => format!("{} d", secs / 86_400),
        secs if secs % 3_600 == 0 => format!("{} h", secs / 3_600),
        secs => format!("{secs} s"),
    }
}
