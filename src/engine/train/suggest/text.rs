//! A suggestion as an experiment file with comments.

use std::fmt::Write as _;

use super::{Suggestion, columns_of};
use crate::experiment::{Experiment, value_text};
use seqscope_base::spec::{Entry as _, shown};
use seqscope_data::{DataSource, Role, SplitSpec, TimeFormat};
use seqscope_model::ModelSpec;

/// Width of a comment's lines.
const WIDTH: usize = 92;
/// Letters of an example that are shown.
const LETTERS: usize = 40;

/// The text; that of the experiment alone, with the reasons above it, should it ever be read
/// otherwise than it was meant.
pub(super) fn commented(of: &Suggestion) -> String {
    let text = written(of);
    match Experiment::parse(&text) {
        Ok(read) if read == of.experiment => text,
        Ok(_) | Err(_) => {
            let plain = of.experiment.to_text().unwrap_or_default();
            format!("{}{plain}", head(of))
        }
    }
}

fn written(of: &Suggestion) -> String {
    let (experiment, reasons) = (&of.experiment, &of.reasons);
    let training = &experiment.training;
    let mut text = head(of);
    text += "(\n    version: 1,\n";
    let _ = writeln!(text, "    name: {},\n", value_text(&experiment.name));
    data(of, &mut text);
    comment(&mut text, 4, &reasons.split);
    let _ = writeln!(text, "    split: {},\n", split(experiment));
    comment(&mut text, 4, &reasons.task);
    let _ = writeln!(text, "    task: {},\n", value_text(&experiment.task));
    comment(&mut text, 4, &reasons.model);
    let (family, seq_len, dropout) = match &experiment.model {
        ModelSpec::Gru(spec) => ("Gru", spec.seq_len, spec.dropout),
        ModelSpec::Transformer(spec) => ("Transformer", spec.seq_len, spec.dropout),
        // No other is suggested, and none would be read as it was meant.
        ModelSpec::Bert4Rec(_)
        | ModelSpec::EncoderDecoder(_)
        | ModelSpec::Lstm(_)
        | ModelSpec::Rnn(_)
        | ModelSpec::Vae(_)
        | ModelSpec::Autoencoder(_)
        | ModelSpec::SequentialVae(_) => ("", 0, 0.0),
    };
    let _ = writeln!(text, "    model: {family}(");
    comment(&mut text, 8, &reasons.window);
    let _ = writeln!(
        text,
        "        seq_len: {seq_len},\n        dropout: {},\n    ),\n",
        value_text(&dropout)
    );
    comment(&mut text, 4, &reasons.training);
    let _ = write!(
        text,
        "    training: (\n        device: {},    // a real GPU if there is one, else the CPU\n        \
         epochs: {},\n        batch_size: {},\n        lr: {},\n        patience: {},\n        \
         loss: {},\n    ),\n\n",
        value_text(&training.device),
        training.epochs,
        training.batch_size,
        value_text(&training.lr),
        training.patience,
        value_text(&training.loss)
    );
    comment(&mut text, 4, &reasons.evaluation);
    text += "    evaluation: (filter_seen: auto),\n\n";
    comment(
        &mut text,
        4,
        "Every random choice is derived from it. `seqscope train FILE --seeds 3` trains this seed \
         and the two after it, and ends with their mean.",
    );
    let _ = writeln!(text, "    seed: {},\n)", experiment.seed);
    text
}

/// What the file is, the sizes of the log, and doubts about it.
fn head(of: &Suggestion) -> String {
    let mut text = String::new();
    comment(
        &mut text,
        0,
        &format!(
            "A first experiment for `{}`, as its columns and its profile suggest. Change what you \
             know better; `seqscope describe` tells every setting.",
            of.preview.file.path.display()
        ),
    );
    text += "//\n";
    comment(&mut text, 0, &of.reasons.data);
    for problem in &of.preview.problems {
        comment(&mut text, 0, &format!("Doubtful: {}", problem.sentence()));
    }
    text
}

fn data(of: &Suggestion, text: &mut String) {
    let DataSource::File(file) = &of.experiment.data.source else {
        return;
    };
    text.push_str("    data: (\n        source: File(\n");
    let _ = writeln!(text, "            path: {},", value_text(&file.path));
    comment(
        text,
        12,
        "Which column is what, guessed from their names and, where these say nothing, from the \
         values in the first rows. `seqscope data FILE` shows how the log is read.",
    );
    let columns = columns_of(&of.preview);
    let is_pinned = [Role::User, Role::Item]
        .into_iter()
        .any(|role| file.roles.column(role).is_some());
    if is_pinned {
        text.push_str("            roles: (\n");
    }
    for (role, column) in &columns {
        let key = role.to_string().to_lowercase();
        let example = example(of, column);
        let line = format!("{key}: {},", value_text(column));
        let start = if is_pinned {
            "                "
        } else {
            "            //     "
        };
        let _ = writeln!(text, "{start}{line:<40}{example}");
    }
    if is_pinned {
        text.push_str("            ),\n");
    }
    if let Some(format) = &file.time_format {
        let _ = writeln!(
            text,
            "            time_format: {},    // {}",
            value_text(format),
            one_line(&words_of(format))
        );
    }
    text.push_str("        ),\n    ),\n\n");
}

fn words_of(format: &TimeFormat) -> String {
    format!("how the times are written: {format}")
}

/// A comment with the first value of a column.
fn example(of: &Suggestion, column: &str) -> String {
    let at = of.preview.columns.iter().position(|name| name == column);
    let value = at.and_then(|at| of.preview.rows.first()?.get(at));
    value
        .filter(|value| !value.is_empty())
        .map_or_else(String::new, |value| {
            format!("  // such as {}", one_line(value))
        })
}

/// Text in one line of a comment.
fn one_line(text: &str) -> String {
    let text = shown(&text.replace(['\n', '\r'], " ")).into_owned();
    if text.chars().count() <= LETTERS {
        return text;
    }
    let cut: String = text.chars().take(LETTERS).collect();
    format!("{cut}…")
}

fn split(experiment: &Experiment) -> String {
    match experiment.split {
        SplitSpec::GlobalTemporal {
            valid_fraction,
            test_fraction,
        } => format!(
            "GlobalTemporal(valid_fraction: {}, test_fraction: {})",
            value_text(&valid_fraction),
            value_text(&test_fraction)
        ),
        other @ (SplitSpec::LeaveOneOut
        | SplitSpec::AtDates { .. }
        | SplitSpec::OwnFiles
        | SplitSpec::PerUserTemporal { .. }
        | SplitSpec::RollingWindows { .. }) => other.name().to_owned(),
    }
}

/// A comment in lines that are not too long.
fn comment(text: &mut String, indent: usize, sentence: &str) {
    let start = format!("{:indent$}//", "");
    let mut line = start.clone();
    for word in shown(&sentence.replace(['\n', '\r'], " ")).split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > start.len() {
            text.push_str(&line);
            text.push('\n');
            line.clone_from(&start);
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
