//! The tree as an outline with bars, its rules as sentences, and the users of a leaf.

use std::sync::{Arc, Weak};

use egui::{
    CentralPanel, Frame, Label, Margin, Panel, Rect, RichText, Role, ScrollArea, Sense, TextStyle,
    Ui, WidgetInfo, pos2, vec2,
};

use strum::IntoEnumIterator as _;

use crate::app::{Action, FoundRules, Select, ViewKey};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_base::spec::shown;
use seqscope_data::Prepared;
use seqscope_engine::explain::{ImitationTree, LeafUsers};
use seqscope_engine::report::{ReportForm, ReportTable, written};

const ROW: f32 = 20.0;
const INDENT: f32 = 14.0;
/// Width of the bar of a node.
const BAR: f32 = 124.0;
/// Share of a line that the class takes, and the most of it.
const CLASS_SHARE: f32 = 0.3;
const CLASS: f32 = 220.0;
/// Height of the list of a leaf's users.
const USERS_HEIGHT: f32 = 180.0;

/// View state.
#[derive(Default)]
pub(super) struct TreeCard {
    /// Rules of which a leaf is open.
    of: Weak<FoundRules>,
    /// Number of the node whose users are listed.
    open: Option<usize>,
    /// Lines of the outline and sentences, made once for each find.
    lines: Vec<Line>,
    sentences: Vec<String>,
}

/// One node in words.
struct Line {
    depth: usize,
    how: String,
    says: String,
    users: String,
    share: f64,
    is_leaf: bool,
}

impl TreeCard {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        found: &Arc<FoundRules>,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        let Ok(tree) = &found.tree else {
            return;
        };
        if !std::ptr::eq(self.of.as_ptr(), Arc::as_ptr(found)) {
            self.of = Arc::downgrade(found);
            self.open = None;
            self.lines = lines(tree);
            self.sentences = tree.leaves.iter().map(|leaf| tree.sentence(leaf)).collect();
        }
        let card = theme::card(ui);
        let width = ui.available_width();
        Panel::right("rules of the tree")
            .frame(Frame::new())
            .resizable(true)
            .default_size(width * 0.4)
            .size_range(260.0..=(width - 380.0).max(260.0))
            .show(ui, |ui| {
                card.show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.set_min_height(ui.available_height());
                    ScrollArea::vertical()
                        .auto_shrink([false, false])
                        .show(ui, |ui| self.rules(ui, key, tree, prepared, actions));
                });
            });
        let margin = Margin {
            right: 8,
            ..Margin::default()
        };
        CentralPanel::default()
            .frame(Frame::new().inner_margin(margin))
            .show(ui, |ui| {
                card.show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.set_min_height(ui.available_height());
                    ScrollArea::vertical()
                        .auto_shrink([false, false])
                        .show(ui, |ui| {
                            fidelity(ui, tree, &found.tree_tables);
                            ui.add_space(size::GAP_SMALL);
                            self.outline(ui);
                        });
                });
            });
    }

    /// The rules as sentences, and under them the users of the one that is open.
    fn rules(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        tree: &ImitationTree,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        self.sentences(ui, tree);
        let open = self.open;
        let leaf = tree.leaves.iter().find(|leaf| Some(leaf.node) == open);
        if let Some(leaf) = leaf {
            ui.add_space(size::GAP);
            users(ui, key, tree, leaf, prepared, actions);
        }
    }

    fn outline(&mut self, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 1.0;
        for at in 0..self.lines.len() {
            let is_open = self.open == Some(at);
            if line(ui, &self.lines[at], is_open).clicked() && self.lines[at].is_leaf {
                self.open = (!is_open).then_some(at);
            }
        }
    }

    fn sentences(&mut self, ui: &mut Ui, tree: &ImitationTree) {
        ui.label(RichText::new(tr("Rules")).strong())
            .on_hover_text(tr("Click a rule to list its users"));
        for (leaf, sentence) in tree.leaves.iter().zip(&self.sentences) {
            let is_open = self.open == Some(leaf.node);
            let words = RichText::new(tr(sentence.as_str()));
            let words = if is_open { words.strong() } else { words };
            let rule = ui.add(Label::new(words).wrap().sense(Sense::click()));
            if rule.clicked() {
                self.open = (!is_open).then_some(leaf.node);
            }
            ui.add_space(2.0);
        }
    }
}

/// How well the tree does it, in a sentence.
fn fidelity(ui: &mut Ui, tree: &ImitationTree, tables: &[ReportTable]) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(tr("Decision tree that imitates the model")).strong());
        ui.menu_button(tr("Copy as"), |ui| {
            for form in ReportForm::iter() {
                if ui.button(tr(form.to_string())).clicked() {
                    ui.copy_text(written(tables, form));
                    ui.close();
                }
            }
        });
    });
    let told = tree.fidelity;
    let kappa = told.kappa.map_or_else(
        || "there is none, since both say one thing only".to_owned(),
        |kappa| text::significant(kappa, 2),
    );
    let words = format!(
        "Fidelity {} ({} to {}): of {} held out, the tree says the {} in as many cases. Always \
         saying the most common answer would be right of {}; Cohen's κ {kappa}.",
        text::percent(told.share),
        text::percent(told.interval.low),
        text::percent(told.interval.high),
        text::counted(told.n_users, "user"),
        tree.what,
        text::percent(told.constant),
    );
    ui.add(Label::new(tr(words)).wrap()).on_hover_text(tr(
        "The interval is Wilson's, of 95 %. κ is agreement beyond chance: 1 where all agree, 0 \
         where no more do than by chance.",
    ));
    let notes = tables.first().map_or(&[][..], |table| &table.notes);
    for note in notes {
        ui.add(Label::new(RichText::new(tr(note)).small().weak()).wrap());
    }
}

