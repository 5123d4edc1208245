//! Walls between crates: which crate knows which, and where the heavy ones live.

use std::collections::BTreeSet;

use crate::source::root;

/// Our crates in order: each may know those before it, and the two faces know not each other.
const CRATES: [&str; 6] = ["base", "data", "model", "engine", "window", "commands"];

/// Member without code that tests of the others depend on, see its `lib.rs`.
const SHARED_BUILD: &str = "shared_build";

/// Crates that cost much to build or tie us to one library, and the members that may name them.
const HOMES: [(&str, &[&str]); 27] = [
    ("polars", &["data"]),
    ("rusqlite", &["data"]),
    ("rayon", &["data", "model", "engine"]),
    ("gemm", &["model"]),
    ("pulp", &["model"]),
    ("hashbrown", &["data"]),
    ("memchr", &["data"]),
    ("bytemuck", &["data"]),
    ("dirs", &["data"]),
    ("blake3", &["data"]),
    ("zeroize", &["data"]),
    ("burn", &["model"]),
    ("burn-wgpu", &["model"]),
    ("ron", &["engine"]),
    ("nvml-wrapper", &["engine"]),
    ("sysinfo", &["engine"]),
    ("pdf-writer", &["engine"]),
    ("resvg", &["engine"]),
    ("pulldown-cmark", &["engine"]),
    ("egui", &["window"]),
    ("eframe", &["window"]),
    ("egui_plot", &["window"]),
    ("egui_extras", &["window"]),
    ("rfd", &["window"]),
    ("clap", &["commands"]),
    ("indicatif", &["commands"]),
    ("ctrlc", &["commands"]),
];

#[test]
fn heavy_crates_stay_at_home() {
    let complaints = members()
        .into_iter()
        .flat_map(|(name, text)| strangers(&name, &text));
    crate::source::assert_clean(&complaints.collect::<Vec<_>>());
}

#[test]
fn crates_know_only_those_inside_them() {
    let complaints = members()
        .into_iter()
        .flat_map(|(name, text)| outward(&name, &text));
    crate::source::assert_clean(&complaints.collect::<Vec<_>>());
}

#[test]
fn every_crate_has_its_place() {
    let listed = std::fs::read_dir(root().join("src")).unwrap();
    let folders: BTreeSet<String> = listed
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> = CRATES
        .into_iter()
        .chain([SHARED_BUILD])
        .map(str::to_owned)
        .collect();
    assert_eq!(
        folders, known,
        "give a new crate its place in this list and on the map"
    );
}

/// Elsewhere the system's own crates differ, and with them what is asked for.
#[cfg(target_os = "linux")]
#[test]
fn tests_of_one_crate_are_built_with_the_features_of_all() {
    let all = tree("--workspace");
    let complaints = CRATES
        .into_iter()
        .filter(|name| *name != "base")
        .flat_map(|name| built_anew(name, &tree(&format!("--package=seqscope-{name}")), &all));
    crate::source::assert_clean(&complaints.collect::<Vec<_>>());
}

/// Packages with their features, one a line, as `name vVERSION|feature,feature`.
#[cfg(target_os = "linux")]
fn tree(package: &str) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = std::process::Command::new(cargo)
        .current_dir(root())
        .args(["tree", package, "--locked", "--offline"])
        .args(["--edges=normal,build,dev", "--prefix=none"])
        .args(["--format={p}|{f}"])
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    String::from_utf8(tree.stdout).unwrap()
}

/// Complaints about what the tests of a crate alone would compile with other features than those
/// of all crates.
fn built_anew(member: &str, alone: &str, all: &str) -> BTreeSet<String> {
    // A tree names a package again, with a mark, where more than one asks for it.
    let packages = |tree| str::lines(tree).map(|line| line.trim_end_matches(" (*)"));
    let known: BTreeSet<&str> = packages(all).collect();
    packages(alone)
        .filter(|line| !line.starts_with("seqscope") && !known.contains(line))
        .map(|line| {
            format!(
                "src/{SHARED_BUILD}/Cargo.toml: `cargo test -p seqscope-{member}` would compile `{line}` \
                 anew; name the crate there that asks for more of its features"
            )
        })
        .collect()
}

