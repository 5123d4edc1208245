//! Which world, and its settings.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::IntoEnumIterator;

use seqscope_base::spec::{Described, Field, FieldValue, Problem, SetError, Value};

/// A kind of world: each has rules of its own.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
    strum::IntoStaticStr,
)]
pub enum WorldKind {
    /// Two series read in turns: the cue lies two steps back.
    #[default]
    Series,
    /// The next item depends on the last event alone.
    MarkovChain,
    /// The next item depends on the slot of the week.
    Periodic,
    /// The cue lies `lag` steps back.
    LongRange,
    /// Popularity changes with the calendar.
    Drift,
    /// A view is followed by a cart and a buy of the same item, each `delay` steps later.
    Funnel,
    /// Home, work and lunch on a grid of places, by the hour of the day.
    Commuter,
    /// A rule that is easy, with too few events to learn it from.
    TooSmall,
}

impl WorldKind {
    /// Name as a person reads it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Series => "Series read in turns",
            Self::MarkovChain => "Markov chain",
            Self::Periodic => "Weekly habits",
            Self::LongRange => "Long-range cue",
            Self::Drift => "Drifting popularity",
            Self::Funnel => "View, cart, buy",
            Self::Commuter => "Commuters on a grid",
            Self::TooSmall => "Too small to learn from",
        }
    }

    /// The one setting that only this kind has.
    fn own_key(self) -> Option<&'static str> {
        match self {
            Self::MarkovChain => Some("branches"),
            Self::Periodic => Some("period"),
            Self::LongRange => Some("lag"),
            Self::Drift => Some("drift_days"),
            Self::Funnel => Some("delay"),
            Self::Series | Self::Commuter | Self::TooSmall => None,
        }
    }

    /// The only kind that has a setting of this name; `None` when all have it, or none.
    #[must_use]
    pub fn owner(key: &str) -> Option<Self> {
        Self::iter().find(|kind| kind.own_key() == Some(key))
    }

    fn has(self, key: &str) -> bool {
        Self::owner(key).is_none_or(|owner| owner == self)
    }
}

impl FieldValue for WorldKind {
    fn to_value(&self) -> Value {
        Value::Choice(self.to_string())
    }

    fn from_value(key: &str, value: &Value) -> Result<Self, SetError> {
        let word = value.to_string();
        Self::iter().find(|kind| kind.to_string().eq_ignore_ascii_case(word.trim())).ok_or(SetError::Kind {
            key: key.to_owned(),
            text: word,
            expected: "one of Series, MarkovChain, Periodic, LongRange, Drift, Funnel, Commuter, \
                       TooSmall",
        })
    }
}

/// A world of users who follow a few rules; see [`super`] for the kinds and their rules.
///
/// Each kind has defaults of its own, [`WorldSpec::of_kind`], in an experiment file too. Settings of
/// other kinds are kept as they are and are a problem when they were changed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "WorldFile")]
pub struct WorldSpec {
    /// Which rules.
    pub kind: WorldKind,
    /// Number of users.
    pub n_users: usize,
    /// Number of items.
    pub n_items: usize,
    /// Mean number of events of a user; lengths lie evenly between half and one and a half of it.
    pub mean_len: usize,
    /// Probability that an event follows the rule, in [0, 1].
    pub follow: f64,
    /// `MarkovChain`: successors of each item.
    pub branches: usize,
    /// `Periodic`: slots of a week.
    pub period: usize,
    /// `LongRange`: how many steps back the cue lies.
    pub lag: usize,
    /// `Drift`: days in which fashion walks once through the catalogue.
    pub drift_days: usize,
    /// `Funnel`: steps from a view to its cart, and from a cart to its buy.
    pub delay: usize,
    /// Seed of the world.
    pub seed: u64,
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self {
            kind: WorldKind::Series,
            n_users: 600,
            n_items: 120,
            mean_len: 30,
            follow: 0.8,
            branches: 3,
            period: 7,
            lag: 5,
            drift_days: 90,
            delay: 3,
            seed: 7,
        }
    }
}

impl WorldSpec {
    /// The world of a kind with its defaults.
    #[must_use]
    pub fn of_kind(kind: WorldKind) -> Self {
        let base = Self {
            kind,
            ..Self::default()
        };
        match kind {
            WorldKind::LongRange => Self {
                n_items: 40,
                mean_len: 40,
                ..base
            },
            WorldKind::Commuter => Self {
                n_items: 100,
                mean_len: 40,
                ..base
            },
            WorldKind::TooSmall => Self {
                n_users: 30,
                n_items: 400,
                mean_len: 8,
                follow: 0.9,
                ..base
            },
            _ => base,
        }
    }

