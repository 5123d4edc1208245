//! The palette: Ctrl+K, a few letters, Enter. Everything that can be asked, by name.

use egui::{Align2, Button, Key, KeyboardShortcut, Modifiers, RichText, ScrollArea, TextEdit, Ui};

use super::Actions;
use super::keys::KeySheet;
use super::manual;
use super::notices;
use super::shortcut::Shortcut;
use super::theme::{self, size};
use crate::app::{Action, App, Arrange, NamedAction, Select, find_names};
use crate::ui::language::{spoken, tr};
use seqscope_base::language::Language;

const OPEN: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::K);

/// Width and height of the list.
const WIDTH: f32 = 560.0;
const HEIGHT: f32 = 360.0;

/// Lines that stay in sight above the chosen one.
const LINES_BEFORE: usize = 6;

/// What a line of the palette does.
#[derive(Clone, Debug, PartialEq)]
enum Command {
    Ask(Action),
    Manual,
    Keys,
    Notices,
}

/// One line of the palette.
struct Line {
    name: String,
    /// The name in the language of the window.
    said: String,
    command: Command,
    /// Why it cannot be done now.
    why_not: Option<String>,
    key: Option<String>,
}

/// State of the palette: open while it has lines.
#[derive(Default)]
pub(super) struct Palette {
    is_open: bool,
    query: String,
    /// Language in which the lines were said.
    language: Language,
    /// Everything, as it stood when the palette was opened.
    lines: Vec<Line>,
    /// Lines that the query finds.
    found: Vec<usize>,
    /// Which of them Enter takes.
    chosen: usize,
}

impl Palette {
    pub(super) fn ui(&mut self, ui: &Ui, app: &App, keys: &mut KeySheet, actions: &mut Actions) {
        let ctx = ui.ctx().clone();
        if ctx.input_mut(|input| input.consume_shortcut(&OPEN)) {
            if self.is_open {
                self.is_open = false;
            } else {
                self.open(&ctx, app);
            }
        }
        if !self.is_open {
            return;
        }
        if self.language != spoken() {
            let query = std::mem::take(&mut self.query);
            self.open(&ctx, app);
            self.query = query;
            self.search();
        }
        let top = egui::Area::new(egui::Id::unique("palette"))
            .anchor(Align2::CENTER_TOP, [0.0, 72.0])
            .order(egui::Order::Foreground);
        let mut taken = None;
        let modal = egui::Modal::new(egui::Id::unique("palette"))
            .area(top)
            .show(&ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 80.0));
                self.field(ui);
                ui.separator();
                taken = self.list(ui);
            });
        if let Some(command) = taken {
            self.is_open = false;
            match command {
                Command::Ask(action) => actions.push(action),
                Command::Manual => manual::ask(&ctx),
                Command::Keys => keys.open(),
                Command::Notices => notices::ask(&ctx),
            }
        } else if modal.should_close() {
            self.is_open = false;
        }
    }

    fn open(&mut self, ctx: &egui::Context, app: &App) {
        let of_app = app.named_actions().into_iter().map(|named| {
            let NamedAction { name, action } = named;
            Line {
                why_not: app.enabled(&action).err(),
                key: Shortcut::of_action(ctx, app, &action),
                said: said(&action, &name),
                command: Command::Ask(action),
                name,
            }
        });
        let of_window = [
            ("Manual", "F1", Command::Manual),
            ("Keys", "?", Command::Keys),
            ("All notices of this session", "", Command::Notices),
        ];
        let of_window = of_window.map(|(name, key, command)| Line {
            name: name.to_owned(),
            said: tr(name),
            command,
            why_not: None,
            key: (!key.is_empty()).then(|| key.to_owned()),
        });
        self.lines = of_app.chain(of_window).collect();
        // What can be done comes first.
        self.lines.sort_by_key(|line| line.why_not.is_some());
        self.language = spoken();
        self.query.clear();
        self.search();
        self.is_open = true;
    }

    fn search(&mut self) {
        // A person may type in either language.
        let names: Vec<String> = self
            .lines
            .iter()
            .map(|line| format!("{} {}", line.said, line.name))
            .collect();
        self.found = find_names(names.iter().map(String::as_str), &self.query);
        self.chosen = 0;
    }

    fn field(&mut self, ui: &mut Ui) {
        // Before the field, which would move its own cursor by them.
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let last = self.found.len().saturating_sub(1);
        if pressed(Key::ArrowDown) {
            self.chosen = (self.chosen + 1).min(last);
        }
        if pressed(Key::ArrowUp) {
            self.chosen = self.chosen.saturating_sub(1);
        }
        let edit = TextEdit::singleline(&mut self.query)
            .hint_text(tr("Find anything that can be done"))
            .desired_width(f32::INFINITY);
        let field = ui.add(edit);
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr("Find")));
        field.request_focus();
        if field.changed() {
            self.search();
        }
    }

    /// The lines that were found; what a person took.
    fn list(&self, ui: &mut Ui) -> Option<Command> {
        if self.found.is_empty() {
            ui.weak(tr("Nothing of that name; try fewer letters."));
            return None;
        }
        let mut taken = None;
        let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
        let has_moved =
            ui.input(|input| input.key_pressed(Key::ArrowDown) || input.key_pressed(Key::ArrowUp));
        let mut list = ScrollArea::vertical();
        if has_moved {
            // The chosen line stays in sight, with some before it.
            let row = size::ROW + ui.spacing().item_spacing.y;
            let offset = self.chosen.saturating_sub(LINES_BEFORE) as f32 * row;
            list = list.vertical_scroll_offset(offset);
        }
        let height = HEIGHT.min(ui.ctx().content_rect().height() - 220.0);
        // Else it would stay as low as it was with the last search.
        list.max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, true])
            .show_rows(ui, size::ROW, self.found.len(), |ui, shown| {
                for at in shown {
                    let line = self.found.get(at).and_then(|&at| self.lines.get(at));
                    if let Some(line) = line
                        && line_ui(ui, line, at == self.chosen)
                    {
                        taken = Some(line.command.clone());
                    }
                }
            });
        let chosen = self
            .found
            .get(self.chosen)
            .and_then(|&at| self.lines.get(at));
        let entered = chosen.filter(|line| is_entered && line.why_not.is_none());
        taken.or_else(|| entered.map(|line| line.command.clone()))
    }
}

