//! The list of features by its path, `data.features`, and one setting of one of them,
//! `data.features[0].log1p`.

use super::settings::{described, failed, parsed};
use super::{ExperimentError, file, syntax};
use seqscope_data::FeatureSpec;

/// Example of how the list is written.
const EXAMPLE: &str = "features are written as in a file, such as `[Gap(), GridCell(cell_degrees: \
                       0.01)]`; `seqscope describe features` lists them";

/// Sets the whole list as a file writes it, or one setting of a feature.
pub(super) fn set(
    features: &mut Vec<FeatureSpec>,
    path: &str,
    key: &str,
    text: &str,
) -> Result<(), ExperimentError> {
    let Some(rest) = key.strip_prefix("features[") else {
        *features = file::options().from_str(text).map_err(|error| {
            match syntax::explain(text, &error) {
                ExperimentError::Syntax { sentence, .. } => {
                    failed(path, format!("{sentence} ({EXAMPLE})"))
                }
                other => other,
            }
        })?;
        return Ok(());
    };
    let Some((place, key)) = rest.split_once("].") else {
        let sentence = format!(
            "`{path}` names no setting of a feature; write one such as `data.features[0].log1p`"
        );
        return Err(failed(path, sentence));
    };
    let place: usize = parsed(path, place, "the place of a feature, counted from 0")?;
    let n_features = features.len();
    let Some(feature) = features.get_mut(place) else {
        let sentence = format!(
            "there is no feature {place}: the list has {n_features}, counted from 0; {EXAMPLE}"
        );
        return Err(failed(path, sentence));
    };
    described(feature.described_mut(), path, key, text)
}
