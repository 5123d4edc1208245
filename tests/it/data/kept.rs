//! A log that was opened before is opened from the copy that was kept of it, with the same outcome.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::place::{Place, Said};

/// A log large enough to be kept.
fn large_log() -> String {
    let mut rows = String::from("user_id,item_id,timestamp,comment\n");
    let comment = "x".repeat(200);
    for row in 0..24_000 {
        writeln!(
            rows,
            "{},{},{},{comment}",
            row % 97,
            (row * row) % 61,
            1_600_000_000 + 31 * row
        )
        .unwrap();
    }
    rows
}

fn copies(place: &Place) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(place.path("cache")) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn open(place: &Place) -> Said {
    place.run(&["data", "log.csv", "--json"]).ok()
}

#[test]
fn a_log_is_opened_again_from_its_copy() {
    let place = Place::new();
    let text = large_log();
    place.write("log.csv", &text);
    let first = open(&place).json();
    assert_eq!(first["events"], 24_000);
    let [copy] = copies(&place).try_into().unwrap();
    let written = std::fs::read(&copy).unwrap();
    assert_eq!(open(&place).json(), first);
    assert_eq!(
        std::fs::read(&copy).unwrap(),
        written,
        "the second opening reads the copy"
    );

    // A copy that is damaged is written anew.
    std::fs::write(&copy, &written[..written.len() / 2]).unwrap();
    assert_eq!(open(&place).json(), first);
    assert_eq!(std::fs::read(&copy).unwrap(), written);

    // The same log with other bytes is another log.
    place.write("log.csv", text.replacen("\n0,0,", "\n0,999,", 1));
    assert_eq!(
        open(&place).json()["items"],
        first["items"].as_u64().unwrap() + 1
    );
    assert_eq!(copies(&place).len(), 2);
}

#[test]
fn no_copy_is_kept_where_none_is_wanted() {
    let place = Place::new();
    place.write("log.csv", large_log());
    let output = place
        .command(&["data", "log.csv", "--json"])
        .env("SEQSCOPE_CACHE", "off")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(copies(&place).is_empty());
}
