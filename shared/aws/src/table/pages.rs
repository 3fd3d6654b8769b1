//! Lists: what a query finds, page by page.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::{Item, text};
use crate::Error;

/// How many calls a page takes at most. Each reads up to a megabyte; where few of the rows
/// are wanted, the page is short, and the next one goes on.
pub(crate) const CALLS: usize = 10;
/// How many rows a call reads where only some of them are wanted.
const ROWS: usize = 500;

/// Rows of a query, behind the key `start`, in which each of these attributes has one of its
/// values, where it has some: so many, or a few more. And the key behind which to go on, where
/// there may be more.
pub(crate) async fn list<T>(
    operation: &'static str,
    query: QueryFluentBuilder,
    conditions: &[(&str, Vec<&str>)],
    mut start: Option<Item>,
    max: usize,
    read: impl Fn(Item) -> Result<T, Error>,
) -> Result<(Vec<T>, Option<Item>), Error> {
    let query = filtered(query, conditions);
    let rows = match query.get_filter_expression() {
        Some(_) => ROWS,
        None => max,
    };
    let query = query.limit(i32::try_from(rows).unwrap_or(i32::MAX));
    let mut found = Vec::new();
    for _ in 0..CALLS {
        let call = query.clone().set_exclusive_start_key(start).send().await;
        let answer = call.map_err(Error::call(operation))?;
        for item in answer.items.unwrap_or_default() {
            found.push(read(item)?);
        }
        start = answer.last_evaluated_key;
        if start.is_none() || found.len() >= max {
            break;
        }
    }
    Ok((found, start))
}

fn filtered(mut query: QueryFluentBuilder, conditions: &[(&str, Vec<&str>)]) -> QueryFluentBuilder {
    let mut expressions = Vec::with_capacity(conditions.len());
    let conditions = conditions.iter().filter(|(_, values)| !values.is_empty());
    for (n, (name, values)) in conditions.enumerate() {
        query = query.expression_attribute_names(format!("#filter{n}"), *name);
        let mut names = Vec::with_capacity(values.len());
        for (number, value) in values.iter().enumerate() {
            let name = format!(":filter{n}_{number}");
            query = query.expression_attribute_values(&name, text(*value));
            names.push(name);
        }
        expressions.push(format!("#filter{n} IN ({})", names.join(", ")));
    }
    match expressions.is_empty() {
        true => query,
        false => query.filter_expression(expressions.join(" AND ")),
    }
}

/// A page of at most so many, and behind which place to go on, where there may be more: one more
/// than is wanted tells so, too.
pub(crate) fn page<T, P>(
    mut found: Vec<T>,
    next: Option<P>,
    max: usize,
    place: impl Fn(&T) -> P,
) -> (Vec<T>, Option<P>) {
    if found.len() <= max {
        return (found, next);
    }
    found.truncate(max);
    let last = found.last().map(place);
    (found, last)
}
