//! The file: bytes to experiment and back. So far there is one version; a second one would be brought
//! to its present meaning here, before it is read strictly.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ron::extensions::Extensions;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Experiment, ExperimentError, VERSION, syntax};
use seqscope_base::spec::did_you_mean;

/// Largest experiment file. A real one has a few thousand bytes; what is larger is a log or a
/// model that was picked by mistake, and need not be read to say so.
const MAX_BYTES: u64 = 1 << 20;

/// Reads and parses a file. It is never written to, so that its comments stay.
pub(super) fn open(path: &Path) -> Result<Experiment, ExperimentError> {
    let unreadable = |reason: String| ExperimentError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let about = std::fs::metadata(path).map_err(|error| unreadable(cure(path, &error)))?;
    if about.is_dir() {
        return Err(unreadable(
            "it is a folder; name an experiment file (.ron) in it".to_owned(),
        ));
    }
    let mut bytes = Vec::new();
    // Not further than a byte too many, whatever the file's length is said to be: a device may
    // have none and still never end.
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(cure(path, &error)))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(
            "it is larger than 1 MiB, and an experiment file has a few lines; name an experiment \
             file (.ron), and the log in its `data`"
                .to_owned(),
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => parse(&text),
        _ => Err(unreadable(
            "it is not text (UTF-8); name an experiment file (.ron)".to_owned(),
        )),
    }
}

/// Bytes from the start of a file that tell an experiment from a log.
const HEAD_BYTES: u64 = 4096;

/// See [`Experiment::is_file`].
pub(super) fn is_experiment(path: &Path) -> bool {
    if path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("ron"))
    {
        return true;
    }
    if path.to_string_lossy().contains(['*', '?']) {
        return false;
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut bytes));
    if read.is_err() {
        return true;
    }
    let head = String::from_utf8_lossy(&bytes);
    let mut lines = head
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.next().is_some_and(|line| line.starts_with('('))
}

/// Why a file cannot be read, and what to do.
fn cure(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => match neighbour(path) {
            Some(name) => format!("there is no such file; did you mean `{name}`?"),
            None => "there is no such file; check the name and the folder, or write an experiment \
                     file from the window (Model, Save)"
                .to_owned(),
        },
        io::ErrorKind::PermissionDenied => {
            "you may not read it; ask its owner, or change its permissions (`chmod u+r`)".to_owned()
        }
        _ => format!("{error}; check the disk and the path"),
    }
}

/// The file in the same folder whose name is nearest to the one asked for.
fn neighbour(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    let nearest = did_you_mean(wanted, names.iter().map(String::as_str))?;
    Some(path.with_file_name(nearest).display().to_string())
}

/// Parses the text of an experiment file: the version first, since a later version may look
/// different in every other line.
pub(super) fn parse(text: &str) -> Result<Experiment, ExperimentError> {
    let options = options();
    let version = Cell::new(None);
    // What is wrong apart from the version, the strict reading below finds and says.
    drop(options.from_str_seed(text, VersionSeed(&version)));
    match version.get() {
        Some(0) => {
            let sentence = format!("there is no version 0; write `version: {VERSION}`");
            return Err(ExperimentError::Syntax {
                line: syntax::line_of(text, "version"),
                sentence,
            });
        }
        Some(found) if found > VERSION => {
            return Err(ExperimentError::Newer {
                found,
                known: VERSION,
            });
        }
        _ => {}
    }
    options
        .from_str(text)
        .map_err(|error| syntax::explain(text, &error))
}

/// The whole experiment as text.
pub(super) fn to_text(experiment: &Experiment) -> Result<String, ExperimentError> {
    let pretty = ron::ser::PrettyConfig::new().new_line("\n");
    let mut text = options()
        .to_string_pretty(experiment, pretty)
        .map_err(|error| ExperimentError::Write(error.to_string()))?;
    text.push('\n');
    Ok(text)
}

/// A value on one line, as a file holds it.
pub(crate) fn value_text(value: &impl serde::Serialize) -> String {
    options().to_string(value).unwrap_or_default()
}

/// `None` and `Some` need not be written, nor a second pair of brackets in
/// `model: Transformer(d_model: 64)`.
pub(super) fn options() -> ron::Options {
    ron::Options::default()
        .with_default_extension(Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES)
}

/// Reads as far as the field `version` and no further.
struct VersionSeed<'a>(&'a Cell<Option<u32>>);

impl<'de> DeserializeSeed<'de> for VersionSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_struct("Experiment", &["version"], self)
    }
}

impl<'de> Visitor<'de> for VersionSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an experiment")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "version" {
                self.0.set(Some(map.next_value()?));
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Whoever runs the tests as root may read everything, so this one sentence is tested here.
    #[test]
    fn no_permission_is_one_sentence_with_the_cure() {
        let sentence = cure(
            Path::new("a.ron"),
            &io::Error::from(io::ErrorKind::PermissionDenied),
        );
        assert_eq!(
            sentence,
            "you may not read it; ask its owner, or change its permissions (`chmod u+r`)"
        );
    }
}
