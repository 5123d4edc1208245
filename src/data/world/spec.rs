//! Which world, and its settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use seqscope_base::spec::{
    Described, Entry, EntryWords, Field, FieldValue, Problem, SetError, Value, described,
    did_you_mean,
};

use super::file::WorldFile;
use super::{
    CommuterSpec, DriftSpec, FunnelSpec, LongRangeSpec, MarkovChainSpec, PeriodicSpec, Rules,
    SeriesSpec, TooSmallSpec,
};

/// A world of users who follow a few rules; see [`super`] for the kinds and their rules.
///
/// Each kind has defaults of its own, [`WorldSpec::of_kind`], in an experiment file too.
#[derive(Clone, Debug, PartialEq, Deserialize, strum::EnumIter, strum::EnumDiscriminants)]
#[serde(try_from = "WorldFile")]
#[strum_discriminants(
    name(WorldKind),
    doc = "A kind of world: each has rules of its own.",
    derive(
        Default,
        Hash,
        Serialize,
        Deserialize,
        strum::EnumIter,
        strum::Display,
        strum::IntoStaticStr
    )
)]
pub enum WorldSpec {
    /// Two series read in turns: the cue lies two steps back.
    #[strum_discriminants(default)]
    Series(SeriesSpec),
    /// The next item depends on the last event alone.
    MarkovChain(MarkovChainSpec),
    /// The next item depends on the slot of the week.
    Periodic(PeriodicSpec),
    /// The cue lies `lag` steps back.
    LongRange(LongRangeSpec),
    /// Popularity changes with the calendar.
    Drift(DriftSpec),
    /// A view is followed by a cart and a buy of the same item, each `delay` steps later.
    Funnel(FunnelSpec),
    /// Home, work and lunch on a grid of places, by the hour of the day.
    Commuter(CommuterSpec),
    /// A rule that is easy, with too few events to learn it from.
    TooSmall(TooSmallSpec),
}

/// Facts that every world states of itself.
pub(super) trait World {
    /// Name as a person reads it.
    fn title(&self) -> &'static str;

    /// The rules in two or three plain sentences.
    fn story(&self) -> String;

    /// The settings that every world has.
    fn shared(&self) -> &SharedSettings;

    /// The settings that every world has, to be changed.
    fn shared_mut(&mut self) -> &mut SharedSettings;

    /// The settings that only this world has; `None` where it has no such.
    fn own(&self) -> Option<&dyn Described> {
        None
    }

    /// The settings that only this world has, to be changed.
    fn own_mut(&mut self) -> Option<&mut dyn Described> {
        None
    }

    /// What decides its events.
    fn rules(&self) -> Box<dyn Rules>;
}

/// Settings that every world has.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedSettings {
    /// Number of users.
    pub n_users: usize,
    /// Number of items.
    pub n_items: usize,
    /// Mean number of events of a user; lengths lie evenly between half and one and a half of it.
    pub mean_len: usize,
    /// Probability that an event follows the rule, in [0, 1].
    pub follow: f64,
    /// Seed of the world.
    pub seed: u64,
    /// Changed settings of other worlds, by name: kept so that a file loses nothing, and a problem.
    pub foreign: BTreeMap<&'static str, Value>,
}

impl Default for SharedSettings {
    fn default() -> Self {
        Self {
            n_users: 600,
            n_items: 120,
            mean_len: 30,
            follow: 0.8,
            seed: 7,
            foreign: BTreeMap::new(),
        }
    }
}

impl SharedSettings {
    /// `follow` as a probability. Values out of range are reported by the settings' check; where
    /// they come through all the same they must only not panic, so NaN counts as 0.
    pub(super) fn follow_probability(&self) -> f64 {
        if self.follow.is_nan() {
            0.0
        } else {
            self.follow.clamp(0.0, 1.0)
        }
    }

    /// That probability as a sentence has it, such as `80 %`.
    pub(super) fn follow_percent(&self) -> String {
        format!("{:.0} %", 100.0 * self.follow_probability())
    }
}

