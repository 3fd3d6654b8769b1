//! Looking at a template without rendering it: names that nobody knows are typing errors, also
//! where no event has come by yet.

mod names;

use carillon_domain::FaultCode;
use carillon_domain::fault::unknown;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt};
use minijinja::machinery::{Span, parse};
use minijinja::syntax::SyntaxConfig;
use url::Url;

use self::names::is_single;
use super::language::{Gives, place, reason};
use super::offered::{FILTERS, TESTS, each};
use super::slips;
use crate::form::Refusal;

/// What is wrong with a template, as far as that shows without an event.
pub(super) fn check(source: &str, gives: Gives) -> Vec<Refusal> {
    if is_too_deep(source) {
        let detail = format!("has more than {MAX_SIGNS} minus signs in a row");
        return vec![(FaultCode::Malformed, detail)];
    }
    let template = match parse(source, "template", SyntaxConfig::default()) {
        Ok(template) => template,
        Err(error) => return vec![(FaultCode::Malformed, reason(&error, source))],
    };
    let mut walk = Walk {
        source,
        own: vec!["loop"],
        found: Vec::new(),
    };
    walk.statement(&template);
    if gives == Gives::Url
        && let Err(detail) = begins_as_url(&template)
    {
        walk.found.push((FaultCode::Malformed, detail.to_owned()));
    }
    walk.found
}

/// The parser goes as deep as there are signs before a value, and counts them not.
const MAX_SIGNS: usize = 100;

fn is_too_deep(source: &str) -> bool {
    let mut signs = 0;
    source.chars().filter(|c| !c.is_whitespace()).any(|c| {
        signs = if c == '-' { signs + 1 } else { 0 };
        signs > MAX_SIGNS
    })
}

struct Walk<'s> {
    source: &'s str,
    /// The names that the template gives itself.
    own: Vec<&'s str>,
    found: Vec<Refusal>,
}

impl<'s> Walk<'s> {
    fn refuse(&mut self, span: Span, code: FaultCode, detail: &str) {
        let place = place(self.source, span.start_offset as usize);
        self.found.push((code, format!("{detail} ({place})")));
    }

    fn unknown(&mut self, span: Span, what: &str, written: &str, known: &[&str]) {
        let detail = unknown(what, written, known);
        self.refuse(span, FaultCode::UnknownValue, &detail);
    }

