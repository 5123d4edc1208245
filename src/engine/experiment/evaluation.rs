//! Settings of the evaluation: with or without the items that a user already had, among all items
//! or some drawn.

use serde::{Deserialize, Serialize, Serializer};

use seqscope_base::metric::Seen;
use seqscope_base::spec::{FieldValue, Problem, SetError, Value};
use seqscope_data::{RETURNS_FROM, Returns};
use seqscope_model::baseline::EASE_MEGABYTES;

/// Whether items that the user already had are left out of the ranking. A file writes `true`,
/// `false` or `auto`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Deserialize,
    strum::Display,
    strum::VariantNames,
)]
pub enum FilterSeen {
    /// Left to the log: seen items are left out unless many training events return to an item,
    /// [`RETURNS_FROM`].
    #[default]
    #[serde(rename = "auto")]
    #[strum(serialize = "auto")]
    Auto,
    /// They are left out, and a true item among them is a miss.
    #[serde(rename = "true")]
    #[strum(serialize = "true")]
    On,
    /// They are ranked like the others.
    #[serde(rename = "false")]
    #[strum(serialize = "false")]
    Off,
}

impl From<bool> for FilterSeen {
    fn from(filter_seen: bool) -> Self {
        if filter_seen { Self::On } else { Self::Off }
    }
}

impl Serialize for FilterSeen {
    /// Writes a decided choice as a truth value, as files did before a log could decide it.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => to.serialize_unit_variant("FilterSeen", 0, "auto"),
            Self::On => to.serialize_bool(true),
            Self::Off => to.serialize_bool(false),
        }
    }
}

impl FieldValue for FilterSeen {
    fn to_value(&self) -> Value {
        Value::Choice(self.to_string())
    }

    fn from_value(key: &str, value: &Value) -> Result<Self, SetError> {
        let text = value.to_string();
        Ok(match text.trim().to_lowercase().as_str() {
            "auto" => Self::Auto,
            "true" | "yes" | "on" => Self::On,
            "false" | "no" | "off" => Self::Off,
            _ => {
                let known = <Self as strum::VariantNames>::VARIANTS.to_vec();
                return Err(SetError::Word {
                    key: key.to_owned(),
                    text,
                    known,
                });
            }
        })
    }
}

/// Settings of the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationSpec {
    /// Whether items that the user has already had are left out of the ranking.
    pub filter_seen: FilterSeen,
    /// Items, drawn at random, among which the true one is ranked once more on test; 0 for the
    /// whole catalogue alone. The figures of the whole catalogue always stand beside.
    pub candidates: usize,
    /// Seed of that drawing, apart from the run's own so that runs of other seeds meet the same
    /// candidates.
    pub candidates_seed: usize,
    /// Most memory that the reference EASE may take, in MB.
    pub ease_memory: usize,
}

impl Default for EvaluationSpec {
    fn default() -> Self {
        Self {
            filter_seen: FilterSeen::Auto,
            candidates: 0,
            candidates_seed: 0,
            ease_memory: EASE_MEGABYTES,
        }
    }
}

seqscope_base::spec::described! { EvaluationSpec {
    filter_seen: Choice(<FilterSeen as strum::VariantNames>::VARIANTS.to_vec()), Core, "Leave out seen items", "", "Whether \
        items that the user already had are left out of the ranking; a target among them is then a \
        miss. auto follows the log: they are ranked where 5 % of the training events or more \
        return to such an item.", "auto: films are watched once, places and shops are come back to";
    candidates: Int { min: 0, max: 1_000_000 }, More, "Sampled candidates", "items", "Ranks the \
        true item on test once more among so many drawn at random, for figures that were published \
        that way; 0 leaves it. They flatter, and stand beside the full ones.", "0: Krichene & Rendle 2020 on sampled metrics";
    candidates_seed: Int { min: 0, max: 1_000_000_000 }, More, "Seed of the candidates", "", "Two \
        runs may be compared only when their candidates are drawn alike.", "any number does";
    ease_memory: Int { min: 0, max: 10_000_000 }, More, "Memory for EASE", "MB", "Most memory that \
        the reference EASE may take, 12 bytes for each pair of items: 6,000 items take 432 MB and \
        about ten seconds on two cores, 12,000 take 1,728 MB and eight times as long, 20,000 take \
        4,800 MB. A log that takes more is judged without it, and told so; 0 leaves it out.", "432: 6,000 items, seconds";
} }

impl EvaluationSpec {
    /// Returns the number of drawn candidates and their seed; `None` where the whole catalogue
    /// alone is ranked.
    #[must_use]
    pub fn candidates(&self) -> Option<(usize, usize)> {
        (self.candidates > 0).then_some((self.candidates, self.candidates_seed))
    }

    /// Returns these settings with what the log decides filled in.
    #[must_use]
    pub fn resolved(self, returns: &Returns) -> Self {
        let filter_seen = match self.filter_seen {
            FilterSeen::Auto => FilterSeen::from(!returns.are_many()),
            said => said,
        };
        Self {
            filter_seen,
            ..self
        }
    }

    /// Returns the treatment of seen items, once that is [resolved](Self::resolved). Where it is
    /// not, they are left out, as all runs did that said nothing before a log could decide it.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen::filtered(self.filter_seen != FilterSeen::Off)
    }

    /// Says what is decided for a log with these returns, and why.
    #[must_use]
    pub fn reason(self, returns: &Returns) -> String {
        let (decided, share) = (self.resolved(returns).seen(), returns.train.percent());
        let what = match decided {
            Seen::LeftOut => "seen items are left out",
            Seen::Ranked => "seen items are ranked too",
        };
        if self.filter_seen != FilterSeen::Auto {
            return format!(
                "As set: {what}; {share} of training events return to an item that the user had."
            );
        }
        let bound = format!("{:.0} %", 100.0 * RETURNS_FROM);
        let bound = if decided == Seen::Ranked {
            format!("{bound} or more")
        } else {
            format!("fewer than {bound}")
        };
        format!(
            "Follows the log: {what}, since {share} of training events return to an item that the \
             user had ({bound})."
        )
    }

    /// The warning that seen items are left out of a log whose users come back to them.
    #[must_use]
    pub fn check_returns(self, returns: &Returns) -> Option<Problem> {
        (self.filter_seen == FilterSeen::On && returns.are_many()).then(|| {
            let sentence = format!(
                "{} of training events return to an item that the user had, and so do {}: left out \
                 of the ranking with the seen items, each of these is a miss for any model; write \
                 `evaluation: (filter_seen: auto)`, or `false`.",
                returns.train.percent(),
                returns.test.in_words("test targets"),
            );
            Problem::warning("evaluation.filter_seen", sentence)
        })
    }
}