described! { SharedSettings {
    n_users: Int { min: 1, max: 100_000 }, Core, "Users", "", "How many users the world has.", "small \
        enough to train in half a minute";
    n_items: Int { min: 1, max: 20_000 }, Core, "Items", "", "How many items the catalogue has, in \
        series of ten; of commuters, places on a square grid.", "small enough to train in half a minute";
    mean_len: Int { min: 1, max: 1_000 }, Core, "Mean length", "events", "Mean number of events of a user.", "small \
        enough to train in half a minute";
    follow: Float { min: 0.0, max: 1.0 }, Core, "Rule-following", "", "Probability that an event \
        follows the world's rule rather than chance.", "leaves noise that no model can predict";
    seed: Int { min: 0, max: i64::MAX }, More, "World seed", "", "The same seed gives the same \
        world.", "any number";
} }

/// The setting that chooses the world.
struct Chooser {
    kind: WorldKind,
}

described! { Chooser {
    kind: Choice(WorldKind::iter().map(Into::into).collect()), Core, "World", "", "Which rules the \
        users follow; another kind starts from its own defaults.", "the quick start's world";
} }

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

impl WorldKind {
    /// The only kind that has a setting of this name; `None` when all have it, or none.
    #[must_use]
    pub fn owner(key: &str) -> Option<Self> {
        own_setting(key).map(|setting| setting.owner)
    }
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self::Series(SeriesSpec::default())
    }
}

impl WorldSpec {
    /// The world of a kind with its defaults.
    #[must_use]
    pub fn of_kind(kind: WorldKind) -> Self {
        Self::iter()
            .find(|spec| spec.kind() == kind)
            .unwrap_or_default()
    }

    /// Which rules.
    #[must_use]
    pub fn kind(&self) -> WorldKind {
        self.into()
    }

    /// The settings that every world has.
    #[must_use]
    pub fn shared(&self) -> &SharedSettings {
        self.world().shared()
    }

    /// The settings that every world has, to be changed.
    pub fn shared_mut(&mut self) -> &mut SharedSettings {
        self.world_mut().shared_mut()
    }

    /// Returns this world with `change` made to the settings that every world has.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut SharedSettings)) -> Self {
        change(self.shared_mut());
        self
    }

    /// The world behind the name.
    pub(super) fn world(&self) -> &dyn World {
        match self {
            Self::Series(spec) => spec,
            Self::MarkovChain(spec) => spec,
            Self::Periodic(spec) => spec,
            Self::LongRange(spec) => spec,
            Self::Drift(spec) => spec,
            Self::Funnel(spec) => spec,
            Self::Commuter(spec) => spec,
            Self::TooSmall(spec) => spec,
        }
    }

    /// The world behind the name, to be changed.
    pub(super) fn world_mut(&mut self) -> &mut dyn World {
        match self {
            Self::Series(spec) => spec,
            Self::MarkovChain(spec) => spec,
            Self::Periodic(spec) => spec,
            Self::LongRange(spec) => spec,
            Self::Drift(spec) => spec,
            Self::Funnel(spec) => spec,
            Self::Commuter(spec) => spec,
            Self::TooSmall(spec) => spec,
        }
    }

    /// The settings that files have beside the shared ones, in the order of their kinds: this
    /// kind's, and changed ones of others.
    pub(super) fn own_and_foreign(&self) -> Vec<(&'static str, Value)> {
        let own = self.own_fields();
        let value = |setting: OwnSetting| {
            let key = setting.field.key;
            let own = own.iter().find(|field| field.key == key);
            let value = own.map(|field| &field.value);
            let value = value.or_else(|| self.shared().foreign.get(key))?;
            Some((key, value.clone()))
        };
        own_settings().filter_map(value).collect()
    }

    /// The settings that only this kind has.
    pub(super) fn own_fields(&self) -> Vec<Field> {
        self.world().own().map_or_else(Vec::new, Described::fields)
    }

    /// Sets a setting that only one kind has. Another kind's is kept beside this one's while it
    /// differs from its default.
    pub(super) fn set_own(&mut self, key: &str, value: &Value) -> Result<(), SetError> {
        let Some(default) = own_setting(key) else {
            return Err(unknown(key));
        };
        if default.owner == self.kind() {
            return set_in(self, key, value);
        }
        let mut owner = Self::of_kind(default.owner);
        set_in(&mut owner, key, value)?;
        let foreign = &mut self.shared_mut().foreign;
        foreign.remove(default.field.key);
        let changed = owner
            .own_fields()
            .into_iter()
            .filter(|field| field.key == default.field.key && field.value != default.field.value);
        foreign.extend(changed.map(|field| (field.key, field.value)));
        Ok(())
    }
}

