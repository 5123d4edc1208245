//! Ways out of a chart or a table: save it as a file, put it into the report. It is asked
//! for while painting, and the window passes it on after the frame.

use egui::{Context, Id, Response, Ui};
use strum::IntoEnumIterator as _;

use crate::app::{FoundCard, ReportAction};
use crate::ui::language::tr;
use seqscope_engine::cards::CardContent;
use seqscope_engine::figure::{FigureForm, PrintFigure};
use seqscope_engine::report::ReportTable;

/// Whether a chart names users or items of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamesData {
    Yes,
    No,
}

/// Requests of this frame.
#[derive(Clone, Default)]
struct Asked(Vec<ReportAction>);

fn id() -> Id {
    Id::unique("asked of charts")
}

fn ask(ctx: &Context, action: ReportAction) {
    ctx.data_mut(|data| data.get_temp_mut_or_default::<Asked>(id()).0.push(action));
}

/// Takes the requests of this frame.
pub(crate) fn take(ctx: &Context) -> Vec<ReportAction> {
    ctx.data_mut(|data| data.remove_temp::<Asked>(id()))
        .unwrap_or_default()
        .0
}

/// A button with the menu; the chart is described when it is asked for.
pub(crate) fn button(ui: &mut Ui, names: NamesData, figure: impl Fn() -> PrintFigure) {
    ui.menu_button(tr("Save"), |ui| entries(ui, names, &figure))
        .response
        .on_hover_text(tr(
            "The chart as it is shown, as a file for a paper or as a card of the report",
        ));
}

/// The menu on a chart that has no room for buttons: by the other button of the mouse.
pub(crate) fn on_pointing(response: &Response, names: NamesData, figure: impl Fn() -> PrintFigure) {
    response.context_menu(|ui| entries(ui, names, &figure));
}

fn entries(ui: &mut Ui, names: NamesData, figure: &dyn Fn() -> PrintFigure) {
    if ui.button(tr("Add to report")).clicked() {
        let found = FoundCard {
            content: CardContent::Figure(figure()),
            names_data: names == NamesData::Yes,
        };
        ask(ui.ctx(), ReportAction::Add(Box::new(found)));
        ui.close();
    }
    for form in FigureForm::iter() {
        let word = form.to_string().to_uppercase();
        if ui.button(tr(format!("Save as {word}…"))).clicked() {
            ask(ui.ctx(), ReportAction::SaveFigure(Box::new(figure()), form));
            ui.close();
        }
    }
}

/// A button that puts a table into the report.
pub(crate) fn table_button(ui: &mut Ui, table: &ReportTable) {
    let button = ui
        .button(tr("Add to report"))
        .on_hover_text(tr("The table as it is, as a card of the report"));
    if button.clicked() {
        let mut cells = table.rows.iter().flatten();
        let found = FoundCard {
            names_data: cells.any(|cell| cell.is_data) && table.key != "settings",
            content: CardContent::Table(table.clone()),
        };
        ask(ui.ctx(), ReportAction::Add(Box::new(found)));
    }
}
