//! Reports through their files and out of the program.

use std::fs;

use resvg::usvg::roxmltree::Document;

use super::*;
use crate::figure::{CurveFigure, FigureBody, FigureSeries, PictureError, PrintFigure, SeriesForm};
use crate::report::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable};
use crate::run::RunStore;

/// A name as it may be.
const ODD: &str = "</svg><script>alert(1)</script> & 影響 `x` | \"y\"";

fn figure(title: &str) -> PrintFigure {
    PrintFigure {
        title: title.to_owned(),
        caption: vec!["Trust: all checks held.".to_owned()],
        body: FigureBody::Curves(CurveFigure {
            series: vec![FigureSeries {
                name: ODD.to_owned(),
                points: vec![[1.0, 0.1 + 0.2], [2.0, f64::NAN], [3.0, 1e-9]],
                form: SeriesForm::Marked,
                ..FigureSeries::default()
            }],
            ..CurveFigure::default()
        }),
    }
}

fn table(n_rows: usize) -> ReportTable {
    let columns = [
        ReportColumn::words("run", "Run"),
        ReportColumn::numbers("gain", "Gain"),
        ReportColumn::intervals("gain_interval", "Interval"),
    ];
    let mut table = ReportTable::new("metrics", "Every metric", columns);
    for at in 0..n_rows {
        table.row([
            ReportCell::from(format!("{ODD} {at}")).of_data(),
            ReportCell::from(CellValue::Gain(0.1 + 0.2)).with(Emphasis::Strong),
            ReportCell::empty(),
        ]);
    }
    table
}

fn report() -> CardReport {
    let run = CardRun {
        id: RunId("2026-11-22_1432_a_0001".to_owned()),
        data: ODD.to_owned(),
        fingerprint: "0123456789abcdef".to_owned(),
        seed: 7,
        trust: "1 lacking".to_owned(),
    };
    let origin = CardOrigin::now(vec![run], 1_700_000_000);
    let named = CardOrigin {
        names_data: true,
        user: Some("user-17-secret".to_owned()),
        ..origin.clone()
    };
    CardReport {
        title: ODD.to_owned(),
        cards: vec![
            ReportCard::note(format!(
                "# Findings\n\n- one\n- **two** {ODD}\n\n![pixel](https://example.com/p.png) [a](https://example.com)"
            )),
            ReportCard::figure(figure("Loss"), origin.clone()),
            ReportCard::table(table(3), origin),
            ReportCard::figure(figure("Timeline of user-17-secret"), named),
        ],
    }
}

#[test]
fn a_report_comes_back_from_its_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    assert!(store.report_names().unwrap().is_empty());
    let report = report();
    store.keep_report("first", &report).unwrap();
    let read = store.report("first").unwrap();
    // NaN is not itself: the text of both tells whether they are alike.
    assert_eq!(format!("{read:?}"), format!("{report:?}"));
    assert!(store.list().unwrap().is_empty(), "the folder is no run");
    store.keep_report("second", &CardReport::default()).unwrap();
    let taken = store.rename_report("first", "second").unwrap_err();
    assert!(taken.to_string().contains("already"), "{taken}");
    store.rename_report("first", "third").unwrap();
    assert_eq!(store.report_names().unwrap(), ["second", "third"]);
    store.delete_report("third").unwrap();
    let unknown = store.report("third").unwrap_err().to_string();
    assert!(unknown.contains("there are `second`"), "{unknown}");
}

#[test]
fn a_damaged_a_newer_and_a_misnamed_report_get_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(folder.path());
    store.keep_report("a", &report()).unwrap();
    let path = folder.path().join("reports/a.ron");
    let whole = fs::read(&path).unwrap();
    let mut n_read = 0;
    for at in (0..whole.len()).step_by(37) {
        // Cut off there, and with one byte changed there.
        let mut changed = whole.clone();
        changed[at] ^= 0x15;
        for bytes in [&whole[..at], &changed] {
            fs::write(&path, bytes).unwrap();
            match store.report("a") {
                Ok(_) => n_read += 1,
                Err(error) => assert!(error.to_string().contains("; "), "{error}"),
            }
        }
    }
    assert!(n_read > 0, "a changed letter of a title is still a report");
    fs::write(&path, "(version: 2, report: (pages: []))").unwrap();
    let newer = store.report("a").unwrap_err().to_string();
    assert!(newer.contains("newer"), "{newer}");
    for name in ["../a", "a/b", "", ".a"] {
        let refused = store.report(name).unwrap_err().to_string();
        assert!(refused.contains("letters, digits"), "{refused}");
    }
}

