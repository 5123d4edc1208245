//! How well a column fits a role that no known name claims: from the words that its name is made
//! of, and from what its first rows hold.
//!
//! A role's word beside one for ids (`anime_id`, `household_key`) says more than the word alone; a
//! word for a measure or a group (`user_answer`, `item_price`, `product_group`) says that it is no
//! id.

use super::names;
use crate::log::Role;

/// Who acts, the surest first.
const WHO: &str = "user usr customer cust visitor member client person player student learner \
                   pupil reader listener viewer shopper buyer purchaser subscriber consumer \
                   household passenger patient employee reviewer rater participant respondent \
                   borrower donor voter traveler traveller tourist commuter worker";
/// Who acts, if a word for ids stands beside.
const WHO_WITH_ID: &str = "anon anonymous case account acct profile device cookie guest individual \
                           human subject owner author driver rider cardholder card contact lead \
                           party";
/// On what, the surest first.
const WHAT: &str = "item product prod sku goods movie film anime manga song track article news \
                    book game video video artist album poi venue isbn asin ean upc gtin stock \
                    merchandise podcast recipe restaurant hotel exercise lesson course url";
/// On what, if a word for ids stands beside.
const WHAT_WITH_ID: &str = "content problem question page app screen place location program show \
                            series episode channel clip post tweet story document doc paper repo \
                            repository ad advert creative offer coupon listing property job \
                            position business shop station stop service resource object entity \
                            material design beer wine drink food dish card skill concept activity \
                            task module quiz";
/// A visit.
const SESSION: &str = "session sess sessions visit";
/// Words for ids.
const ID: &str = "id ids key uuid guid uid code pk hash no nr number num ref sk token identifier";
/// Words that tell a column to be about someone or something, and not the id of it.
const NO_ID: &str = "answer answers reply response price prices group groups category categories \
                     categ cat cate type types class level score rating ratings rate stars value \
                     amount cost costs sales revenue qty quantity count counts cnt total sum avg \
                     mean min max median std ratio share percent pct index rank position pos order \
                     of n is has was age gender sex agent birth born dob birthday income job \
                     occupation education marital title description desc text label comment review \
                     summary brand vendor color colour size weight length width height volume unit \
                     duration time timestamp date datetime year month day week hour minute since \
                     before after first last start end begin created updated city country region \
                     state zip postcode address street area lat lon latitude longitude phone \
                     status flag lang language genre genres tag tags segment cluster cohort tier \
                     plan bucket feature features embedding emb vector source medium channel \
                     platform browser os version referrer referer query discount tax currency list \
                     history sequence seq session sess visit event events action behavior \
                     behaviour operation img image photo pic icon";
/// Words for what something is called.
const NAME: &str = "name nm username login title email mail handle nick nickname";
/// Words for measures, the surest first.
const MEASURE: &str = "rating ratings score stars amount revenue spend spent sales value price \
                       quantity qty cost dwell duration plays playcount";

/// How sure a name is; less is surer. `None` when it is not the role's.
///
/// The first number is the kind of name, the second how many other words stand in it, the third the
/// place of the role's word in its list.
pub(super) type Sureness = (u8, usize, usize);

/// Names of this kind say what something is called, which serves where no id is there.
pub(super) const NAMES: u8 = 3;
/// The surest of the names that are taken only where nothing else is left.
pub(super) const LAST_RESORT: u8 = 4;

/// How surely a column's name is that of a role.
pub(super) fn of_name(role: Role, name: &str) -> Option<Sureness> {
    let parts = parts(name);
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    match role {
        Role::User => of_id(&words, WHO, WHO_WITH_ID)
            .or_else(|| of_session(&words).map(|_| (LAST_RESORT, words.len(), 0))),
        Role::Item => of_id(&words, WHAT, WHAT_WITH_ID),
        Role::Session => of_session(&words),
        Role::Value => {
            let at = place(MEASURE, words.last()?)?;
            words
                .iter()
                .all(|word| place(ID, word).is_none())
                .then_some((1, words.len(), at))
        }
        Role::Time | Role::Clock | Role::Behaviour | Role::Latitude | Role::Longitude => None,
    }
    .or_else(|| by_root(role, name, &words))
}

