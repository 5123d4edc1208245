//! `--set SETTING=VALUE`, as several commands take it.

use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;

/// Changes the settings that `--set SETTING=VALUE` names.
pub(super) fn set_all(experiment: &mut Experiment, sets: &[String]) -> Result<(), Error> {
    for set in sets {
        let (path, text) = named_value(set)?;
        experiment.set(path, text)?;
    }
    Ok(())
}

/// The setting and the value of `SETTING=VALUE`.
pub(super) fn named_value(set: &str) -> Result<(&str, &str), Error> {
    match set.split_once('=') {
        Some((path, text)) => Ok((path.trim(), text.trim())),
        None => Err(Error::edge(
            format!("`--set {set}` lacks its value"),
            format!("write `--set {set}=VALUE`; `seqscope describe` lists every setting"),
        )),
    }
}
