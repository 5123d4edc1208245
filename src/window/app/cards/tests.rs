//! The report through actions alone, as a page asks for them.

use std::time::{Duration, Instant};

use super::*;
use crate::app::{Action, bare_app};
use seqscope_engine::figure::FigureSeries;

fn figure(title: &str) -> PrintFigure {
    let mut figure = PrintFigure {
        title: title.to_owned(),
        ..PrintFigure::default()
    };
    if let seqscope_engine::figure::FigureBody::Curves(curves) = &mut figure.body {
        curves.series = vec![FigureSeries {
            points: vec![[1.0, 2.0], [2.0, 1.0]],
            ..FigureSeries::default()
        }];
    }
    figure
}

fn add(title: &str) -> Action {
    Action::Report(ReportAction::Add(Box::new(FoundCard {
        content: CardContent::Figure(figure(title)),
        names_data: false,
    })))
}

fn until(app: &mut App, what: &str, is_so: impl Fn(&App) -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so(app) {
        assert!(Instant::now() < end, "waiting for {what}");
        app.receive();
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_written(app: &App) -> bool {
    !app.reports.is_writing && !app.reports.is_changed && app.reports.names.ready().is_some()
}

fn titles(app: &App) -> Vec<String> {
    let open = app.reports.open.ready();
    let cards = open.map_or(&[][..], |open| &open.cards);
    cards.iter().map(|one| one.card.title.clone()).collect()
}

#[test]
fn cards_are_kept_beside_the_runs_moved_taken_away_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = bare_app(folder.path());
    // Added before anything was read: the cards wait for the report.
    for title in ["a", "b", "c"] {
        app.apply(add(title));
    }
    until(&mut app, "the report", |app| titles(app).len() == 3);
    until(&mut app, "the file", is_written);
    let kept = |app: &App| {
        let report = app.runs.store.report("report-1").unwrap();
        let titles = report.cards.into_iter().map(|card| card.title);
        titles.collect::<Vec<_>>()
    };
    assert_eq!(kept(&app), ["a", "b", "c"]);
    app.apply(Action::Report(ReportAction::Move { from: 2, to: 0 }));
    app.apply(Action::Report(ReportAction::Remove(1)));
    assert_eq!(titles(&app), ["c", "b"]);
    app.apply(Action::Report(ReportAction::Undo));
    assert_eq!(titles(&app), ["c", "a", "b"]);
    // A word is one change, whatever the number of its letters.
    for title in ["L", "Lo", "Los", "Loss"] {
        let title = title.to_owned();
        app.apply(Action::Report(ReportAction::CardTitle { at: 0, title }));
    }
    assert_eq!(titles(&app)[0], "Loss");
    app.apply(Action::Report(ReportAction::Undo));
    assert_eq!(titles(&app), ["c", "a", "b"]);
    until(&mut app, "the file", is_written);
    assert_eq!(kept(&app), ["c", "a", "b"]);
    // Nothing beyond the cards can be asked for.
    let odd = Action::Report(ReportAction::Remove(3));
    assert!(app.enabled(&odd).is_err());
    app.apply(odd);
    assert_eq!(titles(&app).len(), 3);

    app.apply(Action::Report(ReportAction::Rename("Paper".to_owned())));
    until(&mut app, "the name", |app| app.reports.names() == ["Paper"]);
    let mut again = bare_app(folder.path());
    again.apply(Action::GoTo(crate::app::Page::Report));
    until(&mut again, "the report", |app| titles(app).len() == 3);
    assert_eq!(again.reports.name(), "Paper");
}

#[test]
fn a_damaged_report_is_told_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("reports")).unwrap();
    let path = folder.path().join("reports/report-1.ron");
    std::fs::write(&path, "(version: 1, report: (cards: [oh no").unwrap();
    let mut app = bare_app(folder.path());
    app.apply(Action::GoTo(crate::app::Page::Report));
    until(&mut app, "the fault", |app| {
        app.reports.open.failed().is_some()
    });
    let why = app.reports.open.failed().unwrap();
    assert!(why.contains("line 1"), "{why}");
    app.apply(add("a"));
    app.receive();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("oh no"), "{text}");
    // Another one can be begun beside it, and the card is not lost.
    app.apply(Action::Report(ReportAction::New));
    until(&mut app, "the card", |app| titles(app) == ["a"]);
    assert_eq!(app.reports.name(), "report-2");
}

#[test]
fn a_report_is_exported_and_a_chart_drawn_off_the_window_s_thread() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = bare_app(folder.path());
    app.apply(add("a"));
    until(&mut app, "the report", |app| titles(app).len() == 1);
    let to = folder.path().join("out/r.html");
    app.apply(Action::Report(ReportAction::Export(
        to.clone(),
        HiddenIds::Shown,
    )));
    assert!(app.reports.is_exporting());
    until(&mut app, "the export", |app| !app.reports.is_exporting());
    assert!(std::fs::read_to_string(&to).unwrap().contains("<svg"));
    let card = app.reports.open.ready().unwrap().cards[0].id;
    let ask = PictureAsk {
        card,
        width: 400,
        per_point: 100,
        is_dark: true,
    };
    app.apply(Action::Report(ReportAction::Draw(ask)));
    assert!(app.reports.picture(&ask).is_loading());
    until(&mut app, "the picture", |app| {
        !app.reports.picture(&ask).is_loading()
    });
    if let Some(picture) = app.reports.picture(&ask).ready() {
        assert_eq!(picture.width, 400);
        assert_eq!(
            picture.rgba.len(),
            4 * (picture.width * picture.height) as usize
        );
    }
}
