//! Invented titles for the worlds' series and places, so that charts show words rather than
//! numbers.

const GENRES: [&str; 8] = [
    "Crime", "Fantasy", "Comedy", "Space", "Romance", "History", "Horror", "Nature",
];

const ADJECTIVES: [&str; 20] = [
    "Silent", "Golden", "Broken", "Hidden", "Northern", "Paper", "Crimson", "Hollow", "Distant",
    "Second", "Glass", "Restless", "Winter", "Borrowed", "Salt", "Quiet", "Iron", "Lost", "Velvet",
    "Open",
];

const NOUNS: [&str; 21] = [
    "Harbour", "Crown", "Letters", "Garden", "Station", "Tide", "Lantern", "Orchard", "Summit",
    "Bridge", "Archive", "Island", "Clock", "Canyon", "Theatre", "Comet", "Valley", "Compass",
    "River", "Market", "Signal",
];

/// Name of a series, such as `Crime: Silent Harbour`. No two series share one.
pub(super) fn series(at: usize) -> String {
    // 20 and 21 have no common divisor, so the pairs repeat only after 420 series.
    let pair = format!(
        "{} {}",
        ADJECTIVES[at % ADJECTIVES.len()],
        NOUNS[at % NOUNS.len()]
    );
    let round = at / (ADJECTIVES.len() * NOUNS.len());
    let genre = GENRES[at % GENRES.len()];
    if round == 0 {
        format!("{genre}: {pair}")
    } else {
        format!("{genre}: {pair} {}", season(round))
    }
}

/// Name of a place on a map, such as `Silent Harbour`; far places may share one.
pub(super) fn place(at: usize) -> String {
    format!(
        "{} {}",
        ADJECTIVES[at % ADJECTIVES.len()],
        NOUNS[at % NOUNS.len()]
    )
}

/// The name of a later round; letters, since a number follows for the part.
fn season(round: usize) -> String {
    std::iter::repeat_n('I', round + 1).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_series_share_a_name() {
        let names: std::collections::BTreeSet<String> = (0..2_000).map(super::series).collect();
        assert_eq!(names.len(), 2_000);
        assert!(names.iter().all(|name| name.is_ascii()));
    }
}
