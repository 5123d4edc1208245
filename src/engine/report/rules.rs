//! Rules that a model keeps, as tables: a tree that imitates it, and what follows what.

use super::{CellValue, ItemNames, ReportCell, ReportColumn, ReportTable, words};
use crate::explain::{BigramRule, BigramRules, Fidelity, ImitationTree, LeafUsers};
use seqscope_base::spec::counted;

/// The tables of a tree: how well it imitates the model, its nodes as an outline, and its rules.
#[must_use]
pub fn tree_tables(of: &ImitationTree) -> Vec<ReportTable> {
    vec![fidelity_table(of), outline_table(of), rules_table(of)]
}

/// Said of a tree that may know no more than one answer does.
const UNSURE: &str = "It is not sure that the tree imitates the model better than always saying the \
                      most common answer would: its rules explain little.";

fn fidelity_table(of: &ImitationTree) -> ReportTable {
    let columns = [
        ReportColumn::words("users", "Users"),
        ReportColumn::numbers("n", "Number"),
        ReportColumn::numbers("fidelity", "Fidelity")
            .help("Share of the users of whom the tree says what the model says"),
        ReportColumn::intervals("interval", "95 % interval").help("Wilson's score interval"),
        ReportColumn::numbers("constant", "Most common answer")
            .help("Share of whom one and the same answer, the most common, is what the model says"),
        ReportColumn::numbers("kappa", "Cohen's κ")
            .help("Agreement beyond chance: 1 where all agree, 0 where no more do than by chance"),
    ];
    let mut table = ReportTable::new("fidelity", "How well the tree imitates the model", columns);
    table.lead = vec![format!("The tree says the {}.", of.what)];
    let mut row = |users: &str, fidelity: &Fidelity| {
        let kappa = fidelity.kappa.map_or_else(
            || ReportCell::unknown_because("Both say one thing only"),
            |value| CellValue::Decimals { value, digits: 2 }.into(),
        );
        table.row([
            users.into(),
            CellValue::Count(fidelity.n_users).into(),
            CellValue::Share(fidelity.share).into(),
            CellValue::Interval(fidelity.interval).into(),
            CellValue::Share(fidelity.constant).into(),
            kappa,
        ]);
    };
    row("held out", &of.fidelity);
    row("grown on", &of.on_grown);
    if !of.fidelity.is_sure() && of.tree.nodes.len() > 1 {
        table.notes.push(UNSURE.to_owned());
    }
    table.notes.push(format!(
        "Users held out took no part in growing the tree; a leaf has at least {}.",
        counted(of.min_leaf, "user")
    ));
    table.notes.extend(of.notes.iter().cloned());
    let n_asked = of.fidelity.n_users + of.on_grown.n_users;
    if n_asked + of.n_silent < of.n_users {
        table.notes.push(format!(
            "{} of {} were drawn.",
            words::count(n_asked + of.n_silent),
            counted(of.n_users, "user")
        ));
    }
    if of.n_silent > 0 {
        table.notes.push(format!(
            "To {} the model has nothing to say; they are left out.",
            counted(of.n_silent, "user")
        ));
    }
    table
}

/// Columns on whom a node or rule is about.
fn user_columns() -> [ReportColumn; 4] {
    [
        ReportColumn::numbers("users", "Users").help("Users that the tree was grown on"),
        ReportColumn::numbers("as_model", "As the model")
            .help("Share of them of whom the model says the same"),
        ReportColumn::numbers("held_out", "Held out").help("Users held out that come here"),
        ReportColumn::numbers("held_out_as_model", "As the model").help("Share of those"),
    ]
}

fn user_cells(leaf: &LeafUsers) -> [ReportCell; 4] {
    let share = |part: usize, whole: usize| {
        if whole == 0 {
            return ReportCell::unknown_because("No user held out comes here");
        }
        CellValue::Share(part as f64 / whole as f64).into()
    };
    let (grown, held_out) = (leaf.grown.len(), leaf.held_out.len());
    [
        CellValue::Count(grown).into(),
        share(leaf.n_grown_agree, grown),
        CellValue::Count(held_out).into(),
        share(leaf.n_held_agree, held_out),
    ]
}

fn outline_table(of: &ImitationTree) -> ReportTable {
    let columns = [
        ReportColumn::words("node", "Node"),
        ReportColumn::words("says", "Says"),
        ReportColumn::numbers("users", "Users").help("Users that the tree was grown on"),
        ReportColumn::numbers("as_model", "As the model")
            .help("Share of them of whom the model says the same"),
    ];
    let mut table = ReportTable::new("tree", "The tree", columns);
    for (at, node) in of.tree.nodes.iter().enumerate() {
        let above = node
            .parent
            .and_then(|parent| of.tree.nodes.get(parent)?.split);
        let how = match above {
            None => "all users".to_owned(),
            Some(split) if split.yes == at => of.test_words(node.parent.unwrap_or(0)),
            Some(_) => "otherwise".to_owned(),
        };
        table.row([
            format!("{}{how}", "· ".repeat(node.depth)).into(),
            ReportCell::from(of.class_words(at)).of_data(),
            CellValue::Count(node.n_rows()).into(),
            CellValue::Share(node.share()).into(),
        ]);
    }
    table
}

