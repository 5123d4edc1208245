//! The autoencoder families in whole runs: what they reach on a world, and what is told of the
//! latent vector.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use seqscope::baseline::BaselineKind;
use seqscope::data::world::MarkovChainSpec;
use seqscope::data::{DataSource, DataSpec, SharedSettings, WorldSpec, prepare};
use seqscope::experiment::Experiment;
use seqscope::metric::Metric;
use seqscope::model::{AutoencoderSpec, Likelihood, ModelSpec, SequentialVaeSpec, VaeSpec};
use seqscope::run::{Part, RunId, RunOutcome, RunStore};
use seqscope::train::{Command, Ended, EventKind, Job, LatentUse, StopMode, run};

use crate::fake::{Commands, Listener};

/// An item of the Markov world is followed by one of two; nothing else tells what comes next.
fn markov_world() -> DataSpec {
    let shared = SharedSettings {
        n_users: 240,
        n_items: 20,
        mean_len: 16,
        ..SharedSettings::default()
    };
    let world = WorldSpec::MarkovChain(MarkovChainSpec {
        shared,
        branches: 2,
    });
    DataSpec {
        source: DataSource::World(world),
        ..DataSpec::default()
    }
}

fn experiment(model: ModelSpec, epochs: usize) -> Experiment {
    let mut experiment = Experiment {
        name: "world".to_owned(),
        data: markov_world(),
        model,
        ..Experiment::default()
    };
    "cpu".clone_into(&mut experiment.training.device);
    (experiment.training.epochs, experiment.training.batch_size) = (epochs, 32);
    (experiment.training.lr, experiment.training.patience) = (0.01, epochs);
    // Items come back in this world.
    experiment.evaluation.filter_seen = false.into();
    experiment
}

/// What came of a run.
struct Done {
    folder: tempfile::TempDir,
    id: RunId,
    ended: Ended,
    /// What was told of the latent vector.
    latent: Vec<LatentUse>,
    warnings: Vec<String>,
}

impl Done {
    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(RunStore::at(self.folder.path()).dir(&self.id).join(file)).unwrap()
    }

    fn test_ndcg(&self) -> f64 {
        self.ended
            .test
            .as_ref()
            .and_then(|test| test.get(Metric::Ndcg10))
            .unwrap()
    }
}

fn done(experiment: &Experiment) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let prepared =
        Arc::new(prepare(&experiment.data, experiment.split, &AtomicBool::new(false)).unwrap());
    let store = RunStore::at(folder.path());
    let job = Job {
        experiment: experiment.clone(),
        store,
        prepared: Some(prepared),
        resume: None,
    };
    let mut listener = Listener::default();
    let (id, ended) = run(job, &mut Commands::default(), &mut listener).unwrap();
    assert_eq!(ended.outcome, Some(RunOutcome::Finished), "{ended:?}");
    let kinds = listener.events.into_iter().map(|event| event.kind);
    let (mut latent, mut warnings) = (Vec::new(), Vec::new());
    for kind in kinds {
        match kind {
            EventKind::Latent(used) => latent.push(*used),
            EventKind::Warned(problem) => warnings.push(problem.sentence()),
            _ => {}
        }
    }
    Done {
        folder,
        id,
        ended,
        latent,
        warnings,
    }
}

fn sequential_vae() -> SequentialVaeSpec {
    let sizes = SequentialVaeSpec {
        d_model: 16,
        d_state: 24,
        d_hidden: 24,
        d_latent: 8,
        ..Default::default()
    };
    SequentialVaeSpec {
        seq_len: 20,
        n_ahead: 1,
        beta: 0.02,
        ..sizes
    }
}

#[test]
fn a_sequential_vae_reaches_the_optimum_of_a_markov_world_and_uses_its_latent_vector() {
    let done = done(&experiment(ModelSpec::SequentialVae(sequential_vae()), 8));
    let (reached, best) = (done.test_ndcg(), done.ended.optimum.unwrap().ndcg_at_10);
    assert!(reached >= 0.95 * best, "{reached} of {best}");

    // An epoch each, and once more of the best weights, with what another user's vector would give.
    assert_eq!(done.latent.len(), 9);
    let last = done.latent.last().unwrap();
    assert_eq!(Some(last.epoch), done.ended.best_epoch);
    let [own, other] = last.shuffled.unwrap();
    assert!(
        own > 1.5 * other,
        "{own} with the own latent vector, {other} with another's"
    );
    assert!(
        last.report.n_active() >= 2 && !last.report.is_collapsed(),
        "{:?}",
        last.report
    );
    let valid = done
        .ended
        .valid
        .as_ref()
        .and_then(|valid| valid.get(Metric::Ndcg10))
        .unwrap();
    assert!((valid - own).abs() < 1e-9, "{valid} and {own}");

    // Every dimension of every epoch is kept, and the sums in the run's series.
    let kept = done.read("latent.csv");
    assert_eq!(kept.lines().count(), 1 + 8 * 8, "{kept}");
    assert!(
        kept.starts_with("epoch,dimension,kl,variance\n1,1,"),
        "{kept}"
    );
    let history = RunStore::at(done.folder.path()).history(&done.id).unwrap();
    let series = history.series(Part::Valid, "kl");
    assert_eq!(series.len(), 8);
    let of_epoch = |epoch: usize| -> f64 {
        let lines = kept
            .lines()
            .skip(1)
            .filter(|line| line.starts_with(&format!("{epoch},")));
        lines
            .map(|line| line.split(',').nth(2).unwrap().parse::<f64>().unwrap())
            .sum()
    };
    assert!(
        series
            .iter()
            .all(|(epoch, _, kl)| (of_epoch(*epoch) - kl).abs() < 1e-9)
    );
    assert_eq!(history.series(Part::Valid, "active_units").len(), 8);
    assert!(
        done.read("log.txt").contains("Latent vector: "),
        "{}",
        done.read("log.txt")
    );
}

