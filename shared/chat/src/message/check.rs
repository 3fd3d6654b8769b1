//! Looking at a template without rendering it: names that nobody knows are typing errors, also
//! where no event has come by yet.

use carillon_domain::fault::unknown;
use carillon_domain::{FaultCode, text};
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt};
use minijinja::machinery::{Span, parse};
use minijinja::syntax::SyntaxConfig;
use url::Url;

use super::language::{FILTERS, Gives, TESTS, place, reason};
use super::values::{FIELDS, Parts};
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
            Stmt::Do(it) => self.refuse(it.span(), FaultCode::NotAllowed, NO_CALLS),
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
                if !self.own.contains(&variable.id) && parts(variable.id).is_none() {
                    let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                    self.unknown(variable.span(), "field", variable.id, &names);
                }
            }
            Expr::GetAttr(it) => {
                self.expression(&it.expr);
                self.part(&it.expr, it.name, it.span());
            }
            Expr::GetItem(it) => {
                self.expression(&it.expr);
                self.expression(&it.subscript_expr);
                if let Expr::Const(name) = &it.subscript_expr
                    && let Some(name) = name.value.as_str()
                {
                    self.part(&it.expr, name, it.span());
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
                if grows && !(self.is_single(&it.left) && self.is_single(&it.right)) {
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
                if !FILTERS.contains(&it.name) {
                    self.unknown(it.span(), "filter", it.name, FILTERS);
                }
            }
            Expr::Test(it) => {
                self.expression(&it.expr);
                self.arguments(&it.args);
                // The signs of comparisons are tests, too.
                let is_sign = !it.name.starts_with(|c: char| c.is_ascii_alphabetic());
                if !is_sign && !TESTS.contains(&it.name) {
                    self.unknown(it.span(), "test", it.name, TESTS);
                }
            }
            Expr::Call(it) => self.refuse(it.span(), FaultCode::NotAllowed, NO_CALLS),
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

    /// Whether something is a text or a number for sure.
    fn is_single(&self, expression: &Expr<'_>) -> bool {
        let is_field = |name: &str, of: fn(&Parts) -> bool| {
            !self.own.contains(&name) && parts(name).is_some_and(of)
        };
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
            Expr::Filter(it) => SINGLE.contains(&it.name),
            _ => false,
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

    /// A part of something, which has it or not where that is a field.
    fn part(&mut self, of: &Expr<'s>, name: &str, span: Span) {
        let Expr::Var(variable) = of else {
            return;
        };
        if self.own.contains(&variable.id) {
            return;
        }
        let field = variable.id;
        match parts(field) {
            None | Some(Parts::Any) => {}
            Some(Parts::Named(names)) if names.contains(&name) => {}
            Some(Parts::Named(names)) => {
                let known: Vec<String> = names.iter().map(|it| format!("{field}.{it}")).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                self.unknown(span, "field", &format!("{field}.{name}"), &known);
            }
            Some(Parts::None | Parts::List) => {
                let name = text::shorten(name, 100);
                let detail = format!("`{field}` has no part `{name}`");
                self.refuse(span, FaultCode::UnknownValue, &detail);
            }
        }
    }
}

/// The filters that give a text or a number.
const SINGLE: &[&str] = &[
    "abs",
    "capitalize",
    "count",
    "float",
    "format",
    "indent",
    "int",
    "join",
    "length",
    "lower",
    "replace",
    "round",
    "string",
    "title",
    "trim",
    "upper",
    "urlencode",
];

const NO_LISTS: &str = "needs a text or a number on both sides: put `| string`, `| int` or `| float` \
                        behind what may be something else, or join texts by `~`";

const NO_CALLS: &str = "there are no functions or methods here: use a filter, such as \
                        {{ changes | join(\", \") }}";

fn parts(field: &str) -> Option<&'static Parts> {
    let mut fields = FIELDS.iter();
    let found = fields.find(|(name, _)| *name == field);
    found.map(|(_, parts)| parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str, gives: Gives) -> Vec<String> {
        let found = check(source, gives).into_iter();
        found.map(|(_, detail)| detail).collect()
    }

    #[test]
    fn an_unknown_name_is_found_with_the_nearest_one_and_its_place() {
        for (template, expected) in [
            (
                "{{ resorce.name }}",
                "unknown field `resorce`; did you mean `resource`? (line 1, column 4)",
            ),
            (
                "a\n  {{ resource.nmae }}",
                "unknown field `resource.nmae`; did you mean `resource.name`? (line 2, column 6)",
            ),
            (
                "{{ resource['nmae'] }}",
                "unknown field `resource.nmae`; did you mean `resource.name`? (line 1, column 4)",
            ),
            (
                "{% if false %}{{ status | uper }}{% endif %}",
                "unknown filter `uper`; did you mean `upper`? (line 1, column 18)",
            ),
            (
                "{{ status is definde }}",
                "unknown test `definde`; did you mean `defined`? (line 1, column 4)",
            ),
            (
                "{{ status.name }}",
                "`status` has no part `name` (line 1, column 4)",
            ),
        ] {
            let found = faults(template, Gives::Text);
            let [found] = found.as_slice() else {
                panic!("{template}: {found:?}");
            };
            // Where something begins is the library's to say; that it is said is ours.
            let (said, place) = found.split_at(found.find("(line").unwrap());
            assert!(expected.starts_with(said), "{found}");
            let line = &expected[expected.find("(line").unwrap()..];
            let line = &line[..line.find(',').unwrap()];
            assert!(place.starts_with(line), "{found}");
        }
    }

    #[test]
    fn no_template_is_deeper_than_the_stack() {
        let signs = format!("{{{{ {}1 }}}}", "- ".repeat(3_900));
        assert_eq!(faults(&signs, Gives::Text).len(), 1);
        let few = format!("{{{{ {}1 }}}}", "-".repeat(100));
        assert_eq!(faults(&few, Gives::Text), [""; 0]);
    }

    #[test]
    fn all_that_is_wrong_is_found_at_once() {
        let template = "{{ a }} {{ b | c }} {{ range(3) }} {{ status.upper() }} \
                        {% autoescape true %}{% endautoescape %}";
        assert_eq!(faults(template, Gives::Text).len(), 6);
        for template in [
            "{{",
            "{% if %}",
            "{% macro x() %}{% endmacro %}",
            "{% include 'x' %}",
        ] {
            let found = faults(template, Gives::Text);
            assert!(
                found.len() == 1 && found[0].contains("(line 1"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_a_template_names_itself_is_known() {
        for template in [
            "{% for name, value in details | items %}{{ loop.index }} {{ name }} {{ value }}{% endfor %}",
            "{% set x = status %}{{ x.y }}",
            "{% with a = project %}{{ a }}{% endwith %}",
            "{% set x %}{{ status }}{% endset %}{{ x }}",
            "{% filter upper %}{{ status }}{% endfilter %}",
            "{{ details['any thing'] }} {{ changes[0] }} {{ actor if actor else 'x' }}",
            "{{ estimated_cost.amount | float * 12 }} {{ 'a' + actor + details.x }}",
            "{% if status in ['failed', 'started'] %}{{ loop.index + 1 }}{% endif %}",
            "plain",
            "",
        ] {
            assert_eq!(
                faults(template, Gives::Text),
                Vec::<String>::new(),
                "{template}"
            );
        }
    }

    #[test]
    fn lists_cannot_be_multiplied() {
        for template in [
            "{{ [1] * 100 }}",
            "{% set a = changes + changes %}",
            "{% set a = [changes, changes] %}",
            "{% set a = ([1], [2]) %}",
            "{% set a = {'b': [1]} %}",
            "{% set a = status %}{{ a * 2 }}",
            "{{ (changes | list) * 3 }}",
            "{{ [[1]] }}",
        ] {
            assert_eq!(faults(template, Gives::Text).len(), 1, "{template}");
        }
    }

    #[test]
    fn where_a_url_leads_is_literal() {
        for template in [
            "https://wiki.example.com/{{ resource.type | urlencode }}",
            "http://wiki.example.com:8080?q={{ project }}",
            "https://wiki.example.com",
            "https://wiki.example.com/{% if status %}a{% endif %}",
        ] {
            assert_eq!(
                faults(template, Gives::Url),
                Vec::<String>::new(),
                "{template}"
            );
        }
        for template in [
            "{{ resource.url }}",
            "https://{{ project }}.example.com/",
            "https://wiki.example.com{{ project }}",
            "https://wiki.{# x #}example.com/",
            "ftp://wiki.example.com/",
            "//wiki.example.com/",
            "javascript:alert(1)",
            "https://a@wiki.example.com/",
            "https://a:b@wiki.example.com/",
            "https:///x",
            "{% if status %}https://a.example/{% endif %}",
            "https://",
        ] {
            assert_eq!(faults(template, Gives::Url).len(), 1, "{template}");
        }
    }
}