#[test]
fn the_page_is_whole_by_itself_and_takes_nothing_for_markup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let (files, _) = write_report(&report(), &path, HiddenIds::Shown).unwrap();
    assert_eq!(files, std::slice::from_ref(&path));
    let page = fs::read_to_string(&path).unwrap();
    let lower = page.to_lowercase();
    for reach in [
        "<script",
        "src=",
        "@import",
        "url(http",
        "href=\"http",
        "<img",
        "<link",
    ] {
        assert!(!lower.contains(reach), "{reach}");
    }
    assert_eq!(page.matches("<svg").count(), 2);
    assert!(page.contains("trust: 1 lacking"));
    // Each picture, by itself, is well-formed, and no name is given twice.
    let pictures = page.split("<svg").skip(1);
    for picture in pictures {
        let end = picture.find("</svg>").unwrap();
        Document::parse(&format!("<svg{}</svg>", &picture[..end])).unwrap();
    }
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
}

#[test]
fn where_ids_are_hidden_no_card_that_names_one_goes_out() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["html", "md"] {
        let path = folder.path().join(format!("r.{ending}"));
        write_report(&report(), &path, HiddenIds::Hidden).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("user-17-secret") && text.contains("left out here"));
        write_report(&report(), &path, HiddenIds::Shown).unwrap();
        assert!(
            fs::read_to_string(&path)
                .unwrap()
                .contains("user-17-secret")
        );
    }
    // A card of a file that does not say so is taken to name somebody.
    let card: ReportCard = ron::from_str("(content: Table((key: \"a\", title: \"\", lead: [], columns: [], rows: [], notes: [])), origin: (runs: []))").unwrap();
    assert!(card.origin.names_data);
}

#[test]
fn markdown_names_files_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my report.md");
    let (files, _) = write_report(&report(), &path, HiddenIds::Shown).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let named: Vec<&str> = text
        .split("](my%20report-files/")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "02-loss.svg",
            "03-metrics.csv",
            "04-timeline-of-user-17-secret.svg"
        ]
    );
    for name in named {
        assert!(folder.path().join("my report-files").join(name).exists());
    }
    assert_eq!(files.len(), 4);
}

#[test]
fn a_long_table_is_set_on_several_pages_each_with_its_headings() {
    let mut long = report();
    long.cards = vec![ReportCard::table(table(150), CardOrigin::default())];
    let pages = super::pages::written(&long);
    assert!((3..6).contains(&pages.len()), "{}", pages.len());
    for page in &pages {
        let page = Document::parse(page).unwrap();
        let mut texts = page.descendants().filter(|node| node.has_tag_name("text"));
        assert!(texts.any(|text| text.text() == Some("Gain")));
        // Nothing stands outside of the edges.
        for text in page.descendants().filter(|node| node.has_tag_name("text")) {
            let y: f64 = text.attribute("y").unwrap().parse().unwrap();
            assert!((40.0..830.0).contains(&y), "{y}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.pdf");
    match write_report(&long, &path, HiddenIds::Shown) {
        Err(ExportError::Picture(PictureError::NoFonts)) => return,
        other => other.unwrap(),
    };
    let bytes = fs::read(&path).unwrap();
    let count = format!("/Count {}", pages.len());
    assert!(
        bytes
            .windows(count.len())
            .any(|part| part == count.as_bytes())
    );
    let odd = write_report(&long, &folder.path().join("r.docx"), HiddenIds::Shown);
    assert!(odd.unwrap_err().to_string().contains(".html, .md or .pdf"));
}