/// Whether a name is a session's.
pub(super) fn is_session(name: &str) -> bool {
    let parts = parts(name);
    names::is_session(&super::normal(name))
        || of_session(&parts.iter().map(String::as_str).collect::<Vec<_>>()).is_some()
}

/// Whether a name may be that of ids: a title's, a count's or a group's may not.
pub(super) fn may_be_id(name: &str) -> bool {
    let parts = parts(name);
    names::may_be_id(&super::normal(name)) && !parts.iter().any(|part| place(NO_ID, part).is_some())
}

fn of_id(words: &[&str], alone: &str, with_id: &str) -> Option<Sureness> {
    let (sure, other) = (
        |word: &&str| place(alone, word),
        |word: &&str| place(with_id, word),
    );
    let is_id =
        words.last().is_some_and(|word| place(ID, word).is_some()) || words.first() == Some(&"id");
    let is_name = words.iter().any(|word| place(NAME, word).is_some());
    if let [word] = words
        && let Some(rank) = other(word)
    {
        return Some((LAST_RESORT + 1, 0, rank));
    }
    let role_words: Vec<&&str> = words
        .iter()
        .filter(|word| sure(word).is_some() || (is_id || is_name) && other(word).is_some())
        .collect();
    let first = role_words.first()?;
    let rank = sure(first).or_else(|| other(first).map(|at| at + 100))?;
    let stands_against = |word: &&str| {
        place(NO_ID, word).is_some() && place(NAME, word).is_none() && !role_words.contains(&word)
    };
    // `number_of_items` counts them; `item_number` is one.
    if words.iter().any(stands_against)
        || (words.len() > 1
            && words
                .first()
                .is_some_and(|word| matches!(*word, "number" | "num" | "no")))
    {
        return None;
    }
    let n_more = words.len() - role_words.len() - usize::from(is_id);
    Some(match (is_name, is_id) {
        (true, false) => (NAMES, n_more, rank),
        (_, true) => (0, n_more, rank),
        (false, false) => (if n_more == 0 { 1 } else { 2 }, n_more, rank),
    })
}

fn of_session(words: &[&str]) -> Option<Sureness> {
    let has = words.iter().any(|word| place(SESSION, word).is_some());
    (has && !words.iter().any(is_other_than_session)).then_some((0, words.len(), 0))
}

/// Tells whether a word speaks against a session.
fn is_other_than_session(word: &&str) -> bool {
    place(SESSION, word).is_none()
        && (place(NO_ID, word).is_some()
            || matches!(*word, "number" | "num" | "no" | "nr" | "name"))
}

/// A role's word within a longer one: `buyerusers`, `用户标识`.
fn by_root(role: Role, name: &str, words: &[&str]) -> Option<Sureness> {
    let is_id = matches!(role, Role::User | Role::Item);
    if is_id
        && words
            .iter()
            .any(|word| place(NO_ID, word).is_some() || place(NAME, word).is_some())
    {
        return None;
    }
    let normal = super::normal(name);
    let has_measure = NO_ID
        .split_whitespace()
        .filter(|word| word.len() >= 5)
        .any(|word| normal.contains(word));
    (names::has_root(role, &normal) && !(is_id && has_measure)).then_some((2, 9, 0))
}

/// The place of a word in a list.
fn place(list: &str, word: &str) -> Option<usize> {
    list.split_whitespace().position(|known| known == word)
}

