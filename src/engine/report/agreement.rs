//! Two runs user by user, as a table.

use super::{CellValue, Emphasis, ReportCell, ReportColumn, ReportTable};
use crate::run::{UserAgreement, UserPair};
use seqscope_base::spec::counted;

/// Users of a comparison, and how their ids are shown.
#[derive(Clone, Copy)]
pub struct AgreedUsers<'a> {
    /// The comparison.
    pub found: &'a UserAgreement,
    /// Places in it of the users to be listed, in order.
    pub listed: &'a [usize],
    /// Names of the two sides.
    pub sides: [&'a str; 2],
    /// Name of a user by the id in the runs.
    pub user: &'a dyn Fn(&str) -> String,
    /// Name of an item by the id in the runs.
    pub item: &'a dyn Fn(&str) -> String,
}

/// Table of users with rank and probability of the true item on either side.
#[must_use]
pub fn agreement_table(of: AgreedUsers<'_>) -> ReportTable {
    let AgreedUsers { found, sides, .. } = of;
    let [a, b] = sides;
    let by = found.by.measure();
    let columns = [
        ReportColumn::words("user", "User"),
        ReportColumn::words("item", "True item"),
        ReportColumn::numbers("rank_a", "Rank A").help(rank_help(a, found.n_runs[0])),
        ReportColumn::numbers("rank_b", "Rank B").help(rank_help(b, found.n_runs[1])),
        ReportColumn::numbers("probability_a", "Probability A")
            .help(probability_help(a, found.n_runs[0])),
        ReportColumn::numbers("probability_b", "Probability B")
            .help(probability_help(b, found.n_runs[1])),
        ReportColumn::numbers("difference", "Difference").help(format!(
            "{by} of A less that of B: above 0 where A is better"
        )),
    ];
    let title = format!("Users by {by}: A is {a}, B is {b}");
    let mut table = ReportTable::new("users", title, columns);
    table.lead = vec![lead(found, of.listed.len())];
    for pair in of.listed.iter().filter_map(|at| found.users.get(*at)) {
        table.row(cells(of, pair));
    }
    table.notes = notes(found);
    table
}

fn cells(of: AgreedUsers<'_>, pair: &UserPair) -> Vec<ReportCell> {
    let rank = |at: usize| {
        let rank = pair.ranks()[at];
        ReportCell::from(rank.is_finite().then_some(CellValue::Number(rank)))
    };
    let probability = |at: usize| {
        let value = pair.probabilities()[at];
        ReportCell::from(value.is_finite().then_some(CellValue::Probability(value)))
    };
    let difference = ReportCell::from(CellValue::Gain(pair.difference(of.found.by)));
    vec![
        (of.user)(&pair.user_id).into(),
        (of.item)(&pair.item_id).into(),
        rank(0),
        rank(1),
        probability(0),
        probability(1),
        difference.with(Emphasis::Strong),
    ]
}

fn lead(found: &UserAgreement, n_listed: usize) -> String {
    let counts = found.counts();
    let seeds = match found.n_runs {
        [1, 1] => String::new(),
        [a, b] => format!(
            " Mean of the {} over {} of A and {} of B.",
            found.by.measure(),
            counted(a, "seed"),
            counted(b, "seed")
        ),
    };
    format!(
        "{n_listed} of {}, {} of whom the two differ on. Among the first ten: both {}, only A {}, \
         only B {}, neither {}.{seeds}",
        counted(found.users.len(), "user"),
        found.by_size.len(),
        counts.both,
        counts.only_first,
        counts.only_second,
        counts.neither,
    )
}

fn notes(found: &UserAgreement) -> Vec<String> {
    let out = found.left_out;
    let note =
        |n: usize, why: &str| (n > 0).then(|| format!("Left out: {} {why}.", counted(n, "user")));
    [
        note(out.not_in_all, "not asked by every run"),
        note(
            out.other_target,
            "asked about another item by one of the runs",
        ),
        note(out.unknown, "without a number"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn rank_help(side: &str, n_runs: usize) -> String {
    let mean = if n_runs > 1 {
        ", the harmonic mean over the seeds"
    } else {
        ""
    };
    format!("Place of the true item in the list of {side}{mean}; none where it is a miss")
}

fn probability_help(side: &str, n_runs: usize) -> String {
    let mean = if n_runs > 1 {
        ", the geometric mean over the seeds"
    } else {
        ""
    };
    format!("Probability of the true item over all items by {side}{mean}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ReportForm;
    use crate::run::{AgreementBy, UserResult};

    #[test]
    fn users_are_listed_with_both_ranks_and_a_miss_has_none() {
        let results = |ranks: [f64; 2]| -> Vec<UserResult> {
            let users = ["u,1", "u2"].into_iter().zip(ranks);
            let result = |(user, rank): (&str, f64)| UserResult {
                user_id: user.to_owned(),
                item_id: "i".to_owned(),
                rank,
                probability: 1.0,
                predicted: None,
                answered: None,
                facts: None,
            };
            users.map(result).collect()
        };
        let (a, b) = (results([1.0, f64::INFINITY]), results([4.0, 2.0]));
        let found = UserAgreement::between(AgreementBy::ReciprocalRank, [&[&a], &[&b]]);
        let table = agreement_table(AgreedUsers {
            found: &found,
            listed: &found.by_size,
            sides: ["first", "second"],
            user: &|id| id.to_owned(),
            item: &|id| format!("<{id}>"),
        });
        let csv = table.written(ReportForm::Csv);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines,
            [
                "user,item,rank_a,rank_b,probability_a,probability_b,difference",
                "\"u,1\",<i>,1,4,1,1,0.75",
                "u2,<i>,,2,1,1,-0.5",
            ]
        );
        assert!(table.lead[0].contains("2 of 2 users"), "{:?}", table.lead);
        assert!(table.lead[0].contains("both 1, only A 0, only B 1, neither 0"));
    }
}
