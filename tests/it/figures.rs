//! `seqscope figure`, `table` and `report`: files for others, from runs on disk.

use std::fs;

use crate::place::{Place, TINY};

/// A place with a trained run.
fn trained() -> Place {
    let place = Place::new();
    place.write("tiny.ron", TINY);
    place
        .seqscope("train tiny.ron --runs runs --set training.epochs=2")
        .ok();
    place
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path(name)).unwrap()
}

#[test]
fn figures_and_tables_of_a_run_become_files_with_its_trust() {
    let place = trained();
    for (of, words) in [
        ("loss", "Loss (nats an event)"),
        ("metric", "NDCG@10"),
        ("metrics", "Value on test"),
        ("references", "Gain in NDCG@10 on test"),
        ("slices", "History length"),
        ("map", "First principal component"),
    ] {
        place
            .seqscope(&format!(
                "figure last --of {of} --to {of}.svg --width 85mm --runs runs"
            ))
            .ok();
        let svg = read(&place, &format!("{of}.svg"));
        assert!(svg.contains("width=\"85mm\""), "{of}: {}", &svg[..200]);
        assert!(svg.contains(words), "{of} without {words}");
        assert!(svg.contains("Trust of "), "{of}");
    }
    place
        .seqscope("table last --of metrics --to m.csv --runs runs")
        .ok();
    let csv = read(&place, "m.csv");
    // A number comes back to the last bit: its shortest text is its text.
    let value = csv.lines().nth(1).unwrap().split(',').nth(2).unwrap();
    assert_eq!(value.parse::<f64>().unwrap().to_string(), value);
    place
        .seqscope("table last --of metrics --to m.tex --runs runs")
        .ok();
    let tex = read(&place, "m.tex");
    assert!(tex.contains(r"\toprule") && tex.contains("Trust of"));
    place
        .seqscope("table last --of settings --to s.tex --runs runs")
        .fails(1, &["no setting differs"]);
    place
        .seqscope("figure last --of attention --to a.svg --runs runs")
        .fails(1, &["--user ID"]);
    place
        .seqscope("figure last --to a.docx --runs runs")
        .fails(1, &[".svg, .pdf or .png"]);
}

#[test]
fn the_usual_report_of_a_run_is_one_page() {
    let place = trained();
    place.seqscope("report last --to r.html --runs runs").ok();
    let page = read(&place, "r.html");
    assert!(page.matches("<svg").count() >= 4 && page.matches("<table").count() >= 3);
    let lower = page.to_lowercase();
    for reach in ["<script", "src=", "@import", "url(http", "href=\"http"] {
        assert!(!lower.contains(reach), "{reach}");
    }
    place
        .seqscope("report nowhere --to r.html --runs runs")
        .fails(1, &["nowhere"]);
}
