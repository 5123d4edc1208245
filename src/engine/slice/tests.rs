//! Expressions held against a slow and obvious way to tell the same, on random small logs.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::run::{Facts, SliceRule, UserResult};
use seqscope_base::metric::AnswerKind;
use seqscope_data::{
    Dataset, EvalCase, FreeColumn, FreeValues, Prepared, PseudonymStamp, Pseudonyms, Returns,
    Sequences, Split, Vocab, Words,
};

const BEHAVIOURS: [&str; 3] = ["view", "cart", "buy"];
const N_ITEMS: usize = 9;
const DAY: i64 = 86_400;

/// One event, as plainly as can be.
#[derive(Clone, Debug)]
struct Row {
    item: usize,
    time: i64,
    behaviour: usize,
    value: f32,
    channel: &'static str,
}

/// One user: all events, the last of them the target where there are three.
#[derive(Clone, Debug)]
struct Person {
    rows: Vec<Row>,
    age: f32,
    rank: f64,
    probability: f64,
}

impl Person {
    fn is_asked(&self) -> bool {
        self.rows.len() >= 3
    }

    fn history(&self) -> &[Row] {
        if self.is_asked() {
            &self.rows[..self.rows.len() - 1]
        } else {
            &self.rows
        }
    }

    fn target(&self) -> Option<&Row> {
        self.rows.last().filter(|_| self.is_asked())
    }
}

struct Small {
    people: Vec<Person>,
    prices: Vec<f32>,
    prepared: Prepared,
    results: Vec<UserResult>,
}

fn small(seed: u64) -> Small {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let prices = (0..N_ITEMS).map(|at| if at == 2 { f32::NAN } else { 0.1 * at as f32 });
    let prices: Vec<f32> = prices.collect();
    let people: Vec<Person> = (0..random.random_range(1..30))
        .map(|_| {
            let mut time = random.random_range(0..40) * DAY;
            let rows = (0..random.random_range(0..9))
                .map(|_| {
                    time += random.random_range(0..5) * DAY / 2;
                    Row {
                        item: random.random_range(1..=N_ITEMS),
                        time,
                        behaviour: random.random_range(0..3),
                        value: [f32::NAN, 1.0, 2.5, 4.1][random.random_range(0..4)],
                        channel: ["", "mail", "shop"][random.random_range(0..3)],
                    }
                })
                .collect();
            Person {
                rows,
                age: [f32::NAN, 20.0, 30.5, 40.0][random.random_range(0..4)],
                rank: [1.0, 1.5, 3.0, 7.0, f64::INFINITY][random.random_range(0..5)],
                probability: random.random_range(0.0..1.0),
            }
        })
        .collect();
    let prepared = prepared(&people, &prices);
    let results = people
        .iter()
        .enumerate()
        .filter(|(_, person)| person.is_asked())
        .map(|(at, person)| UserResult {
            user_id: format!("u{at}"),
            item_id: format!("i{}", person.target().unwrap().item),
            rank: person.rank,
            probability: person.probability,
            predicted: None,
            answered: None,
            facts: Some(Facts {
                history_len: person.history().len() as u32,
                ..Facts::default()
            }),
        })
        .rev()
        .collect();
    Small {
        people,
        prices,
        prepared,
        results,
    }
}

