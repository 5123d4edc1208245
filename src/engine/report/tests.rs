//! Each face of a small table to the letter, and what foreign text must not do to it.

use super::*;
use crate::run::RunId;
use seqscope_base::metric::statistics::Interval;
use strum::IntoEnumIterator as _;

fn bounds(low: f64, high: f64) -> ReportCell {
    CellValue::Interval(Interval { low, high }).into()
}

fn run(name: &str) -> ReportCell {
    CellValue::Run(RunId(name.to_owned())).into()
}

fn metric(value: f64) -> ReportCell {
    CellValue::Metric(value).into()
}

/// Two runs, of which the second is better, as a comparison tells it.
fn small() -> ReportTable {
    let columns = [
        ReportColumn::words("run", "Run"),
        ReportColumn::numbers("value", "NDCG@10").help("Mean of the gains"),
        ReportColumn::intervals("interval", "Interval"),
        ReportColumn::numbers("gain", "Gain"),
        ReportColumn::numbers("p", "p"),
        ReportColumn::numbers("trials", "Trials"),
    ];
    let mut table = ReportTable::new("small", "NDCG@10 on test", columns);
    table.lead.push("95 % intervals.".to_owned());
    table.row([run("a_1"), metric(0.125), bounds(0.1, 0.15)]);
    table.row([
        run("b_2"),
        metric(0.25).with(Emphasis::Strong),
        ReportCell::unknown_because("too few users"),
        CellValue::Gain(-0.125).into(),
        CellValue::PValue(0.000_012_345).into(),
        CellValue::Count(12_345).into(),
    ]);
    table.notes.push("`a_1` is the first.".to_owned());
    table
}

#[test]
fn a_terminal_shows_columns_that_line_up() {
    let expected = "\
NDCG@10 on test: 95 % intervals.
Run  NDCG@10          Interval     Gain         p  Trials
a_1   0.1250  0.1000 to 0.1500
b_2   0.2500                 –  -0.1250  < 0.0001  12,345
`a_1` is the first.
";
    assert_eq!(small().written(ReportForm::Text), expected);
}

#[test]
fn json_has_typed_values_under_the_columns_keys() {
    let told: serde_json::Value = serde_json::from_str(&small().written(ReportForm::Json)).unwrap();
    let expected = serde_json::json!({
        "key": "small",
        "title": "NDCG@10 on test",
        "lead": ["95 % intervals."],
        "columns": [
            { "key": "run", "title": "Run", "help": "" },
            { "key": "value", "title": "NDCG@10", "help": "Mean of the gains" },
            { "key": "interval", "title": "Interval", "help": "" },
            { "key": "gain", "title": "Gain", "help": "" },
            { "key": "p", "title": "p", "help": "" },
            { "key": "trials", "title": "Trials", "help": "" },
        ],
        "rows": [
            { "run": "a_1", "value": 0.125, "interval": { "low": 0.1, "high": 0.15 },
              "gain": null, "p": null, "trials": null },
            { "run": "b_2", "value": 0.25, "interval": null,
              "gain": -0.125, "p": 0.000_012_345, "trials": 12_345 },
        ],
        "notes": ["`a_1` is the first."],
    });
    assert_eq!(told, expected);
}

#[test]
fn csv_has_all_digits_and_a_column_for_each_bound() {
    let expected = "\
run,value,interval_low,interval_high,gain,p,trials
a_1,0.125,0.1,0.15,,,
b_2,0.25,,,-0.125,0.000012345,12345
";
    assert_eq!(small().written(ReportForm::Csv), expected);
}

#[test]
fn markdown_marks_what_stands_out() {
    let expected = "\
**NDCG@10 on test:** 95 % intervals.

| Run | NDCG@10 | Interval | Gain | p | Trials |
| :--- | ---: | ---: | ---: | ---: | ---: |
| a_1 | 0.1250 | 0.1000 to 0.1500 |  |  |  |
| b_2 | **0.2500** | – | -0.1250 | \\< 0.0001 | 12,345 |

`a_1` is the first.
";
    assert_eq!(small().written(ReportForm::Markdown), expected);
}

#[test]
fn latex_is_a_table_of_booktabs() {
    let expected = r"% \usepackage{booktabs}
\begin{table}
\centering
\caption{NDCG@10 on test: 95 \% intervals.}
\label{tab:small}
\begin{tabular}{lrrrrr}
\toprule
Run & NDCG@10 & Interval & Gain & p & Trials \\
\midrule
a\_1 & 0.1250 & 0.1000 to 0.1500 &  &  &  \\
b\_2 & \textbf{0.2500} & -- & $-$0.1250 & \textless{} 0.0001 & 12,345 \\
\bottomrule
\end{tabular}
\par\smallskip\footnotesize
\texttt{a\_1} is the first.
\end{table}
";
    assert_eq!(small().written(ReportForm::Latex), expected);
}

