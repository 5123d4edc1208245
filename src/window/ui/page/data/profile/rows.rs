//! Charts of few named bars, one below another.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_data::{Activity, Behaviours, Profile, Repeats, Unseen, WEEKDAYS};

/// One bar.
struct BarRow {
    title: String,
    /// Length of the bar, 0 to 1.
    share: f64,
    /// Number behind it.
    value: String,
    /// Text on hovering it.
    hover: String,
}

/// Share that fills the room.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Full {
    /// The longest bar is as long as there is room: they are compared with one another.
    Longest,
    /// A bar of all is as long as there is room.
    All,
}

/// Paints the bars over the height at hand.
fn bars(ui: &mut Ui, rows: &[BarRow], full: Full, color: Color32, height: f32) {
    let most = match full {
        Full::Longest => rows
            .iter()
            .map(|row| row.share)
            .fold(f64::MIN_POSITIVE, f64::max),
        Full::All => 1.0,
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    let row_height = (height / rows.len().max(1) as f32).clamp(12.0, 34.0);
    let font = FontId::proportional(size::TEXT_SMALL.min(row_height - 1.0));
    let (width, colors) = (ui.available_width(), theme::colors(ui));
    let measure = |words: &str, most: f32| {
        let mut job = LayoutJob::simple_singleline(words.to_owned(), font.clone(), colors.text);
        job.wrap = TextWrapping {
            max_width: most,
            max_rows: 1,
            break_anywhere: true,
            overflow_character: Some('…'),
        };
        ui.painter().layout_job(job)
    };
    let titles: Vec<_> = rows
        .iter()
        .map(|row| measure(&row.title, width * 0.42))
        .collect();
    let values: Vec<_> = rows
        .iter()
        .map(|row| measure(&row.value, width * 0.45))
        .collect();
    let widest = |texts: &[std::sync::Arc<egui::Galley>]| {
        texts.iter().map(|text| text.size().x).fold(0.0, f32::max)
    };
    let (left, right) = (widest(&titles) + 8.0, widest(&values) + 8.0);
    for ((row, title), value) in rows.iter().zip(titles).zip(values) {
        let (rect, response) = ui.allocate_exact_size(vec2(width, row_height), Sense::hover());
        let words = format!("{}: {}", row.title, row.value);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        let middle = |galley: &egui::Galley| rect.center().y - galley.size().y / 2.0;
        let room = (rect.width() - left - right).max(10.0);
        let long = (room * (row.share / most) as f32).max(if row.share > 0.0 { 1.0 } else { 0.0 });
        let gap = (row_height * 0.15).max(1.0);
        let bar = Rect::from_min_size(
            pos2(rect.left() + left, rect.top() + gap),
            vec2(long, row_height - 2.0 * gap),
        );
        ui.painter().rect_filled(bar, 2.0, color);
        ui.painter()
            .galley(pos2(rect.left(), middle(&title)), title, colors.text);
        ui.painter()
            .galley(pos2(bar.right() + 6.0, middle(&value)), value, colors.text);
        response.on_hover_text(&row.hover);
    }
}

/// A count that has little room.
fn brief(n: usize) -> String {
    if n < 10_000 {
        text::count(n)
    } else {
        text::short_count(n as f64)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

pub(super) fn weekdays(ui: &mut Ui, activity: &Activity, height: f32) {
    let days = activity.by_weekday();
    let total = days.iter().sum();
    let rows: Vec<BarRow> = days
        .iter()
        .zip(WEEKDAYS)
        .map(|(&n, name)| BarRow {
            title: tr(name),
            share: share(n, total),
            value: text::percent(share(n, total)),
            hover: format!("{}: {}", tr(name), tr(text::counted(n, "event"))),
        })
        .collect();
    let color = theme::series_color(ui, 2);
    bars(ui, &rows, Full::Longest, color, height);
}

pub(super) fn repeats(ui: &mut Ui, repeats: &Repeats, height: f32) {
    let rows = repeats.distances.iter().map(|bin| {
        let title = match bin.to {
            Some(to) if to == bin.from => tr(format!("{to} ago")),
            Some(to) => format!("{}{}{to}", bin.from, tr(" to ")),
            None => tr(format!("{} and more", bin.from)),
        };
        let of_all = share(bin.n_events, repeats.n_repeats);
        let hover = format!("{title}: {}", tr(text::counted(bin.n_events, "event")));
        BarRow {
            title,
            share: of_all,
            value: text::percent(of_all),
            hover,
        }
    });
    let rows: Vec<BarRow> = rows.collect();
    let color = theme::series_color(ui, 3);
    bars(ui, &rows, Full::Longest, color, height);
}

pub(super) fn behaviours(ui: &mut Ui, behaviours: &Behaviours, height: f32) {
    let total = behaviours.kinds.iter().map(|kind| kind.n_events).sum();
    let rows = behaviours.kinds.iter().map(|kind| {
        let of_all = share(kind.n_events, total);
        let (users, items) = (
            text::counted(kind.n_users, "user"),
            text::counted(kind.n_items, "item"),
        );
        BarRow {
            title: kind.name.clone(),
            share: of_all,
            value: format!("{}, {}", brief(kind.n_events), text::percent(of_all)),
            hover: tr(format!(
                "{}: {} by {users} on {items}",
                kind.name,
                text::counted(kind.n_events, "event")
            )),
        }
    });
    let rows: Vec<BarRow> = rows.collect();
    let color = theme::series_color(ui, 0);
    bars(ui, &rows, Full::Longest, color, height);
}

pub(super) fn funnel(ui: &mut Ui, behaviours: &Behaviours, height: f32) {
    let stages = &behaviours.funnel;
    let first = stages.first().map_or(0, |stage| stage.n_through);
    let rows = stages
        .iter()
        .zip(&behaviours.kinds)
        .enumerate()
        .map(|(at, (stage, kind))| {
            let of_first = share(stage.n_through, first);
            let before = at
                .checked_sub(1)
                .and_then(|at| stages.get(at).zip(behaviours.kinds.get(at)));
            let after = before.map_or_else(String::new, |(before, of)| {
                let rate = text::percent(share(stage.n_after_previous, before.n_pairs));
                format!("; {rate} of the pairs with {} had it later", of.name)
            });
            BarRow {
                title: kind.name.clone(),
                share: of_first,
                value: format!("{}, {}", brief(stage.n_through), text::percent(of_first)),
                hover: tr(format!(
                    "{}: {} through all stages so far; {} had it at all{after}",
                    kind.name,
                    text::counted(stage.n_through, "pair"),
                    text::counted(stage.n_pairs, "pair"),
                )),
            }
        });
    let rows: Vec<BarRow> = rows.collect();
    let color = theme::series_color(ui, 1);
    bars(ui, &rows, Full::All, color, height);
}

pub(super) fn cold(ui: &mut Ui, profile: &Profile, height: f32) {
    let rows = profile.cold.iter().map(|group| {
        let title = match group.fewer_than {
            2 => tr(format!("{} seen once", group.kind)),
            bound => tr(format!("{}, below {bound}", group.kind)),
        };
        let (of_all, of_events) = (
            share(group.n, group.of),
            share(group.n_events, profile.shape.n_events),
        );
        let value = format!("{}, {}", text::count(group.n), text::percent(of_all));
        let (n, of, events) = (
            text::count(group.n),
            text::count(group.of),
            text::counted(group.n_events, "event"),
        );
        let hover = tr(format!(
            "{title}: {n} of {of}, with {events}, {} of all",
            text::percent(of_events)
        ));
        BarRow {
            title,
            share: of_all,
            value,
            hover,
        }
    });
    let rows: Vec<BarRow> = rows.collect();
    let color = theme::series_color(ui, 6);
    bars(ui, &rows, Full::All, color, height);
}

pub(super) fn unseen(ui: &mut Ui, parts: &[Unseen], height: f32) {
    let rows = parts.iter().flat_map(|part| {
        let counts = [
            (part.n_cases_of_unseen_items, "new item"),
            (part.n_cases_of_unseen_users, "new user"),
        ];
        counts.map(|(n, what)| BarRow {
            title: format!("{}{}{}", tr(part.part.to_string()), tr(", "), tr(what)),
            share: share(n, part.n_cases),
            value: format!(
                "{}, {}",
                text::count(n),
                text::percent(share(n, part.n_cases))
            ),
            hover: tr(format!(
                "{}, {what}: {} of {}",
                part.part,
                text::count(n),
                text::counted(part.n_cases, "question")
            )),
        })
    });
    let rows: Vec<BarRow> = rows.collect();
    let color = theme::series_color(ui, 5);
    bars(ui, &rows, Full::All, color, height);
}