fn lines(tree: &ImitationTree) -> Vec<Line> {
    let nodes = &tree.tree.nodes;
    let all = nodes.iter().enumerate().map(|(at, node)| {
        let above = node.parent.and_then(|parent| nodes.get(parent)?.split);
        Line {
            depth: node.depth,
            how: match above {
                None => "All users".to_owned(),
                Some(split) if split.yes == at => {
                    text::capitalised(&tree.test_words(node.parent.unwrap_or(0)))
                }
                Some(_) => "Otherwise".to_owned(),
            },
            says: tree.class_words(at).to_owned(),
            users: text::counted(node.n_rows(), "user"),
            share: node.share(),
            is_leaf: node.split.is_none(),
        }
    });
    all.collect()
}

/// One node: what leads to it, what it says, and as a bar of how many of its users the model says
/// the same.
fn line(ui: &mut Ui, line: &Line, is_open: bool) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let share = text::percent(line.share);
    let arrow = if line.is_leaf { "→ " } else { "mostly " };
    let says = format!("{arrow}{}", line.says);
    let words = format!("{} {says}", line.how);
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Button,
            true,
            format!("{words}, {}, {share}", tr(&line.users)),
        )
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let colors = theme::colors(ui);
    if is_open || (response.hovered() && line.is_leaf) {
        let ground = theme::mix(colors.card, colors.accent, if is_open { 0.22 } else { 0.1 });
        ui.painter().rect_filled(rect, 2.0, ground);
    }
    let bar = Rect::from_min_max(
        pos2(rect.right() - BAR, rect.top() + 2.0),
        rect.max - vec2(0.0, 2.0),
    );
    let filled = Rect::from_min_size(
        bar.min,
        vec2((bar.width() * line.share as f32).max(1.0), bar.height()),
    );
    let painter = ui.painter();
    painter.rect_filled(bar, 2.0, theme::mix(colors.card, colors.text, 0.06));
    let color = theme::series_color(ui, 0).gamma_multiply(0.45);
    painter.rect_filled(filled, 2.0, color);
    let small = TextStyle::Small.resolve(ui.style());
    let label = format!("{share}{}{}", tr(" of "), tr(&line.users));
    painter.text(
        bar.left_center() + vec2(4.0, 0.0),
        egui::Align2::LEFT_CENTER,
        label,
        small,
        colors.text,
    );
    let left = rect.left() + 4.0 + INDENT * line.depth as f32;
    for depth in 0..line.depth {
        let x = rect.left() + 8.0 + INDENT * depth as f32;
        painter.vline(x, rect.y_range(), (1.0, colors.line));
    }
    let end = bar.left() - 6.0;
    if !line.is_leaf {
        clipped(ui, &line.how, left..=end, rect, colors.text);
        return response.on_hover_text(words);
    }
    let class = bar.left() - (rect.width() * CLASS_SHARE).min(CLASS);
    let is_cut = clipped(ui, &line.how, left..=class - 6.0, rect, colors.text)
        | clipped(ui, &says, class..=end, rect, colors.strong);
    if is_cut {
        return response.on_hover_text(words);
    }
    response
}

/// Paints words in one line between two places; whether some of them had no room.
fn clipped(
    ui: &Ui,
    words: &str,
    room: std::ops::RangeInclusive<f32>,
    line: Rect,
    color: egui::Color32,
) -> bool {
    let font = TextStyle::Body.resolve(ui.style());
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping {
        max_width: (room.end() - room.start()).max(10.0),
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided;
    let place = pos2(*room.start(), line.center().y - galley.size().y / 2.0);
    ui.painter().galley(place, galley, color);
    is_cut
}

/// The users of a leaf, those it was grown on first; a click looks at one.
fn users(
    ui: &mut Ui,
    key: &ViewKey,
    tree: &ImitationTree,
    leaf: &LeafUsers,
    prepared: &Prepared,
    actions: &mut Actions,
) {
    let n = leaf.grown.len() + leaf.held_out.len();
    ui.label(RichText::new(tr(format!(
        "{} of {}",
        text::counted(n, "user"),
        tree.class_words(leaf.node)
    ))));
    ScrollArea::vertical()
        .id_salt("users of a leaf")
        .max_height(USERS_HEIGHT)
        .auto_shrink([false, true])
        .show_rows(ui, ROW, n, |ui, rows| {
            for at in rows {
                let grown = leaf.grown.get(at);
                let held_out = || leaf.held_out.get(at - leaf.grown.len());
                let Some(&user) = grown.or_else(held_out) else {
                    continue;
                };
                let id = prepared.dataset.users.id(user).unwrap_or_default();
                let words = if at < leaf.grown.len() {
                    shown(id).into_owned()
                } else {
                    tr(format!("{} (held out)", shown(id)))
                };
                if ui.selectable_label(id == key.user_id, words).clicked() {
                    actions.push(Action::Select(Select::User(id.to_owned())));
                }
            }
        });
}
