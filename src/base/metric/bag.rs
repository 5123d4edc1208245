//! Values by metric for some answered questions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::IntoEnumIterator as _;

use super::{AnswerKind, Metric};
use crate::spec::Entry;

/// Values by metric over some questions, and why a value is missing.
///
/// Serialised by name (`ndcg@10: 0.1`) beside `n_users`, the number of questions (a part asks each
/// user at most one); `kind` is left out of rankings, as in files from before there were others.
/// Names that are not known are passed over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Kind of the answers that were judged.
    pub kind: AnswerKind,
    /// Number of questions averaged over, one a user.
    pub n_users: usize,
    values: BTreeMap<Metric, f64>,
    missing: BTreeMap<Metric, String>,
}

impl Metrics {
    /// No values yet.
    #[must_use]
    pub fn new(kind: AnswerKind, n_users: usize) -> Self {
        Self {
            kind,
            n_users,
            ..Self::default()
        }
    }

    /// The value; `None` where there is none. Always a finite number.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.values.get(&metric).copied()
    }

    /// Why there is no value, where that was said.
    #[must_use]
    pub fn why_missing(&self, metric: Metric) -> Option<&str> {
        self.missing.get(&metric).map(String::as_str)
    }

    /// The metric that runs with such answers are chosen by, with its value.
    #[must_use]
    pub fn primary(&self) -> (Metric, Option<f64>) {
        let metric = self.kind.primary();
        (metric, self.get(metric))
    }

    /// All values, in the order of [`Metric`].
    pub fn iter(&self) -> impl Iterator<Item = (Metric, f64)> + '_ {
        self.values.iter().map(|(&metric, &value)| (metric, value))
    }

    /// Adds a value. One that is no finite number becomes a missing one, with a sentence.
    #[must_use]
    pub fn with(mut self, metric: Metric, value: f64) -> Self {
        if value.is_finite() {
            self.missing.remove(&metric);
            self.values.insert(metric, value);
            return self;
        }
        self.without(
            metric,
            "some answers are no finite numbers, so it has no value",
        )
    }

    /// Adds the reason why a value is missing.
    #[must_use]
    pub fn without(mut self, metric: Metric, why: &str) -> Self {
        self.values.remove(&metric);
        self.missing.insert(metric, why.to_owned());
        self
    }

    /// Adds the values of another bag over the same questions.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.values.extend(other.values);
        self.missing.extend(other.missing);
        self
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if self.kind != AnswerKind::Ranking {
            map.serialize_entry("kind", &self.kind)?;
        }
        map.serialize_entry("n_users", &self.n_users)?;
        for (metric, value) in &self.values {
            map.serialize_entry(metric.name(), value)?;
        }
        if !self.missing.is_empty() {
            let missing: BTreeMap<&str, &String> = self
                .missing
                .iter()
                .map(|(m, why)| (m.name(), why))
                .collect();
            map.serialize_entry("missing", &missing)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Metrics;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "metrics by name, such as {}",
            Metric::iter()
                .map(Into::<&str>::into)
                .next()
                .unwrap_or_default()
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metrics, A::Error> {
        let mut read = Metrics::default();
        while let Some(name) = map.next_key::<String>()? {
            match (name.as_str(), Metric::from_str(&name)) {
                ("kind", _) => read.kind = map.next_value()?,
                ("n_users", _) => read.n_users = map.next_value()?,
                ("missing", _) => {
                    let missing: BTreeMap<String, String> = map.next_value()?;
                    read.missing = missing
                        .into_iter()
                        .filter_map(|(m, why)| Some((m.parse().ok()?, why)))
                        .collect();
                }
                (_, Ok(metric)) => {
                    if let Some(value) = map
                        .next_value::<Option<f64>>()?
                        .filter(|value| value.is_finite())
                    {
                        read.values.insert(metric, value);
                    }
                }
                (_, Err(_)) => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was_written() {
        let metrics = Metrics::new(AnswerKind::Binary, 7)
            .with(Metric::Brier, 0.125)
            .without(Metric::Auc, "one class only")
            .with(Metric::LogLoss, f64::NAN);
        let json = serde_json::to_string(&metrics).unwrap();
        assert_eq!(
            serde_json::from_str::<Metrics>(&json).unwrap(),
            metrics,
            "{json}"
        );
        assert_eq!(
            (metrics.get(Metric::LogLoss), metrics.get(Metric::Brier)),
            (None, Some(0.125))
        );
        assert!(
            metrics
                .why_missing(Metric::Auc)
                .is_some_and(|why| why.contains("one class"))
        );
    }

    #[test]
    fn what_older_and_newer_programs_wrote_is_read() {
        let older = r#"{"ndcg@10":0.25,"hr@10":0.5,"hr@1":0.0,"hr@5":0.5,"ndcg@5":0.25,"mrr":0.2,"n_users":4}"#;
        let read: Metrics = serde_json::from_str(older).unwrap();
        assert_eq!(
            (read.kind, read.n_users, read.get(Metric::Ndcg10)),
            (AnswerKind::Ranking, 4, Some(0.25))
        );
        let newer = r#"{"n_users":4,"serendipity@10":0.5,"mrr":null}"#;
        assert_eq!(
            serde_json::from_str::<Metrics>(newer).unwrap(),
            Metrics::new(AnswerKind::Ranking, 4)
        );
    }
}