    fn statements(&mut self, statements: &[Stmt<'s>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'s>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emit) => self.expression(&emit.expr),
            Stmt::ForLoop(it) => {
                self.expression(&it.iter);
                self.assigned(&it.target);
                self.maybe(it.filter_expr.as_ref());
                self.statements(&it.body);
                self.statements(&it.else_body);
            }
            Stmt::IfCond(it) => {
                self.expression(&it.expr);
                self.statements(&it.true_body);
                self.statements(&it.false_body);
            }
            Stmt::WithBlock(it) => {
                for (target, value) in &it.assignments {
                    self.expression(value);
                    self.assigned(target);
                }
                self.statements(&it.body);
            }
            Stmt::Set(it) => {
                self.expression(&it.expr);
                self.assigned(&it.target);
            }
            Stmt::SetBlock(it) => {
                self.maybe(it.filter.as_ref());
                self.statements(&it.body);
                self.assigned(&it.target);
            }
            Stmt::FilterBlock(it) => {
                self.expression(&it.filter);
                self.statements(&it.body);
            }
            Stmt::AutoEscape(it) => {
                let detail = "`autoescape` is not needed: everything is plain text";
                self.refuse(it.span(), FaultCode::NotAllowed, detail);
            }
            Stmt::Do(it) => self.call(&it.call.expr, it.span()),
            #[expect(
                clippy::allow_attributes,
                reason = "whether there are others depends on the library's features"
            )]
            #[allow(unreachable_patterns)]
            _ => self.found.push((
                FaultCode::NotAllowed,
                "has a statement that is not offered here: use for, if, set, with or filter".into(),
            )),
        }
    }

    fn maybe(&mut self, expression: Option<&Expr<'s>>) {
        if let Some(expression) = expression {
            self.expression(expression);
        }
    }

    fn assigned(&mut self, target: &Expr<'s>) {
        match target {
            Expr::Var(variable) => self.own.push(variable.id),
            Expr::List(list) => list.items.iter().for_each(|item| self.assigned(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.assigned(item)),
            other => self.expression(other),
        }
    }

    fn expression(&mut self, expression: &Expr<'s>) {
        match expression {
            Expr::Const(_) => {}
            Expr::Var(variable) => {
                self.field(variable.id, variable.span());
            }
            Expr::GetAttr(it) => {
                self.expression_with(&it.expr, it.name, it.span());
            }
            Expr::GetItem(it) => {
                self.expression(&it.subscript_expr);
                match &it.subscript_expr {
                    Expr::Const(name) if let Some(name) = name.value.as_str() => {
                        self.expression_with(&it.expr, name, it.span());
                    }
                    _ => self.expression(&it.expr),
                }
            }
            Expr::Slice(it) => {
                self.expression(&it.expr);
                for part in [&it.start, &it.stop, &it.step] {
                    self.maybe(part.as_ref());
                }
            }
            Expr::UnaryOp(it) => self.expression(&it.expr),
            Expr::BinOp(it) => {
                self.expression(&it.left);
                self.expression(&it.right);
                let grows = matches!(it.op, BinOpKind::Add | BinOpKind::Mul | BinOpKind::Pow);
                if grows && !(is_single(&it.left, &self.own) && is_single(&it.right, &self.own)) {
                    self.refuse(it.span(), FaultCode::NotAllowed, NO_LISTS);
                }
            }
            Expr::Compare(it) => {
                self.expression(&it.expr);
                it.ops.iter().for_each(|op| self.expression(&op.expr));
            }
            Expr::IfExpr(it) => {
                self.expression(&it.test_expr);
                self.expression(&it.true_expr);
                self.maybe(it.false_expr.as_ref());
            }
            Expr::Filter(it) => {
                self.maybe(it.expr.as_ref());
                self.arguments(&it.args);
                let filters = each(FILTERS);
                if filters.contains(&it.name) {
                } else if let Some(detail) = slips::filter(it.name) {
                    self.refuse(it.span(), FaultCode::UnknownValue, &detail);
                } else {
                    self.unknown(it.span(), "filter", it.name, &filters);
                }
            }
            Expr::Test(it) => {
                self.expression(&it.expr);
                self.arguments(&it.args);
                // The signs of comparisons are tests, too.
                let is_sign = !it.name.starts_with(|c: char| c.is_ascii_alphabetic());
                let tests = each(TESTS);
                if !is_sign && !tests.contains(&it.name) {
                    self.unknown(it.span(), "test", it.name, &tests);
                }
            }
            Expr::Call(it) => self.call(&it.expr, it.span()),
            // Lists in lists double with each line, and the language does not count them.
            Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => {
                let is_plain = match expression {
                    Expr::List(it) => it.items.iter().all(|item| matches!(item, Expr::Const(_))),
                    Expr::Tuple(it) => it.items.iter().all(|item| matches!(item, Expr::Const(_))),
                    _ => false,
                };
                if !is_plain {
                    let detail = "a list can have texts and numbers as they are, and nothing else";
                    self.refuse(expression.span(), FaultCode::NotAllowed, detail);
                }
            }
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'s>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(it)
                | CallArg::Kwarg(_, it)
                | CallArg::PosSplat(it)
                | CallArg::KwargSplat(it) => self.expression(it),
            }
        }
    }
}

const NO_LISTS: &str = "needs a text or a number on both sides: put `| string`, `| int` or `| float` \
                        behind what may be something else, or join texts by `~`";

const LITERAL: &str = "must begin with http:// or https:// and a host, both literal, and a slash \
                       before the first value: https://wiki.example.com/{{ resource.type }}";

/// Whether nothing but literal text says where a URL leads.
fn begins_as_url(template: &Stmt<'_>) -> Result<(), &'static str> {
    let Stmt::Template(template) = template else {
        return Err(LITERAL);
    };
    let Some(Stmt::EmitRaw(first)) = template.children.first() else {
        return Err(LITERAL);
    };
    let literal = first.raw.trim_start();
    let rest = literal
        .strip_prefix("https://")
        .or_else(|| literal.strip_prefix("http://"));
    let begins = |c: char| c.is_alphanumeric() || c == '[';
    let rest = rest.filter(|rest| rest.starts_with(begins));
    let rest = rest.ok_or(LITERAL)?;
    let is_whole = template.children.len() == 1 || rest.contains(['/', '?', '#']);
    let url = Url::parse(literal).map_err(|_| LITERAL)?;
    if !is_whole || !url.has_host() {
        return Err(LITERAL);
    }
    match url.username().is_empty() && url.password().is_none() {
        true => Ok(()),
        false => Err("must have no user name: it would hide where the link leads"),
    }
}

#[cfg(test)]
mod tests;
