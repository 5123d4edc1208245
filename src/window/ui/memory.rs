//! Memory of the window from one start to the next.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::app::{App, KeptArrangement, ThemeChoice};
use seqscope_base::language::Language;
use seqscope_engine::run::RunId;

const KEY: &str = "seqscope";

/// Name of the frame, beside the settings: what is wrong with it shall not take them along.
const ARRANGEMENT: &str = "seqscope.arrangement";

/// Name under which a frame that could not be read is left, for the version that can.
const UNREAD: &str = "seqscope.arrangement.unread";

/// Settings of the window in eframe's storage. A field that is missing or unknown does no harm.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    pub(crate) recent: Vec<PathBuf>,
    pub(crate) theme: ThemeChoice,
    /// Runs looked at of late, by the names of their folders; never users, whose ids are nobody
    /// else's business.
    pub(crate) runs: Vec<RunId>,
    pub(crate) language: Language,
}

pub(crate) fn read(storage: Option<&dyn eframe::Storage>) -> Memory {
    storage
        .and_then(|storage| eframe::get_value(storage, KEY))
        .unwrap_or_default()
}

pub(crate) fn write(storage: &mut dyn eframe::Storage, app: &App) {
    eframe::set_value(
        storage,
        KEY,
        &Memory {
            recent: app.recent.clone(),
            theme: app.theme,
            runs: app.visited.runs().to_vec(),
            language: app.language,
        },
    );
    let is_known = |kept: KeptArrangement| kept.is_known();
    if let Some(text) = storage.get_string(ARRANGEMENT)
        && !eframe::get_value(storage, ARRANGEMENT).is_some_and(is_known)
    {
        storage.set_string(UNREAD, text);
    }
    eframe::set_value(storage, ARRANGEMENT, &app.arrangement.kept());
}

/// The frame as it was kept; `None` where none was.
///
/// # Errors
/// A sentence on what is wrong with it.
pub(crate) fn read_arrangement(
    storage: Option<&dyn eframe::Storage>,
) -> Option<Result<KeptArrangement, String>> {
    let storage = storage?;
    storage.get_string(ARRANGEMENT)?;
    let kept = eframe::get_value(storage, ARRANGEMENT);
    Some(kept.ok_or_else(|| "they are damaged, or of a later version".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        Action, Arrange, ChartChange, ReadyLayout, TrainChart, TrainCharts, bare_app,
    };
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct InMemory(BTreeMap<String, String>);

    impl eframe::Storage for InMemory {
        fn get_string(&self, key: &str) -> Option<String> {
            self.0.get(key).cloned()
        }
        fn set_string(&mut self, key: &str, value: String) {
            self.0.insert(key.to_owned(), value);
        }
        fn remove_string(&mut self, key: &str) {
            self.0.remove(key);
        }
        fn flush(&mut self) {}
    }

    #[test]
    fn a_frame_is_read_as_it_was_written_and_a_damaged_one_is_left_for_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        let mut storage = InMemory::default();
        assert!(read_arrangement(Some(&storage)).is_none());
        for arrange in [
            Arrange::Ready(ReadyLayout::Compare),
            Arrange::Resize {
                split: 1,
                share: 0.3,
            },
            Arrange::Keep("mine (2)".to_owned()),
            Arrange::Larger,
            Arrange::Chart(ChartChange::Toggle(TrainChart::Throughput)),
        ] {
            app.apply(Action::Arrange(arrange));
        }
        write(&mut storage, &app);
        let kept = read_arrangement(Some(&storage)).unwrap().unwrap();
        assert_eq!(kept, app.arrangement.kept());
        assert!(!storage.0.contains_key(UNREAD));

        // As it was written before there was anything to keep of charts.
        let whole = storage.0[ARRANGEMENT].clone();
        let earlier = whole.replace(",charts:[Loss,Metric,Throughput]", "");
        assert_ne!(earlier, whole, "{whole}");
        storage.0.insert(ARRANGEMENT.to_owned(), earlier);
        let kept = read_arrangement(Some(&storage)).unwrap().unwrap();
        app.arrange_as_kept(Ok(kept));
        assert_eq!(app.arrangement.charts(), &TrainCharts::default());
        storage.0.insert(ARRANGEMENT.to_owned(), whole);

        let later = storage.0[ARRANGEMENT].replace("ItemMap", "HoloDeck");
        storage.0.insert(ARRANGEMENT.to_owned(), later.clone());
        let why = read_arrangement(Some(&storage)).unwrap().unwrap_err();
        app.arrange_as_kept(Err(why));
        assert!(app.notices[0].sentence.contains("later version"));
        write(&mut storage, &app);
        assert_eq!(storage.0[UNREAD], later);
        assert!(read_arrangement(Some(&storage)).unwrap().is_ok());
        assert_eq!(read(Some(&storage)).theme, app.theme);
    }
}
