//! `--slice` and `--where`: only some of the users.

use seqscope_engine::error::Error;
use seqscope_engine::run::{Manifest, NamedSlice, Part, RunStore, SliceRule, UserResult};
use seqscope_engine::slice::{ExpressionError, SliceMembers, SliceSource, members};

/// Which users.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct SliceArgs {
    /// Only the users of a slice that is kept beside the runs
    #[arg(long, value_name = "NAME", conflicts_with = "only_where")]
    slice: Option<String>,
    /// Only users who fulfil an expression, such as 'length >= 20 and hit@10'; `seqscope describe
    /// slice` lists what it may name
    #[arg(long = "where", value_name = "EXPRESSION", allow_hyphen_values = true)]
    only_where: Option<String>,
}

impl SliceArgs {
    /// The slice that was asked for; an expression has no name.
    pub(super) fn chosen(&self, store: &RunStore) -> Result<Option<NamedSlice>, Error> {
        if let Some(name) = &self.slice {
            return Ok(Some(store.named_slice(name)?));
        }
        Ok(self.only_where.as_ref().map(|text| NamedSlice {
            name: String::new(),
            rule: SliceRule::Where(text.clone()),
        }))
    }

    /// Whether any was asked for.
    pub(super) fn is_given(&self) -> bool {
        self.slice.is_some() || self.only_where.is_some()
    }
}

/// Name of a slice in a sentence: its own, or its expression.
pub(super) fn words_of(slice: &NamedSlice) -> &str {
    match &slice.rule {
        SliceRule::Where(text) if slice.name.is_empty() => text,
        SliceRule::Where(_) | SliceRule::Users(_) | SliceRule::Targets(_) => &slice.name,
    }
}

/// What a run answered in its test; nothing of one that was not judged on it yet.
///
/// # Errors
/// Where a run was judged and its answers are gone: without them its users have other questions.
pub(super) fn answers_to_test(
    store: &RunStore,
    manifest: &Manifest,
) -> Result<Vec<UserResult>, Error> {
    let results = store.results(&manifest.id, Part::Test)?.unwrap_or_default();
    let n_asked = manifest.test.as_ref().map_or(0, |test| test.n_users);
    if results.is_empty() && n_asked > 0 {
        return Err(Error::edge(
            format!(
                "the answers of `{}` to its test questions are not in its folder any more",
                manifest.id
            ),
            "train it anew, or take another run",
        ));
    }
    Ok(results)
}

/// The users of a slice; everyone where there is none.
pub(super) fn users_of(
    slice: Option<&NamedSlice>,
    source: &SliceSource<'_>,
) -> Result<SliceMembers, Error> {
    match slice {
        None => Ok(SliceMembers::everyone(source.n_users())),
        Some(slice) => members(&slice.rule, source).map_err(fault),
    }
}

/// Fault of an expression, its cure as the hint.
pub(super) fn fault(error: ExpressionError) -> Error {
    let ExpressionError { what, column, cure } = error;
    Error::edge(format!("{what} (letter {column} of the expression)"), cure)
}

/// Error of a slice in which nobody is.
pub(super) fn nobody(why: &str) -> Error {
    let (sentence, cure) = why
        .trim_end_matches('.')
        .rsplit_once("; ")
        .unwrap_or((why, "choose another slice"));
    Error::edge(sentence, cure)
}