/// The words of a name in small letters: `userPseudo_ID` has three. An id's word that is written
/// together with a role's is a word of its own, before it or behind: `animeid`, `idvisitor`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase()))
            });
        if !c.is_alphanumeric() || begins {
            parts.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(part) = parts.last_mut()
        {
            part.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.into_iter().flat_map(divided).collect()
}

/// A word that is two.
fn divided(part: String) -> Vec<String> {
    if is_role_word(&part) {
        return vec![part];
    }
    for id in ["id", "key", "code", "uuid", "guid", "uid", "no", "number"] {
        if let Some(rest) = part.strip_suffix(id).filter(|rest| is_role_word(rest)) {
            return vec![rest.to_owned(), id.to_owned()];
        }
    }
    match part.strip_prefix("id").filter(|rest| is_role_word(rest)) {
        Some(rest) => vec!["id".to_owned(), rest.to_owned()],
        None => vec![part],
    }
}

fn is_role_word(word: &str) -> bool {
    [WHO, WHO_WITH_ID, WHAT, WHAT_WITH_ID, SESSION]
        .iter()
        .any(|list| place(list, word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (name, words) in [
            ("userPseudo_ID", "user pseudo id"),
            ("AnonID", "anon id"),
            ("Case ID", "case id"),
            ("idvisitor", "id visitor"),
            ("animeid", "anime id"),
            ("Book-Rating", "book rating"),
            ("HTTPStatus", "http status"),
            ("用户ID", "用户id"),
        ] {
            assert_eq!(parts(name).join(" "), words, "{name}");
        }
    }

    #[test]
    fn ids_are_told_from_what_is_said_of_them() {
        let who = |name| of_name(Role::User, name);
        for name in [
            "user_pseudo_id",
            "household_key",
            "AnonID",
            "Case ID",
            "student",
            "playerUuid",
            "customer_number",
            "cust_no",
            "idvisitor",
            "learner_code",
            "patientid",
            "buyer_user_id",
            "account_id",
            "device_id",
            "memberNo",
            "reader_hash",
        ] {
            assert!(who(name).is_some_and(|(kind, ..)| kind < NAMES), "{name}");
        }
        for name in [
            "user_answer",
            "user_agent",
            "userCountry",
            "customer_segment",
            "user_age",
            "client_gender",
            "userGroupId",
            "number_of_users",
            "user_rating",
            "member_since",
            "user_session_count",
            "user_type",
            "usercountry",
            "event",
            "day",
        ] {
            assert_eq!(who(name), None, "{name}");
        }
        let what = |name| of_name(Role::Item, name);
        for name in [
            "anime_id",
            "problem_id",
            "questionId",
            "sku_code",
            "film",
            "merchandise_key",
            "episode_id",
            "item_no",
            "recipeid",
            "ad_id",
            "beer_id",
            "Product Code",
            "lesson_uuid",
        ] {
            assert!(what(name).is_some_and(|(kind, ..)| kind < NAMES), "{name}");
        }
        for name in [
            "item_price",
            "product_group",
            "item_category_id",
            "movie_genre",
            "number_of_items",
            "item_count",
            "product_brand",
            "video_duration",
            "track_rating",
            "item_id_list",
            "goods_type",
            "category_id",
            "release_year",
        ] {
            assert_eq!(what(name), None, "{name}");
        }
        assert!(
            what("question").is_some_and(|(kind, ..)| kind > LAST_RESORT)
                && who("case").is_some_and(|(kind, ..)| kind > LAST_RESORT)
        );
        for name in ["app_name", "movie_title", "song_name", "item_name"] {
            assert!(what(name).is_some_and(|(kind, ..)| kind == NAMES), "{name}");
        }
        assert!(what("anime_id") < what("anime") && what("anime") < what("parent_anime"));
    }

    #[test]
    fn sessions_and_measures_are_told_by_their_words() {
        for name in [
            "user_session",
            "ga_session_id",
            "visit_id",
            "sessionKey",
            "Session",
        ] {
            assert!(is_session(name), "{name}");
        }
        for name in [
            "session_number",
            "session_start",
            "user_id",
            "visitor",
            "session_duration",
        ] {
            assert!(!is_session(name), "{name}");
        }
        let measure = |name| of_name(Role::Value, name);
        for name in [
            "Book-Rating",
            "SALES_VALUE",
            "item_price",
            "unitPrice",
            "total_amount",
        ] {
            assert!(measure(name).is_some(), "{name}");
        }
        for name in [
            "price_group",
            "rating_id",
            "ms_first_response",
            "value_code",
        ] {
            assert_eq!(measure(name), None, "{name}");
        }
    }
}
