//! What a command has to say: as text for people, as JSON for programs.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::text::clean;

/// How it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// What a command has come to.
#[derive(Debug)]
pub struct Report {
    /// For programs.
    pub value: Value,
    /// For people.
    pub text: String,
    /// Whether what was asked for is so; decides about the exit code.
    pub good: bool,
}

impl Report {
    pub fn new(value: Value, text: impl Into<String>) -> Self {
        Self {
            value,
            text: text.into(),
            good: true,
        }
    }

    /// What Carillon has answered, and what people read of it.
    pub fn of(answer: Value, shown: impl FnOnce(&Value) -> String) -> Self {
        let text = shown(&answer);
        Self::new(answer, text)
    }

    /// A list as a table, or what is said where it is empty.
    pub fn list(list: Vec<Value>, columns: &[Column], none: &str) -> Self {
        let text = match list.is_empty() {
            true => none.to_owned(),
            false => listed(&list, columns),
        };
        Self::new(Value::Array(list), text)
    }

    pub fn print(&self, format: Format) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        match format {
            Format::Table => writeln!(out, "{}", self.text.trim_end()),
            Format::Json => writeln!(out, "{:#}", self.value),
        }
    }
}

/// A column: its title, and what it shows of an entry.
pub type Column = (&'static str, fn(&Value) -> String);

/// A table of entries.
pub fn listed<'v>(list: impl IntoIterator<Item = &'v Value>, columns: &[Column]) -> String {
    let titles: Vec<_> = columns.iter().map(|(title, _)| *title).collect();
    let row = |entry| columns.iter().map(|(_, shown)| shown(entry)).collect();
    table(&titles, list.into_iter().map(row))
}

/// A table; cells are cleaned, and wrapped where the terminal is narrow.
fn table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.iter().map(|column| column.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell)));
    }
    if let Some(width) = width() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    let lines = table.to_string();
    let lines = lines
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

/// Facts, one a line; those without a value are left out.
pub fn facts(facts: &[(&str, String)]) -> String {
    let there = || facts.iter().filter(|(_, value)| !value.is_empty());
    let width = there().map(|(name, _)| name.len()).max().unwrap_or(0);
    there()
        .map(|(name, value)| format!("{name:width$}  {}\n", clean(value)))
        .collect()
}

fn width() -> Option<u16> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// A field as text: a list's entries with commas between, nothing where there is none.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{name}: {}", text(value)))
            .collect::<Vec<_>>()
            .join("; "),
        other => other.to_string(),
    }
}

/// A time in the reader's zone, to the second.
pub fn time(value: &Value) -> String {
    let Some(text) = value.as_str() else {
        return String::new();
    };
    match text.parse::<Timestamp>() {
        Ok(time) => {
            let zoned = time.to_zoned(TimeZone::system());
            zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        Err(_) => text.to_owned(),
    }
}

/// A number with what it counts.
pub fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => match what.strip_suffix('y') {
            Some(stem) => format!("{number} {stem}ies"),
            None => format!("{number} {what}s"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let rows = vec![
            vec!["a".to_owned(), "x".to_owned()],
            vec!["日本".to_owned(), "\u{1b}[1my".to_owned()],
        ];
        assert_eq!(
            table(&["name", "what"], rows),
            "NAME  WHAT\na     x\n日本  \u{fffd}[1my"
        );
    }

    #[test]
    fn fields_are_shown_as_people_write_them() {
        assert_eq!(text(&json!(["a", "b"])), "a, b");
        assert_eq!(text(&json!({"environment": ["prod"]})), "environment: prod");
        assert_eq!(text(&Value::Null), "");
        assert_eq!(count(1, "delivery"), "1 delivery");
        assert_eq!(count(2, "delivery"), "2 deliveries");
        assert_eq!(
            facts(&[("id", "x".into()), ("none", String::new())]),
            "id  x\n"
        );
    }
}
