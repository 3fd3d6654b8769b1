//! What platforms' error codes mean: each platform's table has a row for the codes that mean the
//! same. Its columns are the outcome of a post; what else follows from that; the codes; a hint for
//! people; and what they are told instead where they register the credential, if it differs.

use std::time::Duration;

use carillon_domain::Outcome;

use crate::reply::{Remedy, Reply};

/// How long to wait at least where it is people who must do something first, or a move that
/// takes a while.
const PEOPLE: Duration = Duration::from_secs(600);

/// What a code means.
#[derive(Debug)]
pub(crate) struct Meaning {
    /// To a post.
    pub reply: Reply,
    /// To a credential that is being registered, where that is not the same.
    pub registering: Option<&'static str>,
}

/// What a code means, if it is known.
pub(crate) fn meaning(table: &'static str, code: &str) -> Option<Meaning> {
    table
        .lines()
        .find_map(|row| read(row).filter(|(codes, _)| codes.split(' ').any(|it| it == code)))
        .map(|(_, meaning)| meaning)
}

/// What a row means to a post that has this name of ours among its codes. Each that is asked for
/// is in the table.
pub(crate) fn named(table: &'static str, name: &str) -> Reply {
    meaning(table, name).map_or_else(|| Reply::new(Outcome::Unknown), |meaning| meaning.reply)
}

/// A row's codes, and what they mean; none of the headings.
fn read(row: &'static str) -> Option<(&'static str, Meaning)> {
    let mut columns = row.split('\t');
    let outcome = Outcome::parse(columns.next()?)?;
    let (and, codes, hint) = (columns.next()?, columns.next()?, columns.next()?);
    let mut reply = Reply::new(outcome).hint(hint);
    match and {
        "condemns" => reply.condemns = true,
        "people" => reply.retry_after = Some(PEOPLE),
        // The thread, or the message to edit, is gone or closed.
        "place" => reply.remedy = Some(Remedy::Place),
        "tags" => reply.remedy = Some(Remedy::Tags),
        "thread_name" => reply.remedy = Some(Remedy::ThreadName),
        _ => {}
    }
    let registering = columns.next();
    Some((codes, Meaning { reply, registering }))
}

/// Whether each row of a table is whole, and each code stands once.
#[cfg(test)]
pub(crate) fn assert_whole(table: &'static str) {
    let mut codes: Vec<&str> = Vec::new();
    for row in table.lines().skip(1) {
        let (of_row, meaning) = read(row).unwrap();
        codes.extend(of_row.split(' '));
        assert!(meaning.reply.hint.is_some_and(|hint| !hint.is_empty()));
        let known = ["", "condemns", "people", "place", "tags", "thread_name"];
        assert!(known.contains(&row.split('\t').nth(1).unwrap()), "{row}");
    }
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}
