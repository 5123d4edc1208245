//! What a run came to on test, beside its references and the best that its world allows.

use super::tested_runs::{metric_cells, metric_column};
use super::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable, words};
use crate::run::References;
use seqscope_base::metric::{AnswerKind, Metric, Metrics, Reliability};
use seqscope_base::spec::Entry;
use seqscope_data::world::Ceiling;
use std::cmp::Ordering;

/// Metrics of a run, and of what it is compared with.
#[derive(Clone, Copy, Debug)]
pub struct RunResults<'a> {
    /// Name of the run in the table.
    pub name: &'a str,
    /// Its metrics; `None` while there are only the references'.
    pub model: Option<&'a Metrics>,
    /// Metrics among sampled candidates, with the words that must stand at them.
    pub sampled: Option<(&'a str, &'a Metrics)>,
    /// Metrics of the references.
    pub references: &'a References,
    /// The best that any model can reach.
    pub optimum: Option<Ceiling>,
}

impl RunResults<'_> {
    /// The run, then the references from the best down, each with the verdict on the run, then the
    /// best possible. The best of each column stands out.
    #[must_use]
    pub fn table(&self) -> ReportTable {
        let any = self.model.or_else(|| self.references.values().next());
        let (kind, headline) = any.map_or((AnswerKind::default(), &[][..]), |metrics| {
            (metrics.kind, metrics.kind.headline())
        });
        let columns = std::iter::once(ReportColumn::words("name", ""))
            .chain(headline.iter().copied().map(metric_column))
            .chain([ReportColumn::words("verdict", "").detail()]);
        let mut table = ReportTable::new("results", "", columns);
        if let Some(model) = self.model {
            table.row(self.cells(self.name, model, headline));
        }
        if let Some((words, metrics)) = self.sampled {
            let name = ReportCell::from("  not comparable with the rest");
            let values =
                metric_cells(Some(metrics), headline).map(|cell| cell.with(Emphasis::Weak));
            table.row([name].into_iter().chain(values).chain([words.into()]));
        }
        for (name, metrics) in self.best_first() {
            let said = self
                .model
                .map_or_else(ReportCell::empty, |model| verdict_on(model, metrics).into());
            table.row(self.cells(name, metrics, headline).chain([said]));
        }
        // What a world allows is known of rankings.
        if let Some(optimum) = self.optimum.filter(|_| kind == AnswerKind::Ranking) {
            table.row(optimum_cells(&optimum, self.model));
        }
        table
    }

    /// The references by the metric that runs are chosen by; what was not measured comes last.
    fn best_first(&self) -> Vec<(&'static str, &Metrics)> {
        let quality = |metrics: &Metrics| match metrics.primary() {
            (metric, Some(value)) => metric.gain(value, 0.0),
            (_, None) => f64::NEG_INFINITY,
        };
        let named = self
            .references
            .iter()
            .map(|(kind, metrics)| (kind.title(), metrics));
        let mut references: Vec<(&str, &Metrics)> = named.collect();
        references.sort_by(|a, b| quality(b.1).total_cmp(&quality(a.1)));
        references
    }

    fn cells(
        &self,
        name: &str,
        metrics: &Metrics,
        headline: &[Metric],
    ) -> impl Iterator<Item = ReportCell> {
        let values = headline.iter().map(|&metric| {
            let cell: ReportCell = metrics.get(metric).map(CellValue::Metric).into();
            let is_best = metrics
                .get(metric)
                .is_some_and(|value| self.is_best(metric, value));
            cell.with(if is_best {
                Emphasis::Strong
            } else {
                Emphasis::Plain
            })
        });
        std::iter::once(name.into()).chain(values)
    }

    /// Whether neither the run nor a reference is better.
    fn is_best(&self, metric: Metric, value: f64) -> bool {
        let mut all = self.model.into_iter().chain(self.references.values());
        !all.any(|other| {
            other
                .get(metric)
                .is_some_and(|other| metric.is_better(other, value))
        })
    }
}

fn optimum_cells(optimum: &Ceiling, model: Option<&Metrics>) -> [ReportCell; 5] {
    let own = words::optional_metric(model.and_then(|model| model.get(Metric::Hr1)));
    let mut hr_at_1 = format!(
        "HR@1 {}, and this run {own}",
        words::metric(optimum.hr_at_1)
    );
    if optimum.scatter.is_known() {
        hr_at_1 += &format!(
            "; luck scatters NDCG@10 by {}",
            words::metric(optimum.scatter.ndcg_at_10)
        );
    }
    [
        ReportCell::from("Best possible").hover(optimum_words(optimum)),
        ReportCell::from(CellValue::Metric(optimum.ndcg_at_10)).with(Emphasis::Weak),
        ReportCell::from(CellValue::Metric(optimum.hr_at_10)).with(Emphasis::Weak),
        CellValue::Unknown.into(),
        hr_at_1.into(),
    ]
}

