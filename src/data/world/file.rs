//! A world as it stands in a file.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{WorldKind, WorldSpec};
use seqscope_base::spec::{FieldValue, SetError, Value};

/// Settings that a file names; what is left out has the default of its kind.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "WorldSpec")]
pub(super) struct WorldFile {
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

impl TryFrom<WorldFile> for WorldSpec {
    type Error = SetError;

    fn try_from(file: WorldFile) -> Result<Self, SetError> {
        let mut spec = Self::of_kind(file.kind).with(|world| {
            world.n_users = file.n_users.unwrap_or(world.n_users);
            world.n_items = file.n_items.unwrap_or(world.n_items);
            world.mean_len = file.mean_len.unwrap_or(world.mean_len);
            world.follow = file.follow.unwrap_or(world.follow);
            world.seed = file.seed.unwrap_or(world.seed);
        });
        let own = [
            ("branches", file.branches),
            ("period", file.period),
            ("lag", file.lag),
            ("drift_days", file.drift_days),
            ("delay", file.delay),
        ];
        for (key, value) in own {
            if let Some(value) = value {
                spec.set_own(key, &value.to_value())?;
            }
        }
        Ok(spec)
    }
}

impl Serialize for WorldSpec {
    /// Writes the settings of the kind; of others only those that were changed, so that nothing is
    /// lost.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let shared = self.shared();
        let own = self.own_and_foreign();
        let mut fields = to.serialize_struct("WorldSpec", 6 + own.len())?;
        fields.serialize_field("kind", &self.kind())?;
        fields.serialize_field("n_users", &shared.n_users)?;
        fields.serialize_field("n_items", &shared.n_items)?;
        fields.serialize_field("mean_len", &shared.mean_len)?;
        fields.serialize_field("follow", &shared.follow)?;
        for (key, value) in &own {
            match value {
                Value::Int(number) => fields.serialize_field(key, number)?,
                Value::Float(number) => fields.serialize_field(key, number)?,
                Value::Bool(is_on) => fields.serialize_field(key, is_on)?,
                Value::Choice(text) | Value::Text(text) => fields.serialize_field(key, text)?,
            }
        }
        fields.serialize_field("seed", &shared.seed)?;
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
    use strum::IntoEnumIterator;

    use super::*;
    use crate::world::LongRangeSpec;
    use seqscope_base::spec::{Described, Problem};

    #[test]
    fn every_kind_comes_back_as_it_was_written_and_writes_only_what_it_has() {
        for kind in WorldKind::iter() {
            let spec = WorldSpec::of_kind(kind).with(|world| {
                world.n_users = 17;
                world.seed = 3;
            });
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
            WorldSpec::of_kind(WorldKind::TooSmall).with(|world| world.n_items = 90)
        );
        assert_eq!(
            serde_json::from_str::<WorldSpec>("{}").unwrap(),
            WorldSpec::default()
        );
    }

    #[test]
    fn a_setting_of_another_kind_is_told_and_not_lost() {
        let mut spec = WorldSpec::default();
        spec.set_text("lag", "9").unwrap();
        let wanted = "Cue lies back belongs to the world LongRange, and this one is Series; leave \
                      `lag` out, or write `kind: LongRange`.";
        assert_eq!(spec.problems(), [Problem::error("lag", wanted)]);
        let json = serde_json::to_value(&spec).unwrap();
        assert_eq!(serde_json::from_value::<WorldSpec>(json).unwrap(), spec);
        spec.set_text("lag", "5").unwrap();
        assert_eq!(spec, WorldSpec::default(), "its default is as if unsaid");
    }

    #[test]
    fn an_unknown_setting_is_told_the_names_of_all() {
        let said = WorldSpec::default().set_text("lagg", "9").unwrap_err();
        let known = [
            "kind",
            "n_users",
            "n_items",
            "mean_len",
            "follow",
            "branches",
            "period",
            "lag",
            "drift_days",
            "delay",
            "seed",
        ];
        let wanted = SetError::Unknown {
            key: "lagg".to_owned(),
            suggestion: Some("lag".to_owned()),
            known: known.map(str::to_owned).to_vec(),
        };
        assert_eq!(said, wanted);
    }

    #[test]
    fn a_setting_of_one_world_stands_in_its_own_struct() {
        let file = r#"{"kind": "LongRange", "lag": 8}"#;
        let spec: WorldSpec = serde_json::from_str(file).unwrap();
        let wanted = LongRangeSpec {
            lag: 8,
            ..LongRangeSpec::default()
        };
        assert_eq!(spec, WorldSpec::LongRange(wanted));
    }

    #[test]
    fn another_kind_starts_from_its_defaults_and_the_same_keeps_its_settings() {
        let mut spec = WorldSpec::default().with(|world| world.n_users = 5);
        spec.set_text("kind", "series").unwrap();
        assert_eq!(spec.shared().n_users, 5);
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

    /// Worlds as files have them, written before each was a struct of its own.
    const WRITTEN: [&str; 10] = [
        r#"{"kind":"Series","n_users":600,"n_items":120,"mean_len":30,"follow":0.8,"seed":7}"#,
        r#"{"kind":"MarkovChain","n_users":600,"n_items":120,"mean_len":30,"follow":0.8,"branches":3,"seed":7}"#,
        r#"{"kind":"Periodic","n_users":600,"n_items":120,"mean_len":30,"follow":0.8,"period":7,"seed":7}"#,
        r#"{"kind":"LongRange","n_users":600,"n_items":40,"mean_len":40,"follow":0.8,"lag":5,"seed":7}"#,
        r#"{"kind":"Drift","n_users":600,"n_items":120,"mean_len":30,"follow":0.8,"drift_days":90,"seed":7}"#,
        r#"{"kind":"Funnel","n_users":600,"n_items":120,"mean_len":30,"follow":0.8,"delay":3,"seed":7}"#,
        r#"{"kind":"Commuter","n_users":600,"n_items":100,"mean_len":40,"follow":0.8,"seed":7}"#,
        r#"{"kind":"TooSmall","n_users":30,"n_items":400,"mean_len":8,"follow":0.9,"seed":7}"#,
        r#"{"kind":"Funnel","n_users":3,"n_items":120,"mean_len":30,"follow":0.25,"branches":9,"lag":6,"delay":8,"seed":1}"#,
        r#"{"kind":"Drift","n_users":5,"n_items":120,"mean_len":30,"follow":1.0,"period":5,"drift_days":4,"delay":9,"seed":18446744073709551615}"#,
    ];

    #[test]
    fn a_world_is_written_as_it_always_was() {
        for (spec, written) in WorldKind::iter().map(WorldSpec::of_kind).zip(WRITTEN) {
            assert_eq!(serde_json::to_string(&spec).unwrap(), written);
        }
        for written in WRITTEN {
            let spec: WorldSpec = serde_json::from_str(written).unwrap();
            assert_eq!(serde_json::to_string(&spec).unwrap(), written);
        }
    }
}
