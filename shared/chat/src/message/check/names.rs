//! The names of fields and their parts, and calls of what looks like them.

use carillon_domain::{FaultCode, text};
use minijinja::machinery::Span;
use minijinja::machinery::ast::Expr;

use super::Walk;
use crate::message::offered::{SINGLE, each};
use crate::message::slips;
use crate::message::values::{FIELDS, Parts};

const DIRECTLY: &str = "the fields of an event are written directly";

/// Whether a name is meant for the event as a whole, which has none.
fn is_event(name: &str) -> bool {
    name.eq_ignore_ascii_case("event")
}

fn parts(field: &str) -> Option<&'static Parts> {
    let mut fields = FIELDS.iter();
    let found = fields.find(|(name, ..)| *name == field);
    found.map(|(_, parts, _)| parts)
}

impl<'s> Walk<'s> {
    /// Something of which a part is asked for.
    pub(super) fn expression_with(&mut self, of: &Expr<'s>, part: &str, span: Span) {
        match of {
            Expr::Var(of) if is_event(of.id) && !self.own.contains(&of.id) => match parts(part) {
                Some(_) => {
                    let detail = format!("{DIRECTLY}: `{part}` instead of `{}.{part}`", of.id);
                    self.refuse(span, FaultCode::UnknownValue, &detail);
                }
                None => self.field(part, span),
            },
            Expr::Var(of) => {
                self.field(of.id, of.span());
                self.part(of.id, part, span);
            }
            of => {
                self.expression(of);
                // Parts have none themselves.
                if let Expr::GetAttr(it) = of
                    && let Expr::Var(whole) = &it.expr
                    && !self.own.contains(&whole.id)
                    && let Some(Parts::Named(names)) = parts(whole.id)
                    && names.contains(&it.name)
                {
                    self.no_part(&format!("{}.{}", whole.id, it.name), part, span);
                }
            }
        }
    }

    pub(super) fn field(&mut self, name: &str, span: Span) {
        if self.own.contains(&name) || parts(name).is_some() {
            return;
        }
        if is_event(name) {
            let detail = format!("{DIRECTLY}: `status` instead of `{name}.status`");
            return self.refuse(span, FaultCode::UnknownValue, &detail);
        }
        match slips::field(name) {
            Some(detail) => self.refuse(span, FaultCode::UnknownValue, &detail),
            None => {
                let names: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
                self.unknown(span, "field", name, &names);
            }
        }
    }

    /// A part of a field, which has it or not.
    fn part(&mut self, field: &str, name: &str, span: Span) {
        if self.own.contains(&field) {
            return;
        }
        match parts(field) {
            None | Some(Parts::Any) => {}
            Some(Parts::Named(names)) if names.contains(&name) => {}
            Some(Parts::Named(names)) => {
                let known: Vec<String> = names.iter().map(|it| format!("{field}.{it}")).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                self.unknown(span, "field", &format!("{field}.{name}"), &known);
            }
            Some(Parts::None | Parts::List) => self.no_part(field, name, span),
        }
    }

    fn no_part(&mut self, field: &str, name: &str, span: Span) {
        let name = text::shorten(name, 100);
        let detail = format!("`{field}` has no part `{name}`");
        self.refuse(span, FaultCode::UnknownValue, &detail);
    }

    pub(super) fn call(&mut self, called: &Expr<'_>, span: Span) {
        let detail = match called {
            Expr::GetAttr(it) => slips::method(it.name),
            Expr::Var(it) => slips::function(it.id),
            _ => slips::NO_CALLS.to_owned(),
        };
        self.refuse(span, FaultCode::NotAllowed, &detail);
    }
}

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