    /// `follow` as a probability. Values out of range are reported by the settings' check; where
    /// they come through all the same they must only not panic, so NaN counts as 0.
    pub(super) fn follow_probability(&self) -> f64 {
        if self.follow.is_nan() {
            0.0
        } else {
            self.follow.clamp(0.0, 1.0)
        }
    }
}

/// Every setting of every kind, as the macro lists them.
struct Every(WorldSpec);

impl std::ops::Deref for Every {
    type Target = WorldSpec;
    fn deref(&self) -> &WorldSpec {
        &self.0
    }
}

impl std::ops::DerefMut for Every {
    fn deref_mut(&mut self) -> &mut WorldSpec {
        &mut self.0
    }
}

seqscope_base::spec::described! { Every {
    kind: Choice(WorldKind::iter().map(Into::into).collect()), Core, "World", "", "Which rules the \
        users follow; another kind starts from its own defaults.", "the quick start's world";
    n_users: Int { min: 1, max: 100_000 }, Core, "Users", "", "How many users the world has.", "small \
        enough to train in half a minute";
    n_items: Int { min: 1, max: 20_000 }, Core, "Items", "", "How many items the catalogue has, in \
        series of ten; of commuters, places on a square grid.", "small enough to train in half a minute";
    mean_len: Int { min: 1, max: 1_000 }, Core, "Mean length", "events", "Mean number of events of a user.", "small \
        enough to train in half a minute";
    follow: Float { min: 0.0, max: 1.0 }, Core, "Rule-following", "", "Probability that an event \
        follows the world's rule rather than chance.", "leaves noise that no model can predict";
    branches: Int { min: 1, max: 20 }, Core, "Branches", "", "How many successors each item has; \
        the r-th has a chance in proportion to 1/r.", "enough that the best guess is often wrong";
    period: Int { min: 1, max: 168 }, Core, "Slots of a week", "", "Into how many slots a week is \
        divided; each user acts once in each. 7 are weekdays, 168 are hours.", "weekdays";
    lag: Int { min: 1, max: 200 }, Core, "Cue lies back", "steps", "How many steps back the event \
        lies that decides the next one.", "further back than a windowed Markov chain can tell apart";
    drift_days: Int { min: 1, max: 10_000 }, Core, "Fashion's round", "days", "In how many days \
        fashion walks once through the whole catalogue.", "three months";
    delay: Int { min: 1, max: 100 }, Core, "Delay", "steps", "Steps from a view to its cart, and \
        from a cart to its buy.", "further back than a first-order Markov chain sees";
    seed: Int { min: 0, max: i64::MAX }, More, "World seed", "", "The same seed gives the same \
        world.", "any number";
} }

impl Described for WorldSpec {
    /// The settings that matter for this kind.
    fn fields(&self) -> Vec<Field> {
        Every(self.clone())
            .fields()
            .into_iter()
            .filter(|field| self.kind.has(field.key))
            .collect()
    }

    /// Another kind starts from its defaults; the same one keeps its settings.
    fn set(&mut self, key: &str, value: &Value) -> Result<(), SetError> {
        let mut every = Every(self.clone());
        every.set(key, value)?;
        let is_new_kind = every.kind != self.kind;
        *self = if is_new_kind {
            Self::of_kind(every.kind)
        } else {
            every.0
        };
        Ok(())
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.fields().iter().filter_map(Field::problem).collect();
        let defaults = Every(Self::of_kind(self.kind)).fields();
        for (field, default) in Every(self.clone()).fields().iter().zip(&defaults) {
            if let Some(owner) = WorldKind::owner(field.key)
                && owner != self.kind
                && field.value != default.value
            {
                let (key, kind) = (field.key, self.kind);
                let sentence = format!(
                    "{} belongs to the world {owner}, and this one is {kind}; leave `{key}` out, \
                     or write `kind: {owner}`.",
                    field.label
                );
                problems.push(Problem::error(key, sentence));
            }
        }
        problems
    }
}

/// A world as it stands in a file: what is left out has the default of its kind.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "WorldSpec")]
struct WorldFile {
    kind: WorldKind,
    #[serde(deserialize_with = "said")]
    n_users: Option<usize>,
    #[serde(deserialize_with = "said")]
    n_items: Option<usize>,
    #[serde(deserialize_with = "said")]
    mean_len: Option<usize>,
    #[serde(deserialize_with = "said")]
    follow: Option<f64>,
    #[serde(deserialize_with = "said")]
    branches: Option<usize>,
    #[serde(deserialize_with = "said")]
    period: Option<usize>,
    #[serde(deserialize_with = "said")]
    lag: Option<usize>,
    #[serde(deserialize_with = "said")]
    drift_days: Option<usize>,
    #[serde(deserialize_with = "said")]
    delay: Option<usize>,
    #[serde(deserialize_with = "said")]
    seed: Option<u64>,
}

