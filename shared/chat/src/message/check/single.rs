//! What is a text or a number, and can be added to another.

use minijinja::machinery::ast::Expr;

use super::names::parts;
use crate::message::offered::{SINGLE, each};
use crate::message::values::Parts;

/// Whether something is a text or a number for sure, where a template has these names of its own.
pub(super) fn is_single(expression: &Expr<'_>, own: &[&str]) -> bool {
    let is_field =
        |name: &str, of: fn(&Parts) -> bool| !own.contains(&name) && parts(name).is_some_and(of);
    match expression {
        Expr::Const(it) => it.value.as_object().is_none(),
        Expr::Var(it) => is_field(it.id, |parts| matches!(parts, Parts::None)),
        Expr::GetAttr(it) => match &it.expr {
            Expr::Var(of) => {
                of.id == "loop" || is_field(of.id, |parts| !matches!(parts, Parts::None))
            }
            _ => false,
        },
        Expr::GetItem(it) => match &it.expr {
            Expr::Var(of) => is_field(of.id, |parts| !matches!(parts, Parts::None)),
            _ => false,
        },
        Expr::UnaryOp(_) | Expr::Compare(_) | Expr::Test(_) | Expr::BinOp(_) => true,
        Expr::Filter(it) => each(SINGLE).contains(&it.name),
        _ => false,
    }
}