/// One line; whether it was clicked.
fn line_ui(ui: &mut Ui, line: &Line, is_chosen: bool) -> bool {
    let colors = theme::colors(ui);
    let width = ui.available_width();
    let why_not = line.why_not.as_deref().map(tr);
    let right = why_not.as_deref().or(line.key.as_deref());
    let button = Button::selectable(is_chosen, line.said.as_str())
        .right_text(
            RichText::new(right.unwrap_or_default())
                .small()
                .color(colors.weak),
        )
        .min_size(egui::vec2(width, size::ROW))
        .truncate();
    let button = ui.add_enabled(line.why_not.is_none(), button);
    match &line.why_not {
        Some(why_not) => button.on_disabled_hover_text(tr(why_not)).clicked(),
        None => button.clicked(),
    }
}

/// A name in the language of the window; titles of runs and paths stay as they are.
fn said(action: &Action, name: &str) -> String {
    let is_of_program = matches!(
        action,
        Action::GoTo(_)
            | Action::Select(Select::View(_))
            | Action::SetTheme(_)
            | Action::ChooseModel(_)
            | Action::ExportProfile(_)
            | Action::Arrange(Arrange::Ready(_) | Arrange::Put { .. } | Arrange::Chart(_))
    );
    let label = action.label();
    match name.strip_prefix(label) {
        Some("") => tr(label),
        Some(object) if is_of_program => {
            let object = object.trim_start_matches(": ");
            format!("{}{}{}", tr(label), tr(": "), tr(object))
        }
        Some(object) => {
            let object = object.trim_start_matches(": ");
            let (word, object) = match (action, object.strip_prefix("user ")) {
                (Action::Revisit(visit), Some(rest)) if visit.user_id.is_some() => {
                    (format!("{} ", tr("user")), rest)
                }
                _ => (String::new(), object),
            };
            format!("{}{}{word}{object}", tr(label), tr(": "))
        }
        None => match name.strip_prefix("Open ") {
            Some(path) => format!("{} {path}", tr("Open")),
            None => name.to_owned(),
        },
    }
}
