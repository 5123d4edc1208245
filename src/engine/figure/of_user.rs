//! Figures of one user, and of the maps of items and users.

use super::{
    CurveFigure, FigureAxis, FigureBody, FigureColor, FigureSeries, HeatFigure, HeatScale,
    PrintFigure, SeriesForm,
};
use crate::explain::TimelineStep;
use crate::run::Part;
use seqscope_model::{AttentionMaps, HeadPlace};

/// Weights of one attention head over the last events of a user; `label` names the event at a
/// position of the history.
#[must_use]
pub fn attention_figure(
    maps: &AttentionMaps,
    head: HeadPlace,
    label: impl Fn(usize) -> String,
) -> PrintFigure {
    let names: Vec<String> = (0..maps.len).map(|at| label(maps.first + at)).collect();
    // What lies after an event cannot be looked at; drawn as 0 it would be taken for a choice.
    let weights = maps.head(head.layer, head.head).iter().enumerate();
    let is_causal = weights
        .clone()
        .all(|(at, weight)| at % maps.len.max(1) <= at / maps.len.max(1) || *weight == 0.0);
    let values = weights.map(|(at, weight)| {
        let is_later = at % maps.len.max(1) > at / maps.len.max(1);
        if is_causal && is_later {
            f32::NAN
        } else {
            *weight
        }
    });
    PrintFigure {
        title: format!(
            "Attention of layer {}, head {}",
            head.layer + 1,
            head.head + 1
        ),
        caption: vec!["Each row adds up to 1.".to_owned()],
        body: FigureBody::Heat(HeatFigure {
            x: "Event looked at".to_owned(),
            y: "Looking after".to_owned(),
            columns: names.clone(),
            rows: names,
            values: values.collect(),
            unit: "Weight".to_owned(),
            scale: HeatScale::Root,
        }),
    }
}

/// Rank of the true item after each event of a user, the best at the top.
#[must_use]
pub fn timeline_figure(steps: &[TimelineStep]) -> PrintFigure {
    let parts = [
        (Part::Train, "training", 7),
        (Part::Valid, "validation", 0),
        (Part::Test, "test", 5),
    ];
    let of_parts = parts.into_iter().map(|(part, name, at)| {
        let own = steps.iter().filter(|step| step.part == part);
        let points = own.filter_map(|step| {
            let rank = step.rank.filter(|rank| rank.is_finite())?;
            Some([step.position as f64 + 1.0, rank])
        });
        FigureSeries {
            name: name.to_owned(),
            color: FigureColor::of_series(at),
            form: SeriesForm::Dots,
            points: points.collect(),
            band: Vec::new(),
        }
    });
    let missed = steps.iter().filter(|step| step.is_left_out()).count();
    let mut caption = vec!["Rank 1 is the best; mid-ranks of ties.".to_owned()];
    if missed > 0 {
        caption.push(format!(
            "{missed} events are left out: the user already had their item, which lists leave out."
        ));
    }
    PrintFigure {
        title: "Rank of the true item".to_owned(),
        caption,
        body: FigureBody::Curves(CurveFigure {
            x: FigureAxis {
                is_whole: true,
                ..FigureAxis::named("Event of the user")
            },
            y: FigureAxis {
                is_log: true,
                is_turned: true,
                ..FigureAxis::named("Rank among all items")
            },
            series: of_parts
                .filter(|series| !series.points.is_empty())
                .collect(),
            ..CurveFigure::default()
        }),
    }
}

/// Points of a map that share a colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapGroup {
    /// Name in the legend.
    pub name: String,
    /// Their places.
    pub points: Vec<[f64; 2]>,
}

/// Content of a map, and how it came about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapShown {
    /// Title.
    pub title: String,
    /// Names of both axes.
    pub axes: [String; 2],
    /// Points by colour.
    pub groups: Vec<MapGroup>,
    /// Sentences on how it came about.
    pub notes: Vec<String>,
}

/// A map of items or users.
#[must_use]
pub fn map_figure(shown: MapShown) -> PrintFigure {
    let MapShown {
        title,
        axes: [x, y],
        groups,
        notes,
    } = shown;
    let series = groups
        .into_iter()
        .enumerate()
        .map(|(at, group)| FigureSeries {
            name: group.name,
            color: FigureColor::of_series(at),
            form: SeriesForm::Dots,
            points: group.points,
            band: Vec::new(),
        });
    PrintFigure {
        title,
        caption: notes,
        body: FigureBody::Curves(CurveFigure {
            x: FigureAxis::named(x),
            y: FigureAxis::named(y),
            series: series.collect(),
            ..CurveFigure::default()
        }),
    }
}
