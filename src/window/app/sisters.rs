//! Runs that differ from another one in their seed alone.

use super::{App, RunColor};
use seqscope_engine::run::{Manifest, RunId, differ_by_seed_alone, one_a_seed};

impl App {
    /// Runs that have come to their first weights and differ from one in their seed alone, one for
    /// each other seed, in order of their names.
    #[must_use]
    pub fn sisters_of(&self, run: &RunId) -> Vec<RunId> {
        let Some(own) = self.manifest(run) else {
            return Vec::new();
        };
        let others = self.alike(own).filter(|other| {
            other.id != own.id && other.experiment.seed != own.experiment.seed && other.epochs > 0
        });
        one_a_seed(others.collect())
    }

    /// The run with the smallest name among all saved ones that differ from this one in their seed
    /// alone, itself counted: the colour of them all goes by it.
    #[must_use]
    pub fn first_of_seeds(&self, run: &RunId) -> RunId {
        let own = self.manifest(run);
        let first = own.and_then(|own| self.alike(own).map(|other| &other.id).min());
        first.unwrap_or(run).clone()
    }

    /// The colour of runs that differ in their seed alone, beside others that are drawn with them.
    #[must_use]
    pub fn seeds_color<'a>(
        &self,
        run: &RunId,
        beside: impl IntoIterator<Item = &'a RunId>,
    ) -> RunColor {
        RunColor::of_group(&self.first_of_seeds(run), beside)
    }

    fn manifest(&self, run: &RunId) -> Option<&Manifest> {
        self.runs.summary(run)?.manifest.as_deref()
    }

    fn alike<'a>(&'a self, own: &'a Manifest) -> impl Iterator<Item = &'a Manifest> {
        let listed = self.runs.ready().into_iter().flatten();
        let manifests = listed.filter_map(|summary| summary.manifest.as_deref());
        manifests.filter(|other| differ_by_seed_alone(own, other))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::{Action, Select, bare_app};
    use seqscope_engine::experiment::Experiment;
    use seqscope_engine::run::{DataStamp, RunStatus, Summary};
    use seqscope_model::{DeviceInfo, DeviceKind};

    fn summary(id: &str, change: impl FnOnce(&mut Manifest)) -> Summary {
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "cpu".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let mut manifest = Manifest::new(Experiment::default(), DataStamp::default(), device, 1);
        manifest.id = RunId(id.to_owned());
        manifest.epochs = 3;
        change(&mut manifest);
        Summary {
            id: manifest.id.clone(),
            status: RunStatus::Interrupted,
            manifest: Some(Arc::new(manifest)),
            about: seqscope_engine::run::AboutRun::default(),
        }
    }

    #[test]
    fn sisters_are_the_runs_of_other_seeds_and_share_a_colour_whichever_are_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        let listed = vec![
            summary("d", |m| m.experiment.seed = 3),
            summary("c", |m| (m.experiment.seed, m.epochs) = (2, 9)),
            summary("b", |m| m.experiment.seed = 2),
            summary("a", |m| (m.experiment.seed, m.epochs) = (4, 0)),
            summary("other", |m| m.experiment.training.epochs += 1),
            summary("own", |m| m.experiment.seed = 1),
        ];
        let ticket = app.runs.begin_reading().ticket;
        app.runs.take(ticket, Ok(listed));
        let run = |id: &str| RunId(id.to_owned());
        // Of seed 2 the run that has come farther; nothing to be drawn of one without an epoch.
        assert_eq!(app.sisters_of(&run("own")), [run("c"), run("d")]);
        assert!(app.sisters_of(&run("other")).is_empty());
        assert!(app.sisters_of(&run("unknown")).is_empty());
        for member in ["a", "b", "c", "d", "own"] {
            assert_eq!(app.first_of_seeds(&run(member)), run("a"));
            assert_eq!(
                app.seeds_color(&run(member), []),
                RunColor::among(&run("a"), [])
            );
        }
        assert!(!app.selection.seeds_apart, "together until told otherwise");
        app.apply(Action::Select(Select::SeedsApart(true)));
        assert!(app.selection.seeds_apart);
    }
}
