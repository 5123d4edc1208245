//! `seqscope rules RUN`: a small decision tree that says what the model says, and what follows what
//! in the log with how often the model obeys.

use std::sync::atomic::Ordering;

use clap::ValueEnum as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::Streams;
use super::format::{TableFormat, write_tables};
use super::progress::OpeningBar;
use super::pseudonyms::PseudonymArgs;
use super::shown_names::ShownNames;
use super::signals::Signals;
use seqscope_base::metric::Seen;
use seqscope_engine::error::Error;
use seqscope_engine::explain::{
    BigramAsk, BigramRules, ImitationTree, RuleBy, RulesError, RulesProgress, TreeQuestion,
    bigram_rules, imitate,
};
use seqscope_engine::report::{ItemNames, ReportTable, bigrams_table, tree_tables};
use seqscope_engine::run::RunStore;
use seqscope_engine::train::{Restored, restore_watched};

/// Run whose rules are wanted, and which.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// Only the decision tree that imitates the model
    #[arg(long, conflicts_with = "bigrams")]
    tree: bool,
    /// Only what follows what: "after A and B comes C"
    #[arg(long)]
    bigrams: bool,
    /// Most tests on the way to a leaf of the tree
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=12))]
    depth: u32,
    /// What items are called in the tree: `auto`, `groups` of the model's item vectors, `items`, or a
    /// column of words of the table of items, by its name
    #[arg(long, value_name = "WORDS", default_value = "auto")]
    by: String,
    /// Most users whose answers the tree is grown and judged on; of more, as many are drawn
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(20..))]
    users: u32,
    /// Fewest users of a leaf [default: 2 % of those it is grown on, at least 5], and fewest times that
    /// a rule of what follows what comes true [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    min_support: Option<u32>,
    /// Least share of the times that anything followed, for a rule of what follows what
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    min_confidence: f64,
    /// Length of the model's list in which a consequence is looked for
    #[arg(long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    top: u32,
    /// Most rules of what follows what that are listed
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rules: u32,
    /// Most moments at which the model is asked about one antecedent
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    asked: u32,
    /// Seed of all drawing [default: that of the run]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The epoch whose weights are asked [default: the best]
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Print only these tables
    #[arg(long = "table", value_name = "TABLE", value_delimiter = ',')]
    tables: Vec<RulesTable>,
    /// Form of the tables
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
    #[command(flatten)]
    pseudonyms: PseudonymArgs,
}

/// Tables of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RulesTable {
    /// How well the tree imitates the model
    Fidelity,
    /// The tree as an outline
    Tree,
    /// Its rules
    Rules,
    /// What follows what
    Bigrams,
}

impl RulesTable {
    fn is(self, table: &ReportTable) -> bool {
        self.to_possible_value()
            .is_some_and(|value| value.get_name() == table.key)
    }
}

impl Args {
    fn by(&self) -> RuleBy {
        match self.by.as_str() {
            "auto" => RuleBy::Auto,
            "groups" => RuleBy::Groups,
            "items" => RuleBy::Items,
            column => RuleBy::Column(column.to_owned()),
        }
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = &store.locate(&args.run)?;
    let control = Signals::of_keyboard()?;
    let restored = restore_watched(store, id, args.epoch, &OpeningBar::new(control.ends()))?;
    let hidden = args.pseudonyms.pseudonymiser(streams)?;
    let asked = AskedRules {
        args,
        shown: ShownNames::new(&restored.prepared.dataset, hidden),
        restored: &restored,
        control: &control,
        seed: args.seed.unwrap_or(restored.manifest.experiment.seed),
    };
    let mut tables = Vec::new();
    if !args.bigrams {
        tables.extend(tree_tables(&asked.tree()?));
    }
    let has_successor = asked.has_successor();
    if args.bigrams || (!args.tree && has_successor) {
        let found = asked.bigrams()?;
        let names = ItemNames {
            id: &|own| asked.successor(&found, own, &|shown, own| shown.item(own)),
            label: &|own| asked.successor(&found, own, &|shown, own| shown.label(own)),
        };
        tables.push(bigrams_table(&found, names));
    }
    let wanted =
        |table: &ReportTable| args.tables.is_empty() || args.tables.iter().any(|own| own.is(table));
    tables.retain(wanted);
    write_tables(&tables, args.format, streams)
}

/// A run that is asked for rules.
struct AskedRules<'a> {
    args: &'a Args,
    restored: &'a Restored,
    shown: ShownNames<'a>,
    control: &'a Signals,
    seed: u64,
}