fn rules_table(of: &ImitationTree) -> ReportTable {
    let (then, condition) = (
        ReportColumn::words("then", "Says"),
        ReportColumn::words("if", "If"),
    );
    let columns = std::iter::once(then)
        .chain(user_columns())
        .chain([condition]);
    let mut table = ReportTable::new("rules", "The rules read off it", columns);
    for leaf in &of.leaves {
        let conditions = of.conditions(leaf.node);
        let conditions = if conditions.is_empty() {
            "always".to_owned()
        } else {
            conditions
        };
        let says = std::iter::once(ReportCell::from(of.class_words(leaf.node)).of_data());
        table.row(says.chain(user_cells(leaf)).chain([conditions.into()]));
    }
    table
}

/// The table of what follows what.
#[must_use]
pub fn bigrams_table(of: &BigramRules, names: ItemNames<'_>) -> ReportTable {
    let own = |rule: &BigramRule| -> Vec<u32> {
        let antecedent = rule.antecedent.iter().copied();
        antecedent.chain([rule.consequence]).collect()
    };
    let has_titles = names.have_titles(of.rules.iter().flat_map(own));
    let listed = format!("In first {}", of.top);
    let columns = [
        ReportColumn::words("after", "After"),
        ReportColumn::words("comes", "Comes"),
        ReportColumn::numbers("support", "Support")
            .help("Number of times it came true among the training events"),
        ReportColumn::numbers("users", "Users").help("Number of users of whom it came true"),
        ReportColumn::numbers("confidence", "Confidence")
            .help("Share of the times that anything followed the antecedent"),
        ReportColumn::numbers("lift", "Lift")
            .help("Confidence over the share of the consequence after anything"),
        ReportColumn::numbers("asked", "Asked").help(
            "Histories ending in the antecedent after which the model was asked, and may list the \
             consequence",
        ),
        ReportColumn::numbers("first", "Obeyed")
            .help("Share of its answers that have the consequence first"),
        ReportColumn::numbers("listed", listed)
            .help("Share of its answers that list the consequence"),
    ];
    let ids = [
        ReportColumn::words("after_ids", "Ids").detail(),
        ReportColumn::words("comes_id", "Id").detail(),
    ];
    let columns = columns
        .into_iter()
        .chain(ids.into_iter().filter(|_| has_titles));
    let title = "What follows what, and whether the model obeys";
    let mut table = ReportTable::new("bigrams", title, columns);
    for rule in &of.rules {
        let joined = |name: &dyn Fn(u32) -> String| {
            let names: Vec<String> = rule.antecedent.iter().map(|own| name(*own)).collect();
            names.join(", ")
        };
        let ids = [joined(names.id), (names.id)(rule.consequence)];
        let cells = [
            ReportCell::from(joined(names.label)).of_data(),
            ReportCell::from((names.label)(rule.consequence)).of_data(),
            CellValue::Count(rule.support).into(),
            CellValue::Count(rule.n_users).into(),
            CellValue::Share(rule.confidence).into(),
            CellValue::Decimals {
                value: rule.lift,
                digits: 1,
            }
            .into(),
            CellValue::Count(rule.n_asked).into(),
            obeyed(rule, rule.n_first),
            obeyed(rule, rule.n_listed),
        ];
        let ids = ids.map(|id| ReportCell::from(id).of_data()).into_iter();
        table.row(cells.into_iter().chain(ids.filter(|_| has_titles)));
    }
    table.notes = bigram_notes(of);
    table
}

fn obeyed(rule: &BigramRule, n: usize) -> ReportCell {
    if rule.n_asked == 0 {
        return ReportCell::unknown_because(
            "Everybody asked has the consequence already, and seen items are left out of the list",
        );
    }
    CellValue::Share(n as f64 / rule.n_asked as f64).into()
}

/// What is listed and what is not, in sentences.
fn bigram_notes(of: &BigramRules) -> Vec<String> {
    let cut = of.cut;
    let reasons = [
        (cut.n_rare, "came true too rarely"),
        (cut.n_unsure, "are not sure enough"),
        (
            cut.n_lifeless,
            "are no likelier than without the antecedent",
        ),
        (cut.n_beyond, "come after the last that is listed"),
    ];
    let told: Vec<String> = reasons
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, why)| format!("{} {why}", words::count(*n)))
        .collect();
    let mut notes = Vec::new();
    if of.rules.is_empty() {
        notes.push("No rule is frequent and sure enough; lower the least support.".to_owned());
    }
    if !told.is_empty() {
        notes.push(format!("Not listed: {}.", told.join(", ")));
    }
    notes
}