/// What the best possible is, and how far luck scatters it.
fn optimum_words(optimum: &Ceiling) -> String {
    let scatter = optimum.scatter;
    let luck = if scatter.is_known() {
        format!(
            " It is an expectation: luck scatters NDCG@10 by {} over these users, HR@10 by {}, \
             HR@1 by {}.",
            words::metric(scatter.ndcg_at_10),
            words::metric(scatter.hr_at_10),
            words::metric(scatter.hr_at_1)
        )
    } else {
        String::new()
    };
    format!(
        "Computed from the rules of the world, on the same questions: no model does better, but \
         for luck. The best HR@1 is {}.{luck}",
        words::metric(optimum.hr_at_1)
    )
}

/// Says how a model stands to a reference, by the metric that runs are chosen by.
fn verdict_on(model: &Metrics, reference: &Metrics) -> String {
    let metric = model.primary().0;
    let (Some(model), Some(reference)) = (model.get(metric), reference.get(metric)) else {
        return String::new();
    };
    let gain = metric.gain(model, reference);
    match gain.total_cmp(&0.0) {
        Ordering::Greater => format!("beaten by {} {}", words::metric(gain), metric.title()),
        Ordering::Equal => "equalled".to_owned(),
        Ordering::Less => format!(
            "not beaten: {} {} worse",
            words::metric(-gain),
            metric.title()
        ),
    }
}

/// The bins of a reliability table that have answers.
#[must_use]
pub fn reliability_table(reliability: &Reliability) -> ReportTable {
    let columns = [
        ReportColumn::numbers("said", "Said"),
        ReportColumn::numbers("on_average", "On average"),
        ReportColumn::numbers("came_true", "Came true"),
        ReportColumn::numbers("answers", "Answers"),
    ];
    let title = "Reliability";
    let mut table = ReportTable::new("reliability", title, columns);
    table
        .lead
        .push("what was said of the answers, and how often it came true".to_owned());
    for (at, bin) in reliability.filled() {
        let (from, to) = Reliability::bounds(at);
        table.row([
            format!("{:.0}–{:.0} %", 100.0 * from, 100.0 * to).into(),
            CellValue::Share(bin.confidence).into(),
            CellValue::Share(bin.frequency).into(),
            CellValue::Count(bin.n).into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ReportForm;
    use seqscope_model::baseline::{BaselineKind, ReferenceKind};

    #[test]
    fn a_verdict_says_by_how_much() {
        let ndcg = |value| Metrics::new(AnswerKind::Ranking, 1).with(Metric::Ndcg10, value);
        assert_eq!(
            verdict_on(&ndcg(0.25), &ndcg(0.125)),
            "beaten by 0.1250 NDCG@10"
        );
        assert_eq!(verdict_on(&ndcg(0.25), &ndcg(0.25)), "equalled");
        assert_eq!(
            verdict_on(&ndcg(0.125), &ndcg(0.25)),
            "not beaten: 0.1250 NDCG@10 worse"
        );
        let mae = |value| Metrics::new(AnswerKind::Number, 1).with(Metric::Mae, value);
        assert_eq!(
            verdict_on(&mae(2.0), &mae(3.0)),
            "beaten by 1.0000 MAE",
            "a lower error is better"
        );
    }

    #[test]
    fn the_best_reference_comes_first_and_the_best_of_a_column_stands_out() {
        let ndcg = |value| Metrics::new(AnswerKind::Ranking, 1).with(Metric::Ndcg10, value);
        let model = ndcg(0.25);
        let references: References = [
            (BaselineKind::Popularity, 0.125),
            (BaselineKind::Markov, 0.5),
        ]
        .map(|(kind, value)| (ReferenceKind::Item(kind), ndcg(value)))
        .into();
        let results = RunResults {
            name: "LSTM",
            model: Some(&model),
            sampled: None,
            references: &references,
            optimum: None,
        };
        let markdown = results.table().written(ReportForm::Markdown);
        let lines: Vec<&str> = markdown.lines().skip(2).collect();
        assert!(lines[0].starts_with("| LSTM | 0.2500 |"), "{markdown}");
        assert!(
            lines[1].starts_with("| Markov chain | **0.5000** |")
                && lines[1].ends_with("not beaten: 0.2500 NDCG@10 worse |"),
            "{markdown}"
        );
        assert!(
            lines[2].starts_with("| Popularity | 0.1250 |"),
            "{markdown}"
        );
    }
}