impl AskedRules<'_> {
    fn tree(&self) -> Result<ImitationTree, Error> {
        let question = TreeQuestion {
            model: self.restored.model.as_ref(),
            prepared: &self.restored.prepared,
            questions: &self.restored.questions,
            filter_seen: self.restored.manifest.seen() == Seen::LeftOut,
            label: &|item| self.shown.label(item),
            tells_columns: self.shown.shows_items(),
            by: self.args.by(),
            max_depth: self.args.depth as usize,
            min_leaf: self.args.min_support.map(|n| n as usize),
            most_users: self.args.users as usize,
            seed: self.seed,
        };
        self.watched(|watch| imitate(&question, watch))
    }

    fn bigrams(&self) -> Result<BigramRules, Error> {
        let question = BigramAsk {
            model: self.restored.model.as_ref(),
            prepared: &self.restored.prepared,
            questions: &self.restored.questions,
            filter_seen: self.restored.manifest.seen() == Seen::LeftOut,
            min_support: self.args.min_support.unwrap_or(10) as usize,
            min_confidence: self.args.min_confidence,
            top: self.args.top as usize,
            most_asked: self.args.asked as usize,
            most_rules: self.args.rules as usize,
            seed: self.seed,
        };
        self.watched(|watch| bigram_rules(&question, watch))
    }

    /// Does the work under a bar; Ctrl-C ends it.
    fn watched<T>(
        &self,
        work: impl FnOnce(&mut dyn FnMut(RulesProgress) -> bool) -> Result<Option<T>, RulesError>,
    ) -> Result<T, Error> {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}") {
            bar.set_style(style);
        }
        let pressed = self.control.ends();
        let found = work(&mut |now| {
            bar.set_length(now.of as u64);
            bar.set_position(now.done as u64);
            bar.set_message(now.stage.to_string());
            !pressed.load(Ordering::Relaxed)
        });
        bar.finish_and_clear();
        found.map_err(told)?.ok_or_else(|| {
            Error::edge(
                "stopped before the rules were found",
                "ask again, of fewer users (`--users`) or rules (`--rules`)",
            )
        })
    }

    /// Whether the model answers with what follows.
    fn has_successor(&self) -> bool {
        let questions = &self.restored.questions;
        questions.ranks_items() || matches!(questions.output(), seqscope_data::Output::Classes(_))
    }

    /// Name of an item, or of a behaviour where the rules are of those.
    fn successor(
        &self,
        found: &BigramRules,
        own: u32,
        of_item: &dyn Fn(&ShownNames<'_>, u32) -> String,
    ) -> String {
        if found.of_behaviours {
            let behaviours = &self.restored.prepared.dataset.behaviours;
            behaviours.id(own).unwrap_or_default().to_owned()
        } else {
            of_item(&self.shown, own)
        }
    }
}

fn told(error: RulesError) -> Error {
    match error {
        RulesError::Model(error) => error.into(),
        RulesError::TooFewUsers { .. }
        | RulesError::NoColumn { .. }
        | RulesError::HiddenColumns
        | RulesError::NoVectors
        | RulesError::NoSuccessor
        | RulesError::Setting(_) => Error::Edge {
            sentence: error.to_string(),
            hint: None,
        },
    }
}
