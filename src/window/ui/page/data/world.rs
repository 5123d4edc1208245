//! A synthetic world: which, its rules in words, its settings, and the best that a model can reach.

use egui::{ComboBox, Label, RichText, Ui};
use strum::IntoEnumIterator;

use super::super::form::{SectionForm, labelled};
use crate::app::App;
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_base::metric::Seen;
use seqscope_base::spec::{Described, Entry, Field, SetError, Value};
use seqscope_data::WorldSpec;

pub(super) fn ui(ui: &mut Ui, app: &App, world: &mut WorldSpec) {
    kind(ui, world);
    weak(ui, world.summary());
    ui.add_space(size::GAP_SMALL);
    let defaults = WorldSpec::of_kind(world.kind()).fields();
    let form = SectionForm {
        section: "data",
        defaults,
        draft: &app.draft,
        is_narrow: true,
    };
    form.ui(ui, &mut ButKind(world));
    ui.add_space(size::GAP_SMALL);
    weak(ui, optimum(app));
}

/// The chooser. Another world starts from its defaults.
fn kind(ui: &mut Ui, world: &mut WorldSpec) {
    let mut chosen = world.kind();
    labelled(
        ui,
        "World",
        |ui| {
            ui.label(tr(
                "Which rules the users follow. Another world starts from its own settings.",
            ));
            ui.weak(tr("In a file: kind"));
        },
        |ui| {
            ComboBox::from_id_salt("world")
                .selected_text(tr(WorldSpec::of_kind(chosen).title()))
                .width(ui.available_width())
                .show_ui(ui, |ui| {
                    for spec in WorldSpec::iter() {
                        ui.selectable_value(&mut chosen, spec.kind(), tr(spec.title()))
                            .on_hover_text(tr(spec.summary()));
                    }
                });
        },
        |_| {},
    );
    if chosen != world.kind() {
        *world = WorldSpec::of_kind(chosen);
    }
}

/// The best possible figures of the world as it was prepared.
fn optimum(app: &App) -> String {
    let Some(prepared) = app.fresh_data() else {
        return "Prepare it to see the best that any model can reach in it.".to_owned();
    };
    let Some(optimum) = prepared.dataset.report.optimum else {
        return "Cleaning or the split has dropped events, so the rules no longer tell the best \
                that a model can reach."
            .to_owned();
    };
    let split = app.draft.experiment.split.phrase();
    let seen = app
        .draft
        .experiment
        .evaluation
        .resolved(&prepared.returns)
        .seen();
    let best = optimum.when(seen);
    let seen = match seen {
        Seen::LeftOut => "seen items left out",
        Seen::Ranked => "seen items ranked too",
    };
    let [hr, ndcg] = [best.hr_at_1, best.ndcg_at_10].map(text::metric);
    let luck = if best.scatter.is_known() {
        format!(
            " These are expectations: over this many users luck scatters HR@1 by {} and NDCG@10 by \
             {}.",
            text::metric(best.scatter.hr_at_1),
            text::metric(best.scatter.ndcg_at_10)
        )
    } else {
        String::new()
    };
    format!(
        "Best possible by these rules: HR@1 {hr}, NDCG@10 {ndcg} (test of {split}, {seen}).{luck}"
    )
}

fn weak(ui: &mut Ui, words: impl Into<String>) {
    ui.add(
        Label::new(
            RichText::new(tr(words))
                .size(size::TEXT_SMALL)
                .color(theme::colors(ui).weak),
        )
        .wrap(),
    );
}

/// A world's settings without its kind, which has a chooser of its own.
struct ButKind<'a>(&'a mut WorldSpec);

impl Described for ButKind<'_> {
    fn fields(&self) -> Vec<Field> {
        self.0
            .fields()
            .into_iter()
            .filter(|field| field.key != "kind")
            .collect()
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), SetError> {
        self.0.set(key, value)
    }
}