fn prepared(people: &[Person], prices: &[f32]) -> Prepared {
    let mut dataset = Dataset {
        items: Vocab::starting_at(1),
        ..Dataset::default()
    };
    for item in 1..=N_ITEMS {
        dataset.items.intern(&format!("i{item}"));
        let title = if item == 4 {
            String::new()
        } else {
            format!("Film {item}")
        };
        dataset.titles.push(title);
    }
    for behaviour in BEHAVIOURS {
        dataset.behaviours.intern(behaviour);
    }
    let (mut sequences, mut split) = (Sequences::default(), Split::default());
    let (mut times, mut behaviours, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut channels = Words::default();
    sequences.offsets.push(0);
    for (at, person) in people.iter().enumerate() {
        dataset.users.intern(&format!("u{at}"));
        for row in &person.rows {
            sequences.item_idx.push(row.item as u32);
            times.push(row.time);
            behaviours.push(row.behaviour as u16);
            values.push(row.value);
            channels.idx.push(match row.channel {
                "" => 0,
                word => channels.vocab.intern(word),
            });
        }
        sequences.offsets.push(sequences.item_idx.len());
        let len = person.rows.len() as u32;
        let held_out = if len >= 3 { 2 } else { 0 };
        split.train_len.push(len - held_out);
        split.valid_len.push(len - held_out / 2);
        if held_out > 0 {
            let case = |position| EvalCase {
                user_idx: at as u32,
                history_len: position,
                target_pos: position,
            };
            split.valid.push(case(len - 2));
            split.test.push(case(len - 1));
        }
    }
    sequences.time_secs = Some(times);
    sequences.behaviour_idx = Some(behaviours);
    sequences.value = Some(values);
    sequences.free = vec![FreeColumn {
        name: "channel".to_owned(),
        values: FreeValues::Category(channels),
    }];
    dataset.sequences = sequences;
    dataset.user_columns = vec![FreeColumn {
        name: "how old".to_owned(),
        values: FreeValues::Numeric(people.iter().map(|person| person.age).collect()),
    }];
    dataset.item_columns = vec![FreeColumn {
        name: "price".to_owned(),
        values: FreeValues::Numeric(prices.to_vec()),
    }];
    Prepared {
        dataset,
        split,
        features: Vec::new(),
        returns: Returns::default(),
    }
}

/// Told by people, the slow way: `None` is not known.
type Truth = Box<dyn Fn(&Small, usize) -> Option<bool>>;

fn days(from: i64, to: i64) -> f64 {
    (to - from) as f64 / DAY as f64
}

/// A number about a person; `None` where there is none.
fn number(name: &str, all: &Small, at: usize) -> Option<f64> {
    let person = &all.people[at];
    let history = person.history();
    let end = all
        .people
        .iter()
        .flat_map(|p| &p.rows)
        .map(|row| row.time)
        .max();
    let n_trained = |item: usize| {
        let trained = all.people.iter().flat_map(|p| {
            let held_out = if p.is_asked() { 2 } else { 0 };
            &p.rows[..p.rows.len() - held_out]
        });
        trained.filter(|row| row.item == item).count() as f64
    };
    match name {
        "length" => Some(history.len() as f64),
        "distinct" => {
            let mut seen: Vec<usize> = Vec::new();
            for row in history {
                if !seen.contains(&row.item) {
                    seen.push(row.item);
                }
            }
            Some(seen.len() as f64)
        }
        "span_days" => Some(days(history.first()?.time, history.last()?.time)),
        "last_gap_days" => {
            let [.., before, last] = history else {
                return None;
            };
            Some(days(before.time, last.time))
        }
        "days_since_last" => Some(days(history.last()?.time, end?)),
        "last_value" => Some(f64::from(history.last()?.value)).filter(|v| !v.is_nan()),
        "mean_value" => {
            let mut there = Vec::new();
            for row in history {
                if !row.value.is_nan() {
                    there.push(f64::from(row.value));
                }
            }
            (!there.is_empty()).then(|| there.iter().sum::<f64>() / there.len() as f64)
        }
        "count(\"buy\")" => Some(history.iter().filter(|row| row.behaviour == 2).count() as f64),
        "days_since('cart')" => {
            let last = history.iter().rev().find(|row| row.behaviour == 1)?;
            Some(days(last.time, end?))
        }
        "target_popularity" => Some(n_trained(person.target()?.item)),
        "target_value" => Some(f64::from(person.target()?.value)).filter(|v| !v.is_nan()),
        "target_gap_days" => Some(days(history.last()?.time, person.target()?.time)),
        "rank" => person.target().map(|_| person.rank),
        "probability" => person.target().map(|_| person.probability),
        "users.\"how old\"" => Some(f64::from(person.age)).filter(|age| !age.is_nan()),
        "items.price" => {
            Some(f64::from(all.prices[person.target()?.item - 1])).filter(|v| !v.is_nan())
        }
        _ => unreachable!("{name}"),
    }
}

const NUMBERS: [&str; 16] = [
    "length",
    "distinct",
    "span_days",
    "last_gap_days",
    "days_since_last",
    "last_value",
    "mean_value",
    "count(\"buy\")",
    "days_since('cart')",
    "target_popularity",
    "target_value",
    "target_gap_days",
    "rank",
    "probability",
    "users.\"how old\"",
    "items.price",
];

fn text(name: &str, all: &Small, at: usize) -> Option<String> {
    let person = &all.people[at];
    let last = person.history().last();
    match name {
        "user" => Some(format!("u{at}")),
        "last_item" => Some(format!("i{}", last?.item)),
        "last_behaviour" => Some(BEHAVIOURS[last?.behaviour].to_owned()),
        "target" => Some(format!("i{}", person.target()?.item)),
        "target_title" => match person.target()?.item {
            4 => None,
            item => Some(format!("Film {item}")),
        },
        "target_behaviour" => Some(BEHAVIOURS[person.target()?.behaviour].to_owned()),
        "events.channel" => Some(last?.channel.to_owned()).filter(|word| !word.is_empty()),
        _ => unreachable!("{name}"),
    }
}

const TEXTS: [&str; 5] = [
    "user",
    "last_item",
    "last_behaviour",
    "target",
    "target_behaviour",
];

/// A comparison of two numbers, written and told.
#[expect(clippy::float_cmp, reason = "the very numbers are compared")]
fn of_numbers(random: &mut ChaCha8Rng) -> (String, Truth) {
    let name = NUMBERS[random.random_range(0..NUMBERS.len())];
    let written = ["0", "1", "2", "3.0", "0.1", "4.1", "2.5", "20", "-1", "1e1"];
    let constant = written[random.random_range(0..written.len())];
    let is_single = [
        "last_value",
        "target_value",
        "users.\"how old\"",
        "items.price",
    ]
    .contains(&name);
    let value: f64 = constant.parse().unwrap();
    let value = if is_single {
        f64::from(value as f32)
    } else {
        value
    };
    let other = NUMBERS[random.random_range(0..NUMBERS.len())];
    let beside_name = random.random_range(0..4) == 0;
    let right = move |all: &Small, at| {
        if beside_name {
            number(other, all, at)
        } else {
            Some(value)
        }
    };
    let shown = if beside_name { other } else { constant };
    let sign = ["=", "==", "!=", "<>", "<", "<=", ">", ">=", "≤"][random.random_range(0..9)];
    let truth = move |all: &Small, at: usize| {
        let (Some(a), Some(b)) = (number(name, all, at), right(all, at)) else {
            return None;
        };
        Some(match sign {
            "=" | "==" => a == b,
            "!=" | "<>" => a != b,
            "<" => a < b,
            "<=" | "≤" => a <= b,
            ">" => a > b,
            _ => a >= b,
        })
    };
    (format!("{name} {sign} {shown}"), Box::new(truth))
}

fn of_texts(random: &mut ChaCha8Rng) -> (String, Truth) {
    let name = TEXTS[random.random_range(0..TEXTS.len())];
    let wanted = match name {
        "user" => ["u0", "u3"],
        "last_item" | "target" => ["i1", "i7"],
        _ => ["buy", "view"],
    };
    let [first, second] = wanted;
    match random.random_range(0..4) {
        0 => (
            format!("{name} = \"{first}\""),
            Box::new(move |all, at| Some(text(name, all, at)? == first)),
        ),
        1 => (
            format!("{name} != '{first}'"),
            Box::new(move |all, at| Some(text(name, all, at)? != first)),
        ),
        2 => (
            format!("{name} in (\"{first}\", '{second}')"),
            Box::new(move |all, at| {
                let it = text(name, all, at)?;
                Some(it == first || it == second)
            }),
        ),
        _ => (
            format!("{name} not in (\"{first}\")"),
            Box::new(move |all, at| Some(text(name, all, at)? != first)),
        ),
    }
}

fn of_words(random: &mut ChaCha8Rng) -> (String, Truth) {
    match random.random_range(0..8) {
        0 => (
            "has(\"cart\")".to_owned(),
            Box::new(|all, at| {
                let history = all.people[at].history();
                Some(history.iter().any(|row| row.behaviour == 1))
            }),
        ),
        1 => (
            "had(\"i3\")".to_owned(),
            Box::new(|all, at| {
                let history = all.people[at].history();
                Some(history.iter().any(|row| row.item == 3))
            }),
        ),
        2 => (
            "is_return".to_owned(),
            Box::new(|all, at| {
                let person = &all.people[at];
                let target = person.target()?.item;
                Some(person.history().iter().any(|row| row.item == target))
            }),
        ),
        3 => (
            "is_cold".to_owned(),
            Box::new(|all, at| Some(number("target_popularity", all, at)? < 0.5)),
        ),
        4 => (
            "HIT@3".to_owned(),
            Box::new(|all, at| Some(number("rank", all, at)? <= 3.0)),
        ),
        5 => (
            "known(last_gap_days)".to_owned(),
            Box::new(|all, at| Some(number("last_gap_days", all, at).is_some())),
        ),
        6 => (
            "target_title contains \"LM 7\"".to_owned(),
            Box::new(|all, at| Some(text("target_title", all, at)? == "Film 7")),
        ),
        _ => (
            "known(events.channel)".to_owned(),
            Box::new(|all, at| Some(text("events.channel", all, at).is_some())),
        ),
    }
}

/// A random expression, written and told, with brackets wherever they could matter.
fn expression(random: &mut ChaCha8Rng, depth: usize) -> (String, Truth) {
    let joins = if depth == 0 { 3 } else { 6 };
    match random.random_range(0..joins) {
        0 => of_numbers(random),
        1 => of_texts(random),
        2 => of_words(random),
        3 => {
            let (words, truth) = expression(random, depth - 1);
            let not = move |all: &Small, at| truth(all, at).map(|is_so| !is_so);
            (format!("not ({words})"), Box::new(not))
        }
        join => {
            let (a, first) = expression(random, depth - 1);
            let (b, second) = expression(random, depth - 1);
            // Kleene's tables, cell by cell.
            let joined = move |all: &Small, at| match (first(all, at), second(all, at)) {
                (Some(true), Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (Some(true), Some(false)) | (Some(false), Some(true)) => Some(join != 4),
                (Some(true), None) | (None, Some(true)) => (join != 4).then_some(true),
                (Some(false), None) | (None, Some(false)) => (join == 4).then_some(false),
                (None, None) => None,
            };
            let words = if join == 4 {
                format!("({a}) and ({b})")
            } else {
                format!("({a})  or\n({b})")
            };
            (words, Box::new(joined))
        }
    }
}

#[test]
fn an_expression_says_what_a_slow_look_at_every_event_says() {
    let (mut n_hits, mut n_asked) = (0, 0);
    for seed in 0..400 {
        let all = small(seed);
        let source = SliceSource::new(&all.prepared, AnswerKind::Ranking, &all.results);
        let mut random = ChaCha8Rng::seed_from_u64(1_000 + seed);
        for _ in 0..12 {
            let (words, truth) = expression(&mut random, 3);
            let rule = SliceRule::Where(words.clone());
            // Without one asked user the run has no results, and so no ranks.
            if all.results.is_empty() {
                continue;
            }
            let found = members(&rule, &source).unwrap_or_else(|e| panic!("{words}: {e}"));
            let expected: Vec<u32> = (0..all.people.len())
                .filter(|at| truth(&all, *at) == Some(true))
                .map(|at| at as u32)
                .collect();
            assert_eq!(found.users, expected, "seed {seed}: {words}");
            assert_eq!(found.why_empty.is_some(), expected.is_empty(), "{words}");
            let results: Vec<usize> = (0..all.results.len())
                .filter(|at| {
                    let user = all.prepared.dataset.users.idx(&all.results[*at].user_id);
                    expected.contains(&user.unwrap())
                })
                .collect();
            assert_eq!(found.results, results, "{words}");
            n_hits += expected.len();
            n_asked += all.people.len();
        }
    }
    // The test would say nothing of expressions that nobody or everybody fulfils.
    let share = n_hits as f64 / n_asked as f64;
    assert!((0.2..0.8).contains(&share), "{share}");
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let all = small(3);
    let source = SliceSource::new(&all.prepared, AnswerKind::Ranking, &all.results);
    let users = |words: &str| {
        members(&SliceRule::Where(words.to_owned()), &source)
            .unwrap()
            .users
    };
    let same = [
        (
            "length > 2 or has(\"buy\") and hit@1",
            "length > 2 or (has(\"buy\") and hit@1)",
        ),
        ("not hit@3 and length > 2", "(not hit@3) and (length > 2)"),
        ("not not hit@3", "hit@3"),
        ("length > 2 and (((hit@3)))", "length>2 AND hit@3"),
        ("2 < length", "length > 2"),
        (
            "target not in ('i1', \"i2\")",
            "not target in (\"i1\", \"i2\")",
        ),
    ];
    for (one, other) in same {
        assert_eq!(users(one), users(other), "{one}");
    }
}

#[test]
fn a_fault_is_one_sentence_with_its_place_and_the_cure() {
    let cases = [
        ("lenght > 3", 1, "did you mean `length`?"),
        ("length > 3 and rnk < 4", 16, "did you mean `rank`?"),
        ("length > \"3\"", 10, "without quotes"),
        ("last_behaviour = buy", 18, "put a text in quotes: \"buy\""),
        ("last_behaviour = 3", 18, "put a text in quotes"),
        ("length", 1, "such as `length >= 20`"),
        ("hit", 1, "`hit@10`"),
        ("hit@0", 1, "`hit@10`"),
        ("has(buy)", 1, "`has(\"buy\")`"),
        ("hit@10 = 1", 1, "leave the comparison out"),
        ("3 < length < 9", 12, "join two by `and`"),
        ("length > 3 && hit@1", 12, "by `and`"),
        ("length > 3 hit@1", 12, "`and` or `or`"),
        ("length > 3 an hit@1", 12, "did you mean `and`?"),
        ("(length > 3", 1, "end it with `)`"),
        ("length > 3)", 11, "leave it out"),
        ("length >", 9, "such as `length >= 20`"),
        ("length in 3", 11, "write it like `last_behaviour in ("),
        ("user in (\"a\", b)", 15, "in quotes"),
        ("user = \"a", 8, "end it with `\"`"),
        ("length > 1.2.3", 10, "write it like 20"),
        ("user > \"a\"", 1, "use `=`"),
        ("users.age > \"a\"", 13, "a number without quotes"),
        ("user.age > 3", 1, "did you mean `users.age`?"),
        ("user.\"home town\" = 3", 1, "write it like `users.age"),
        ("1 < 2", 1, "compare a name"),
        ("length contains \"a\"", 1, "compare it"),
        ("target_title contains 3", 23, "contains \"alien\""),
        ("users age < 3", 1, "`users.age < 30"),
        ("and", 1, "such as `length >= 20`"),
        ("xyzzyx > 1", 1, "lists the names"),
        ("known(3)", 1, "known(last_gap_days)"),
        ("", 1, "such as `length >= 20`"),
        ("🐟 > 3", 1, "such as"),
        ("length > - 3 - 2", 14, "`and` or `or`"),
    ];
    for (words, column, cure) in cases {
        let fault = Expression::parse(words).unwrap_err();
        assert_eq!(fault.column, column, "{words}: {fault}");
        assert!(fault.cure.contains(cure), "{words}: {fault}");
        assert!(!fault.to_string().contains('\n'));
    }
}

#[test]
fn what_the_data_lack_is_said_at_its_place() {
    let all = small(7);
    let ask = |words: &str, prepared: &Prepared, answers, results: &[UserResult]| {
        let source = SliceSource::new(prepared, answers, results);
        members(&SliceRule::Where(words.to_owned()), &source)
            .unwrap_err()
            .to_string()
    };
    let ranking = AnswerKind::Ranking;
    let said = ask("hit@3", &all.prepared, ranking, &[]);
    assert!(said.contains("wait for the end"), "{said}");
    let said = ask(
        "target = \"i1\"",
        &all.prepared,
        AnswerKind::Number,
        &all.results,
    );
    assert!(said.contains("predicts the next item"), "{said}");
    let said = ask(
        "length > 1 and has(\"byu\")",
        &all.prepared,
        ranking,
        &all.results,
    );
    assert!(said.contains("(letter 16); did you mean `buy`?"), "{said}");
    let said = ask(
        "length > 1 and Channel = \"mail\"",
        &all.prepared,
        ranking,
        &all.results,
    );
    assert!(
        said.contains("(letter 16); did you mean `events.channel`?"),
        "{said}"
    );
    let said = ask("users.how = 3", &all.prepared, ranking, &all.results);
    assert!(said.contains("there are `how old`"), "{said}");
    let said = ask(
        "events.channel = \"mial\"",
        &all.prepared,
        ranking,
        &all.results,
    );
    assert!(said.contains("did you mean `mail`?"), "{said}");
    let said = ask("events.channel > 3", &all.prepared, ranking, &all.results);
    assert!(said.contains("is a text"), "{said}");
    let mut bare = all.prepared.clone();
    bare.dataset.sequences.behaviour_idx = None;
    bare.dataset.sequences.time_secs = None;
    let said = ask("has(\"buy\")", &bare, ranking, &all.results);
    assert!(said.contains("data.roles.behaviour"), "{said}");
    let said = ask("span_days > 2", &bare, ranking, &all.results);
    assert!(said.contains("data.roles.time"), "{said}");
}

#[test]
fn an_empty_slice_says_why() {
    let all = small(11);
    let source = SliceSource::new(&all.prepared, AnswerKind::Ranking, &all.results);
    let why = |rule: SliceRule| members(&rule, &source).unwrap().why_empty.unwrap();
    let said = why(SliceRule::Where("hit@100000 and length > 500".to_owned()));
    assert!(
        said.starts_with("Nobody fulfils `length > 500`: there it is between 0 and "),
        "{said}"
    );
    let said = why(SliceRule::Where("length > 2 and length <= 2".to_owned()));
    assert!(said.contains("each has users (`length > 2` "), "{said}");
    let said = why(SliceRule::of_users(["nobody".to_owned()]));
    assert!(said.contains("take a run of the data"), "{said}");
    let said = why(SliceRule::of_targets(["nothing".to_owned()]));
    assert!(said.contains("is the target"), "{said}");
}

#[test]
fn lists_of_users_and_of_targets_are_slices() {
    let all = small(5);
    let source = SliceSource::new(&all.prepared, AnswerKind::Ranking, &all.results);
    let ids = ["u2", "u0", "someone"].map(str::to_owned);
    let found = members(&SliceRule::of_users(ids), &source).unwrap();
    assert_eq!(
        (found.users.as_slice(), found.n_strangers),
        (&[0, 2][..], 1)
    );
    let found = members(
        &SliceRule::of_targets(["i1", "i2"].map(str::to_owned)),
        &source,
    )
    .unwrap();
    let expected: Vec<u32> = (0..all.people.len())
        .filter(|at| all.people[*at].target().is_some_and(|row| row.item <= 2))
        .map(|at| at as u32)
        .collect();
    assert_eq!(found.users, expected);
    assert_eq!(
        found
            .answers_of(&all.prepared.dataset.users, &all.results)
            .len(),
        expected.len()
    );
}

#[test]
fn a_step_stays_in_the_slice_and_goes_round_at_its_ends() {
    let of = SliceMembers {
        users: vec![2, 5, 9],
        n_users: 12,
        ..SliceMembers::default()
    };
    let step = |from: u32, by: i64| of.step(Some(from), by);
    assert_eq!(
        (step(2, 1), step(9, 1), step(2, -1)),
        (Some(5), Some(2), Some(9))
    );
    assert_eq!((step(3, 1), step(3, -1)), (Some(5), Some(2)));
    assert_eq!((step(11, 1), step(0, -1)), (Some(2), Some(9)));
    assert_eq!(SliceMembers::default().step(Some(3), 1), None);
    assert!(of.holds(5) && !of.holds(6) && of.words() == "3 of 12 users");
}

#[test]
fn before_the_test_was_read_the_questions_are_those_of_validation() {
    let all = small(9);
    let source = SliceSource::new(&all.prepared, AnswerKind::Ranking, &[]);
    for (at, person) in all.people.iter().enumerate() {
        let len = person.rows.len();
        let open = if person.is_asked() { len - 2 } else { len };
        assert_eq!(source.history_len(at as u32), open);
        let of = source.asked()[at];
        let target = person.is_asked().then(|| person.rows[len - 2].item as u32);
        assert_eq!(source.target_item(of), target);
    }
}

#[test]
fn where_ids_are_pseudonyms_no_true_id_is_taken_and_none_is_offered() {
    let mut all = small(5);
    all.prepared.dataset.report.pseudonyms = Some(PseudonymStamp {
        hidden: Pseudonyms::UsersAndItems,
        key_check: String::new(),
        is_passing: false,
    });
    let source = SliceSource::new(&all.prepared, AnswerKind::Ranking, &all.results);
    let ask = |words: &str| members(&SliceRule::Where(words.to_owned()), &source);
    for words in [
        "user = \"alice\"",
        "user in (\"u0\", \"alice\")",
        "target = \"alice\"",
        "had(\"alice\")",
        "\"alice\" = last_item",
    ] {
        let said = ask(words).unwrap_err().to_string();
        assert!(
            said.contains("no true id is kept") && !said.contains("alice"),
            "{said}"
        );
    }
    assert!(ask("user = \"u0\"").is_ok());
    let said = ask("has(\"byu\")").unwrap_err().to_string();
    assert!(!said.contains("`buy`"), "{said}");
}

#[test]
fn only_what_the_run_answered_chooses_by_its_answers() {
    let reads = |words: &str| Expression::parse(words).unwrap().reads_answers();
    assert!(reads("length > 3 and not hit@10") && reads("known(rank)"));
    assert!(!reads("length > 3 and target = \"i1\"") && !reads("truth = \"yes\""));
}

#[test]
fn no_text_makes_the_reader_panic() {
    let pieces = [
        "and",
        "or",
        "not",
        "in",
        "contains",
        "known",
        "(",
        ")",
        ",",
        ".",
        "@",
        "-",
        "=",
        "<",
        "!=",
        "\"",
        "'",
        "\\",
        " ",
        "\n",
        "1",
        "1e9",
        ".5",
        "9999999999999999999999",
        "length",
        "hit@3",
        "has(\"buy\")",
        "users.",
        "target",
        "\"a\"",
        "影",
        "\u{202e}",
        "\0",
        "e",
        "_",
        "1e",
    ];
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut n_read = 0;
    for _ in 0..60_000 {
        let words: String = (0..random.random_range(0..9))
            .map(|_| pieces[random.random_range(0..pieces.len())])
            .collect();
        match Expression::parse(&words) {
            Ok(_) => n_read += 1,
            Err(fault) => assert!(
                (1..=words.chars().count() + 1).contains(&fault.column) && !fault.cure.is_empty(),
                "{words:?}: {fault}"
            ),
        }
        let cursor = random.random_range(0..12);
        let _ = completions(&words, cursor);
        let _ = completed(&words, cursor, "length");
    }
    assert!(n_read > 50, "{n_read}");
    for deep in ["(", "not ", "((("] {
        let words = deep.repeat(5_000) + "length > 3";
        assert!(Expression::parse(&words).is_err());
    }
    assert!(Expression::parse(&"1 ".repeat(30_000)).is_err());
}

#[test]
fn the_word_that_is_begun_is_completed() {
    assert_eq!(completions("length > 3 and last_b", 21), ["last_behaviour"]);
    assert_eq!(
        completed("length > 3 and last_b = 'x'", 21, "last_behaviour"),
        ("length > 3 and last_behaviour = 'x'".to_owned(), 29)
    );
    assert!(
        completions("target = \"len", 13).is_empty(),
        "within a text"
    );
    assert!(completions("users.len", 9).is_empty(), "a column's name");
    assert!(
        completions("length", 6).is_empty(),
        "nothing is left to write"
    );
    assert_eq!(completions("hi", 2), ["hit@10"]);
}
