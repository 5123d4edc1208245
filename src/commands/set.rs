//! `--set SETTING=VALUE`, as several commands take it.

use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;

/// Changes the settings that `--set SETTING=VALUE` names.
pub(super) fn set_all(experiment: &mut Experiment, sets: &[String]) -> Result<(), Error> {
    for set in sets {
        let Some((path, text)) = set.split_once('=') else {
            return Err(Error::edge(
                format!("`--set {set}` lacks its value"),
                format!("write `--set {set}=VALUE`; `seqscope describe` lists every setting"),
            ));
        };
        experiment.set(path.trim(), text.trim())?;
    }
    Ok(())
}