/// A table of one column of words and one of numbers, each row with this text.
fn of_text(text: &str) -> ReportTable {
    let columns = [
        ReportColumn::words("item", "Item"),
        ReportColumn::numbers("n", "n"),
    ];
    let mut table = ReportTable::new("odd", "", columns);
    table.row([text.into(), CellValue::Count(1).into()]);
    table
}

/// The last line of a table of one row that holds it.
fn line_of(text: &str, form: ReportForm, holds: &str) -> String {
    let written = of_text(text).written(form);
    let lines: Vec<&str> = written
        .lines()
        .filter(|line| line.contains(holds))
        .collect();
    lines.last().copied().unwrap_or_default().to_owned()
}

#[test]
fn foreign_text_stays_in_its_cell() {
    for (text, csv, markdown, latex) in [
        ("a|b", "a|b,1", r"| a\|b | 1 |", r"a\textbar{}b & 1 \\"),
        ("=1+1", "=1+1,1", "| =1+1 | 1 |", r"=1+1 & 1 \\"),
        ("", "\"\",1", "|  | 1 |", r" & 1 \\"),
        (
            "a,\"b\"",
            "\"a,\"\"b\"\"\",1",
            "| a,\"b\" | 1 |",
            "a,\"b\" & 1 \\\\",
        ),
        (
            "霸王别姬",
            "霸王别姬,1",
            "| 霸王别姬 | 1 |",
            r"霸王别姬 & 1 \\",
        ),
        (
            "a_b _c_",
            "a_b _c_,1",
            r"| a_b \_c\_ | 1 |",
            r"a\_b \_c\_ & 1 \\",
        ),
        ("[x]*", "[x]*,1", r"| \[x\]\* | 1 |", r"{[}x{]}{*} & 1 \\"),
        (
            r"&%_$#{}~^\",
            r"&%_$#{}~^\,1",
            r"| \&%\_\$#{}\~^\\ | 1 |",
            r"\&\%\_\$\#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{} & 1 \\",
        ),
    ] {
        assert_eq!(line_of(text, ReportForm::Csv, "1"), csv, "{text}");
        assert_eq!(line_of(text, ReportForm::Markdown, "1"), markdown, "{text}");
        assert_eq!(line_of(text, ReportForm::Latex, "& 1"), latex, "{text}");
    }
}

#[test]
fn a_line_end_in_a_cell_ends_no_row() {
    let table = of_text("a\nb");
    for form in [ReportForm::Text, ReportForm::Markdown, ReportForm::Latex] {
        let plain = of_text("ab").written(form).lines().count();
        assert_eq!(table.written(form).lines().count(), plain, "{form}");
    }
    assert_eq!(table.written(ReportForm::Csv), "item,n\n\"a\nb\",1\n");
    let told: serde_json::Value = serde_json::from_str(&table.written(ReportForm::Json)).unwrap();
    assert_eq!(told["rows"][0]["item"], "a\nb");
}

#[test]
fn wide_letters_line_up_on_a_terminal() {
    let mut table = of_text("霸王别姬");
    table.row(["a\u{7}\nb".into(), CellValue::Count(20).into()]);
    let expected = "Item             n\n霸王别姬         1\na\\u0007\\u000ab  20\n";
    assert_eq!(table.written(ReportForm::Text), expected);
}

#[test]
fn what_is_no_finite_number_is_said_to_be_none() {
    let mut table = ReportTable::new("odd", "", [ReportColumn::numbers("n", "n")]);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        table.row([metric(value)]);
    }
    assert_eq!(table.written(ReportForm::Text), " n\n –\n ∞\n-∞\n");
    assert_eq!(table.written(ReportForm::Csv), "n\n\ninf\n-inf\n");
    assert!(
        table
            .written(ReportForm::Latex)
            .contains("$-$$\\infty$ \\\\")
    );
    let told: serde_json::Value = serde_json::from_str(&table.written(ReportForm::Json)).unwrap();
    assert!(
        told["rows"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["n"].is_null())
    );
}

#[test]
fn every_face_of_an_empty_table_has_its_headings() {
    let table = ReportTable::new("empty", "Nothing", [ReportColumn::words("a", "Heading")]);
    for form in ReportForm::iter().filter(|form| *form != ReportForm::Csv) {
        assert!(table.written(form).contains("Heading"), "{form}");
    }
    assert_eq!(table.written(ReportForm::Csv), "a\n");
}

#[test]
fn several_tables_stand_one_below_the_other() {
    let tables = [small(), of_text("x")];
    let text = written(&tables, ReportForm::Text);
    assert!(text.ends_with("first.\n\nItem  n\nx     1\n"), "{text}");
    let told: serde_json::Value =
        serde_json::from_str(&written(&tables, ReportForm::Json)).unwrap();
    assert_eq!(told.as_array().map(Vec::len), Some(2));
}