#[test]
fn a_planted_second_build_is_seen() {
    let all = "half v2.7.1|default,std\nhalf v2.7.1|std (*)\nseqscope v0.1.0|gui\n";
    let told = built_anew("model", "half v2.7.1|\nseqscope v0.1.0|\n", all);
    assert!(
        told.len() == 1
            && told
                .iter()
                .all(|told| told.starts_with("src/shared_build/Cargo.toml: ")
                    && told.contains("`half v2.7.1|`")),
        "{told:?}"
    );
    assert!(built_anew("model", "half v2.7.1|std\n", all).is_empty());
}

#[test]
fn a_panic_unwinds_in_release_builds_too() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(
        !manifest.contains("panic = \"abort\""),
        "a panic in training must become a failed run"
    );
}

/// Name and manifest of each member.
fn members() -> Vec<(String, String)> {
    CRATES
        .iter()
        .map(|name| {
            let path = root().join("src").join(name).join("Cargo.toml");
            (
                (*name).to_owned(),
                std::fs::read_to_string(&path)
                    .unwrap_or_else(|e| panic!("{}: {e}", path.display())),
            )
        })
        .collect()
}

/// Dependencies that are built with the crate, not those of its tests, with the line.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for (at, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
        } else if section.ends_with("dependencies") && !section.ends_with("dev-dependencies") {
            let name: String = line
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '-' || *c == '_')
                .collect();
            if !name.is_empty() {
                found.push((at + 1, name));
            }
        }
    }
    found
}

fn strangers(member: &str, manifest: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (line, name) in dependencies(manifest) {
        let home = HOMES.iter().find(|(heavy, _)| *heavy == name);
        if let Some((_, homes)) = home.filter(|(_, homes)| !homes.contains(&member)) {
            complaints.push(format!(
                "src/{member}/Cargo.toml:{line}: `{name}` lives in {homes:?} only; ask that crate for plain numbers"
            ));
        }
    }
    complaints
}

fn outward(member: &str, manifest: &str) -> Vec<String> {
    let place = |name: &str| CRATES.iter().position(|known| *known == name);
    let mut complaints = Vec::new();
    for (line, name) in dependencies(manifest) {
        let Some(ours) = name.strip_prefix("seqscope-") else {
            continue;
        };
        // The member without code has no place, and is one of tests alone.
        let is_outward = place(ours).is_none() || place(ours) >= place(member) || ours == "window";
        if is_outward {
            complaints.push(format!(
                "src/{member}/Cargo.toml:{line}: `{member}` must not know `{ours}`; move what both need inwards"
            ));
        }
    }
    complaints
}

#[test]
fn a_planted_heavy_crate_is_seen() {
    let planted = "[dependencies]\nserde.workspace = true\npolars.workspace = true\n";
    let told = strangers("engine", planted);
    assert!(
        told.len() == 1 && told[0].starts_with("src/engine/Cargo.toml:3: `polars`"),
        "{told:?}"
    );
    assert!(strangers("data", planted).is_empty());
    let for_tests = "[dev-dependencies]\npolars.workspace = true\n";
    assert!(strangers("engine", for_tests).is_empty());
    let on_unix = "[target.'cfg(unix)'.dependencies]\nctrlc = \"3\"\n";
    assert_eq!(strangers("window", on_unix).len(), 1);
}

#[test]
fn a_planted_crate_outwards_is_seen() {
    let planted = "[dependencies]\nseqscope-engine.workspace = true\n";
    assert_eq!(outward("model", planted).len(), 1);
    assert_eq!(outward("engine", planted).len(), 1);
    assert!(outward("window", planted).is_empty());
    let shared = "[dependencies]\nseqscope-shared-build.workspace = true\n";
    assert_eq!(outward("model", shared).len(), 1);
    assert!(outward("model", &shared.replace("[dep", "[dev-dep")).is_empty());
    assert_eq!(
        outward(
            "commands",
            "[dependencies]\nseqscope-window = { path = \"x\" }\n"
        )
        .len(),
        1
    );
}