/// Sets a setting that this world has and no other.
fn set_in(spec: &mut WorldSpec, key: &str, value: &Value) -> Result<(), SetError> {
    match spec.world_mut().own_mut() {
        Some(own) => own.set(key, value),
        None => Err(unknown(key)),
    }
}

/// A setting that only one kind of world has, with its default.
struct OwnSetting {
    owner: WorldKind,
    field: Field,
}

/// Every setting that only one kind has, in the order of the kinds.
fn own_settings() -> impl Iterator<Item = OwnSetting> {
    WorldSpec::iter().flat_map(|spec| {
        let owner = spec.kind();
        let fields = spec.own_fields().into_iter();
        fields.map(move |field| OwnSetting { owner, field })
    })
}

fn own_setting(key: &str) -> Option<OwnSetting> {
    own_settings().find(|setting| setting.field.key == key)
}

/// The chooser, the shared settings and those of a kind's own; the seed comes last.
fn in_order(kind: WorldKind, shared: &SharedSettings, own: Vec<Field>) -> Vec<Field> {
    let mut fields = Chooser { kind }.fields();
    fields.extend(shared.fields());
    let last = fields.len().saturating_sub(1);
    fields.splice(last..last, own);
    fields
}

/// Refuses a name that no world has, naming those of all.
fn unknown(key: &str) -> SetError {
    let own = own_settings().map(|setting| setting.field).collect();
    let fields = in_order(WorldKind::default(), &SharedSettings::default(), own);
    let known: Vec<String> = fields.iter().map(|field| field.key.to_owned()).collect();
    SetError::Unknown {
        key: key.to_owned(),
        suggestion: did_you_mean(key, known.iter().map(String::as_str)),
        known,
    }
}

fn has(described: &dyn Described, key: &str) -> bool {
    described.fields().iter().any(|field| field.key == key)
}

impl Entry for WorldSpec {
    fn name(&self) -> &'static str {
        self.kind().into()
    }

    fn words(&self) -> EntryWords {
        EntryWords {
            summary: self.world().story().into(),
            ..EntryWords::new(self.world().title(), "", "")
        }
    }

    fn path(&self) -> &'static str {
        "data"
    }

    fn settings(&self) -> Vec<Field> {
        self.fields()
    }
}

impl Described for WorldSpec {
    /// The settings that matter for this kind.
    fn fields(&self) -> Vec<Field> {
        in_order(self.kind(), self.shared(), self.own_fields())
    }

    /// Another kind starts from its defaults; the same one keeps its settings.
    fn set(&mut self, key: &str, value: &Value) -> Result<(), SetError> {
        let mut chooser = Chooser { kind: self.kind() };
        if has(&chooser, key) {
            chooser.set(key, value)?;
            if chooser.kind != self.kind() {
                *self = Self::of_kind(chooser.kind);
            }
            return Ok(());
        }
        if has(self.shared(), key) {
            return self.shared_mut().set(key, value);
        }
        self.set_own(key, value)
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.fields().iter().filter_map(Field::problem).collect();
        let foreign =
            own_settings().filter(|setting| self.shared().foreign.contains_key(setting.field.key));
        problems.extend(foreign.map(|setting| setting.out_of_place(self.kind())));
        problems
    }
}

impl OwnSetting {
    /// The problem of this setting in a world that does not have it.
    fn out_of_place(&self, kind: WorldKind) -> Problem {
        let Self { owner, field } = self;
        let key = field.key;
        let sentence = format!(
            "{} belongs to the world {owner}, and this one is {kind}; leave `{key}` out, or write \
             `kind: {owner}`.",
            field.label
        );
        Problem::error(key, sentence)
    }
}
