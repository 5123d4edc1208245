//! Settings that differ between several experiments.

use serde_json::Value;

use super::Experiment;

/// A setting that is not the same in all experiments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Dotted path of the setting, such as `model.d_model`; `model` itself for the family.
    pub field: String,
    /// Its value in each experiment, in order; `None` where that one has no such setting (a
    /// Transformer's heads in an LSTM).
    pub values: Vec<Option<String>>,
}

/// The settings that are not the same in all of these experiments, in alphabetical order.
/// Version and name are no settings: two runs that differ only in them did the same.
#[must_use]
pub fn differences(experiments: &[&Experiment]) -> Vec<Difference> {
    let settings: Vec<Vec<(String, String)>> = experiments.iter().map(|e| settings(e)).collect();
    let mut fields: Vec<&str> = Vec::new();
    for (field, _) in settings.iter().flatten() {
        if !fields.contains(&field.as_str()) {
            fields.push(field);
        }
    }
    fields
        .into_iter()
        .map(|field| Difference {
            field: field.to_owned(),
            values: settings
                .iter()
                .map(|of| of.iter().find(|(f, _)| f == field).map(|(_, v)| v.clone()))
                .collect(),
        })
        .filter(|difference| difference.values.windows(2).any(|pair| pair[0] != pair[1]))
        .collect()
}

/// Every setting with its value as text.
fn settings(experiment: &Experiment) -> Vec<(String, String)> {
    let mut found = Vec::new();
    // Through serde, so that a new setting cannot be forgotten here. An experiment is plain data
    // with text keys, which always turns into JSON.
    if let Ok(value) = serde_json::to_value(experiment) {
        flatten("", &value, &mut found);
    }
    found.retain(|(field, _)| field != "version" && field != "name");
    found
}

/// serde writes the enum value `Lstm(LstmSpec { .. })` as `{"Lstm": {..}}`: the choice becomes the
/// value of its own field, and its settings stand below the same field.
fn flatten(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let Value::Object(fields) = value else {
        found.push((path.to_owned(), text_of(value)));
        return;
    };
    if let (1, Some((variant, inside))) = (fields.len(), fields.iter().next())
        && variant.starts_with(char::is_uppercase)
    {
        found.push((path.to_owned(), variant.clone()));
        flatten(path, inside, found);
        return;
    }
    for (key, inside) in fields {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        flatten(&path, inside, found);
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not said".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_model::{LstmSpec, ModelSpec, TransformerSpec};

    fn with(model: ModelSpec) -> Experiment {
        Experiment {
            model,
            ..Experiment::default()
        }
    }

    #[test]
    fn equal_experiments_differ_in_nothing_but_their_names() {
        let named = Experiment {
            name: "another".to_owned(),
            ..Experiment::default()
        };
        assert_eq!(differences(&[&Experiment::default(), &named]), []);
    }

    #[test]
    fn one_changed_setting_is_one_difference() {
        let wide = with(ModelSpec::Transformer(TransformerSpec {
            d_model: 128,
            ..TransformerSpec::default()
        }));
        let found = differences(&[&Experiment::default(), &wide]);
        let values = vec![Some("64".to_owned()), Some("128".to_owned())];
        assert_eq!(
            found,
            [Difference {
                field: "model.d_model".to_owned(),
                values
            }]
        );
    }

    #[test]
    fn another_family_shows_its_own_settings() {
        let found = differences(&[
            &Experiment::default(),
            &with(ModelSpec::Lstm(LstmSpec::default())),
        ]);
        let family = found.iter().find(|d| d.field == "model").unwrap();
        assert_eq!(
            family.values,
            [Some("Transformer".to_owned()), Some("Lstm".to_owned())]
        );
        let heads = found.iter().find(|d| d.field == "model.n_heads").unwrap();
        assert_eq!(heads.values, [Some("1".to_owned()), None]);
        assert!(found.iter().all(|d| d.field != "training.lr"));
    }
}