impl From<WorldFile> for WorldSpec {
    fn from(written: WorldFile) -> Self {
        let of = Self::of_kind(written.kind);
        Self {
            kind: of.kind,
            n_users: written.n_users.unwrap_or(of.n_users),
            n_items: written.n_items.unwrap_or(of.n_items),
            mean_len: written.mean_len.unwrap_or(of.mean_len),
            follow: written.follow.unwrap_or(of.follow),
            branches: written.branches.unwrap_or(of.branches),
            period: written.period.unwrap_or(of.period),
            lag: written.lag.unwrap_or(of.lag),
            drift_days: written.drift_days.unwrap_or(of.drift_days),
            delay: written.delay.unwrap_or(of.delay),
            seed: written.seed.unwrap_or(of.seed),
        }
    }
}

impl Serialize for WorldSpec {
    /// Writes the settings of the kind; of others only those that were changed, so that nothing is
    /// lost.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let of = Self::of_kind(self.kind);
        let own = [
            ("branches", self.branches, of.branches),
            ("period", self.period, of.period),
            ("lag", self.lag, of.lag),
            ("drift_days", self.drift_days, of.drift_days),
            ("delay", self.delay, of.delay),
        ];
        let written = own
            .iter()
            .filter(|(key, value, default)| self.kind.has(key) || value != default);
        let mut fields = to.serialize_struct("WorldSpec", 6 + written.clone().count())?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("n_users", &self.n_users)?;
        fields.serialize_field("n_items", &self.n_items)?;
        fields.serialize_field("mean_len", &self.mean_len)?;
        fields.serialize_field("follow", &self.follow)?;
        for &(key, value, _) in written {
            fields.serialize_field(key, &value)?;
        }
        fields.serialize_field("seed", &self.seed)?;
        fields.end()
    }
}

/// A setting that is there: written as its value alone, not as `Some(5)`, which not every reader
/// takes.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_as_it_was_written_and_writes_only_what_it_has() {
        for kind in WorldKind::iter() {
            let spec = WorldSpec {
                n_users: 17,
                seed: 3,
                ..WorldSpec::of_kind(kind)
            };
            let json = serde_json::to_value(&spec).unwrap();
            let mut keys: Vec<&str> = json
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            keys.sort_unstable();
            let mut described: Vec<&str> = spec.fields().iter().map(|field| field.key).collect();
            described.sort_unstable();
            assert_eq!(keys, described, "{kind}");
            assert_eq!(serde_json::from_value::<WorldSpec>(json).unwrap(), spec);
            assert_eq!(spec.problems(), [], "{kind}");
        }
    }

    #[test]
    fn what_a_file_leaves_out_has_the_default_of_its_kind() {
        let spec: WorldSpec =
            serde_json::from_str(r#"{"kind": "TooSmall", "n_items": 90}"#).unwrap();
        assert_eq!(
            spec,
            WorldSpec {
                n_items: 90,
                ..WorldSpec::of_kind(WorldKind::TooSmall)
            }
        );
        assert_eq!(
            serde_json::from_str::<WorldSpec>("{}").unwrap(),
            WorldSpec::default()
        );
    }

    #[test]
    fn a_setting_of_another_kind_is_told_and_not_lost() {
        let spec = WorldSpec {
            lag: 9,
            ..WorldSpec::default()
        };
        let wanted = "Cue lies back belongs to the world LongRange, and this one is Series; leave \
                      `lag` out, or write `kind: LongRange`.";
        assert_eq!(spec.problems(), [Problem::error("lag", wanted)]);
        let json = serde_json::to_value(&spec).unwrap();
        assert_eq!(serde_json::from_value::<WorldSpec>(json).unwrap(), spec);
    }

    #[test]
    fn another_kind_starts_from_its_defaults_and_the_same_keeps_its_settings() {
        let mut spec = WorldSpec {
            n_users: 5,
            ..WorldSpec::default()
        };
        spec.set_text("kind", "series").unwrap();
        assert_eq!(spec.n_users, 5);
        spec.set_text("kind", "TooSmall").unwrap();
        assert_eq!(spec, WorldSpec::of_kind(WorldKind::TooSmall));
        let said = spec.set_text("kind", "Huge").unwrap_err().to_string();
        assert!(
            said.starts_with("`Huge` is not one of Series, MarkovChain, "),
            "{said}"
        );
        for kind in WorldKind::iter() {
            assert!(said.contains(&kind.to_string()), "{kind} in {said}");
        }
    }
}