/// A weight of 4 on the Kullback–Leibler term leaves nothing of the latent vector.
#[test]
fn a_latent_vector_that_is_not_used_is_warned_of_with_the_cure() {
    let model = VaeSpec {
        d_hidden: 16,
        d_latent: 8,
        beta: 4.0,
        anneal: 0.0,
        dropout: 0.0,
        ..VaeSpec::default()
    };
    let done = done(&experiment(ModelSpec::Vae(model), 12));
    let report = &done.latent.last().unwrap().report;
    assert!(report.is_collapsed(), "{report:?}");
    let told = done
        .warnings
        .iter()
        .find(|sentence| sentence.contains("collapsed"))
        .unwrap();
    assert!(
        told.contains("0 of 8 units")
            && told.contains("model.anneal")
            && told.contains("free_bits"),
        "{told}"
    );
    assert!(
        done.read("manifest.ron")
            .contains("the latent vector has collapsed")
    );
}

/// A bag does not say which item was last, but recency weighs it most; what it learns is which
/// items come together. That is more than popularity knows (here by a third), and about half of
/// what the rule of the world allows: while training, what followed the latest item of a bag is in
/// no bag, so that no weighing of the input can teach the rule. A chain that counts what came next
/// reaches it.
#[test]
fn bags_with_a_short_memory_know_more_than_popularity_on_a_markov_world() {
    let autoencoder = AutoencoderSpec {
        d_hidden: 32,
        d_latent: 16,
        recency: 0.5,
        ..AutoencoderSpec::default()
    };
    let vae = VaeSpec {
        d_hidden: 32,
        d_latent: 16,
        recency: 0.5,
        ..VaeSpec::default()
    };
    let models = [
        ModelSpec::Autoencoder(autoencoder.clone()),
        ModelSpec::Autoencoder(AutoencoderSpec {
            likelihood: Likelihood::Bernoulli,
            ..autoencoder
        }),
        ModelSpec::Vae(vae),
    ];
    for model in models {
        let title = model.family().title();
        let mut experiment = experiment(model, 12);
        let DataSource::World(world) = &mut experiment.data.source else {
            panic!("a world")
        };
        world.shared_mut().n_items = 60;
        // What a bag holds, it restores: it can tell new items only.
        experiment.evaluation.filter_seen = true.into();
        let done = done(&experiment);
        let reference = |kind: BaselineKind| {
            done.ended.references_test[&kind.into()]
                .get(Metric::Ndcg10)
                .unwrap()
        };
        let (reached, popularity) = (done.test_ndcg(), reference(BaselineKind::Popularity));
        assert!(
            reached > 1.2 * popularity,
            "{title}: {reached} against popularity's {popularity}"
        );
        let (best, chain) = (
            done.ended.optimum.unwrap().ndcg_at_10,
            reference(BaselineKind::Markov),
        );
        assert!(
            reached > 0.35 * best && reached < 0.75 * best,
            "{title}: {reached} of {best}"
        );
        assert!(chain > 0.9 * best, "{chain} of {best}");
        assert_eq!(done.latent.is_empty(), title == "Autoencoder", "{title}");
    }
}

#[test]
fn a_run_that_goes_on_keeps_the_latent_lines_of_its_epochs_once() {
    let experiment = experiment(ModelSpec::SequentialVae(sequential_vae()), 3);
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    let job = Job {
        experiment,
        store: store.clone(),
        prepared: None,
        resume: None,
    };
    // Each epoch has eight steps, and is looked at between them.
    let mut stop = Commands::at(20, Command::Stop(StopMode::Keep));
    let (id, stopped) = run(job.clone(), &mut stop, &mut Listener::default()).unwrap();
    assert!((1..3).contains(&stopped.epochs), "{stopped:?}");
    let (_, ended) = run(
        Job {
            resume: Some(id.clone()),
            ..job
        },
        &mut Commands::default(),
        &mut Listener::default(),
    )
    .unwrap();
    assert_eq!(ended.epochs, 3);
    let kept = std::fs::read_to_string(store.dir(&id).join("latent.csv")).unwrap();
    let epochs: Vec<&str> = kept
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(epochs, ["1", "2", "3"].map(|epoch| [epoch; 8]).concat());
    let history = store.history(&id).unwrap();
    assert_eq!(history.series(Part::Valid, "ndcg@10_own_latent").len(), 1);
}
