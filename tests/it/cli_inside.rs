//! Gates, latent spaces and maps on the command line.

use crate::place::{Place, TINY, runs_in, trained};

fn lines(text: &str) -> Vec<Vec<String>> {
    let rows = text.lines().filter(|line| !line.is_empty());
    rows.map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

/// The run of this name.
fn run_named(place: &Place, name: &str) -> String {
    let runs = runs_in(&place.path("runs"));
    runs.into_iter().find(|run| run.contains(name)).unwrap()
}

/// A place with a run of an autoencoder beside one of a VAE.
fn with_latent() -> Place {
    let place = Place::new();
    for (name, model) in [
        ("vae", "Vae(d_hidden: 12, d_latent: 5)"),
        ("plain", "Autoencoder(d_hidden: 12, d_latent: 5)"),
    ] {
        let of = TINY
            .replace(
                "Transformer(d_model: 16, n_layers: 1, d_ff: 16, seq_len: 16)",
                model,
            )
            .replace("\"tiny\"", &format!("\"{name}\""));
        place.write(&format!("{name}.ron"), of);
        place
            .seqscope(&format!("train {name}.ron --runs runs"))
            .ok();
    }
    place
}

#[test]
fn items_of_any_family_are_mapped_and_the_nearest_told() {
    let place = trained();
    for name in ["tiny", "recurrent"] {
        let run = run_named(place, name);
        let told = place
            .seqscope(&format!("map {run} --runs runs --format csv"))
            .ok();
        let rows = lines(&told.out);
        assert_eq!(rows[0], ["item", "title", "x", "y", "cluster", "events"]);
        assert_eq!(rows.len(), 21);
        // Principal components have mean 0.
        let mean = |at: usize| {
            rows[1..]
                .iter()
                .map(|row| row[at].parse::<f64>().unwrap())
                .sum::<f64>()
                / 20.0
        };
        assert!(mean(2).abs() < 1e-4 && mean(3).abs() < 1e-4);
        let again = place
            .seqscope(&format!("map {run} --runs runs --format csv"))
            .ok();
        assert_eq!(told.out, again.out);
        let turned = place.seqscope(&format!(
            "map {run} --runs runs --epoch 1 --onto 2 --format csv"
        ));
        assert_eq!(lines(&turned.ok().out).len(), 21);
        for method in ["tsne", "umap"] {
            let asked = format!("map {run} --runs runs --method {method}");
            let placed = place.seqscope(&format!("{asked} --format csv")).ok();
            let rows = lines(&placed.out);
            assert!(rows.len() == 21 && rows[1..].iter().all(|row| row[2] != "NaN"));
            let again = place.seqscope(&format!("{asked} --format csv")).ok();
            assert_eq!(placed.out, again.out, "{method}");
            let told = place.seqscope(&asked).ok();
            assert!(told.out.contains("Trustworthiness over"), "{}", told.out);
        }
        let item = &rows[3][0];
        // What says nothing of neighbours is not passed over in silence.
        for other in ["--onto 1", "--method umap"] {
            place
                .seqscope(&format!("map {run} --near {item} {other} --runs runs"))
                .fails(2, &["cannot be used with"]);
        }
        let near = place
            .seqscope(&format!("map {run} --near {item} --runs runs --format csv"))
            .ok();
        let near = lines(&near.out);
        assert_eq!(near.len(), 20, "all others");
        let cosines: Vec<f64> = near[1..]
            .iter()
            .map(|row| row[2].parse().unwrap())
            .collect();
        assert!(cosines.is_sorted_by(|a, b| a >= b) && near[1..].iter().all(|row| row[0] != *item));
    }
}

#[test]
fn gates_are_measured_printed_and_compared_with_others() {
    let place = trained();
    let run = run_named(place, "recurrent");
    let users = place
        .seqscope(&format!("predict {run} --all --to all.csv --runs runs"))
        .ok();
    drop(users);
    let all = std::fs::read_to_string(place.path("all.csv")).unwrap();
    let user = all
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    let asked = format!("gates {run} --user {user} --runs runs --format csv");
    let units = lines(&place.seqscope(&asked).ok().out);
    assert_eq!(units.len(), 17);
    assert_eq!(units[0][..3], ["unit", "variation", "behaviour"]);
    let values = lines(
        &place
            .seqscope(&format!("{asked} --values --value forget-gate"))
            .ok()
            .out,
    );
    assert_eq!(values[0].len(), 3 + 16);
    let gates = values[1..].iter().flat_map(|row| &row[3..]);
    assert!(
        gates
            .map(|v| v.parse::<f64>().unwrap())
            .all(|v| (0.0..=1.0).contains(&v))
    );
    // The variation told is that of the values told.
    let hidden = lines(&place.seqscope(&format!("{asked} --values")).ok().out);
    let first = &units[1];
    let at = 2 + first[0].parse::<usize>().unwrap();
    let column: Vec<f64> = hidden[1..]
        .iter()
        .map(|row| row[at].parse().unwrap())
        .collect();
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    let variance = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / column.len() as f64;
    assert!((variance.sqrt() - first[1].parse::<f64>().unwrap()).abs() < 1e-5);
    let like = lines(&place.seqscope(&format!("{asked} --like 0")).ok().out);
    assert!(like.len() > 2 && like[1..].iter().all(|row| row[0] != user));

    let tiny = run_named(place, "tiny");
    place
        .seqscope(&format!("gates {tiny} --user {user} --runs runs"))
        .fails(1, &["recurrent", "hint:"]);
    place
        .seqscope(&format!("{asked} --value forgetgate"))
        .fails(1, &["did you mean `forget gate`"]);
    place
        .seqscope(&format!("{asked} --layer 4"))
        .fails(1, &["1 to 1"]);
    place
        .seqscope(&format!("{asked} --like 999"))
        .fails(1, &["999"]);
    for other in ["--value cell", "--layer 1", "--sort gap", "--values"] {
        place
            .seqscope(&format!("{asked} --like 0 {other}"))
            .fails(2, &["cannot be used with"]);
    }
}

#[test]
fn a_latent_space_is_told_by_dimensions_users_traversals_and_drawings() {
    let place = with_latent();
    for name in ["vae", "plain"] {
        let run = run_named(&place, name);
        let csv = |rest: &str| {
            let said = place
                .seqscope(&format!("{rest} --runs runs --format csv"))
                .ok();
            lines(&said.out)
        };
        let dimensions = csv(&format!("latent {run}"));
        assert_eq!(dimensions.len(), 6);
        assert_eq!(
            dimensions[1][2].is_empty(),
            name == "plain",
            "{dimensions:?}"
        );
        let users = csv(&format!("map {run} --of users"));
        assert_eq!(users.len(), 61);
        let placed = csv(&format!("map {run} --of users --method umap"));
        assert_eq!(placed.len(), 61);
        let user = &users[7][0];
        let moved = csv(&format!("latent {run} --user {user} --dimension 2"));
        assert_eq!(moved.len(), 1 + 25 * 10);
        // The list in the middle is what the model predicts for that user.
        let own: Vec<&String> = moved[1..]
            .iter()
            .filter(|row| row[0] == "13")
            .map(|row| &row[3])
            .collect();
        let told = place
            .seqscope(&format!("predict {run} --user {user} --runs runs --json"))
            .ok()
            .json();
        let next = told["next"]
            .as_array()
            .or_else(|| told["items"].as_array())
            .unwrap();
        assert_eq!(own.len(), 10);
        assert_eq!(
            own.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            next.iter()
                .take(10)
                .map(|it| it["item"].as_str().unwrap())
                .collect::<Vec<_>>()
        );
        place
            .seqscope(&format!(
                "latent {run} --user {user} --dimension 9 --runs runs"
            ))
            .fails(1, &["1 to 5"]);
    }
    let vae = run_named(&place, "vae");
    let drawn = |seed: u64| {
        place
            .seqscope(&format!(
                "latent {vae} --draw {seed} --runs runs --format csv"
            ))
            .ok()
            .out
    };
    assert_eq!(drawn(4), drawn(4));
    assert_ne!(drawn(4), drawn(5));
    let plain = run_named(&place, "plain");
    place
        .seqscope(&format!("latent {plain} --draw 1 --runs runs"))
        .fails(1, &["no distribution", "hint:"]);
    let tiny = trained();
    let run = run_named(tiny, "tiny");
    tiny.seqscope(&format!("latent {run} --runs runs"))
        .fails(1, &["latent space", "hint:"]);
    for rest in ["--of users --method tsne", "--of users --onto 1"] {
        tiny.seqscope(&format!("map {run} {rest} --runs runs"))
            .fails(1, &["hint:"]);
    }
}
