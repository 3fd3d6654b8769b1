//! Where the URL of a link leads.

use minijinja::machinery::ast::Stmt;
use url::Url;

const LITERAL: &str = "must begin with http:// or https:// and a host, both literal, and a slash \
                       before the first value: https://wiki.example.com/{{ resource.type }}";

/// Whether nothing but literal text says where a URL leads.
pub(super) fn begins_as_url(template: &Stmt<'_>) -> Result<(), &'static str> {
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
