//! What differs between two images of an item, by name alone.
//!
//! Nested attributes are paths in DynamoDB's own notation: `tags.owner`, `rules[0].port`.
//! A name that would not be told from a path is quoted: `"a.b"`. A list whose length
//! changed is named as a whole, since nobody can say which of its elements moved.

use std::collections::HashSet;

use serde_dynamo::{AttributeValue, Item};

use crate::number;
use crate::path::{Path, Place};

/// Attributes whose change is no news. What lies below an ignored one is ignored as well.
pub type Ignored = Vec<Path>;

/// Names of what differs, sorted.
pub fn between(old: &Item, new: &Item, ignored: &Ignored) -> Vec<String> {
    let mut walk = Walk {
        ignored,
        places: Vec::new(),
        found: Vec::new(),
    };
    walk.maps(old.inner(), new.inner());
    walk.found.sort();
    walk.found
}

/// Where something is, for people.
fn shown(places: &[Place]) -> String {
    let mut shown = String::new();
    for (depth, place) in places.iter().enumerate() {
        shown += &match place {
            Place::Index(index) => format!("[{index}]"),
            Place::Name(name) if depth == 0 => quoted(name),
            Place::Name(name) => format!(".{}", quoted(name)),
        };
    }
    shown
}

fn quoted(name: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !matches!(c, '.' | '[' | ']' | '"' | ';' | ',');
    if name.is_empty() || !name.chars().all(is_plain) {
        format!("\"{}\"", name.replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}

struct Walk<'i> {
    ignored: &'i [Path],
    /// Where it is, from the top down.
    places: Vec<Place<'i>>,
    found: Vec<String>,
}

type Map = std::collections::HashMap<String, AttributeValue>;

impl<'i> Walk<'i> {
    fn maps(&mut self, old: &'i Map, new: &'i Map) {
        let added = new.keys().filter(|name| !old.contains_key(*name));
        for name in old.keys().chain(added) {
            self.values(Place::Name(name), old.get(name), new.get(name));
        }
    }

    fn values(
        &mut self,
        at: Place<'i>,
        old: Option<&'i AttributeValue>,
        new: Option<&'i AttributeValue>,
    ) {
        use AttributeValue::{L, M};
        if let (Some(old), Some(new)) = (old, new)
            && same(old, new)
        {
            return;
        }
        self.places.push(at);
        match (old, new) {
            _ if self.ignored.iter().any(|path| path.is(&self.places)) => {}
            (Some(M(old)), Some(M(new))) => self.maps(old, new),
            (Some(L(old)), Some(L(new))) if old.len() == new.len() => {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    self.values(Place::Index(index), Some(old), Some(new));
                }
            }
            _ => self.found.push(shown(&self.places)),
        }
        self.places.pop();
    }
}

/// Whether two values that have nothing below them are equal as DynamoDB sees it: sets
/// without order, numbers by value. Maps and lists are taken apart instead.
fn same(old: &AttributeValue, new: &AttributeValue) -> bool {
    use AttributeValue::{Bs, L, M, N, Ns, Ss};
    match (old, new) {
        (M(_), M(_)) => false,
        (L(old), L(new)) => old.is_empty() && new.is_empty(),
        (N(old), N(new)) => number::same(old, new),
        (Ns(old), Ns(new)) => number::same_set(old, new),
        (Ss(old), Ss(new)) => same_members(old, new),
        (Bs(old), Bs(new)) => same_members(old, new),
        (old, new) => old == new,
    }
}

fn same_members<T: Eq + std::hash::Hash>(old: &[T], new: &[T]) -> bool {
    let (old, new): (HashSet<&T>, HashSet<&T>) = (old.iter().collect(), new.iter().collect());
    old == new
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn changes(old: Value, new: Value, ignored: &[&str]) -> Vec<String> {
        let item = |value| serde_json::from_value::<Item>(value).unwrap();
        let ignored = ignored.iter().map(|path| Path::parse(path).unwrap());
        let ignored = ignored.collect();
        between(&item(old), &item(new), &ignored)
    }

    #[test]
    fn nested_attributes_are_paths() {
        let found = changes(
            json!({
                "tags": {"M": {"owner": {"S": "a"}, "team": {"S": "x"}, "gone": {"BOOL": true}}},
                "rules": {"L": [{"M": {"port": {"N": "80"}}}, {"S": "same"}]},
                "same": {"S": "x"}
            }),
            json!({
                "tags": {"M": {"owner": {"S": "b"}, "team": {"S": "x"}, "new": {"M": {}}}},
                "rules": {"L": [{"M": {"port": {"N": "443"}}}, {"S": "same"}]},
                "same": {"S": "x"}
            }),
            &[],
        );
        assert_eq!(
            found,
            ["rules[0].port", "tags.gone", "tags.new", "tags.owner"]
        );
    }

    #[test]
    fn a_list_that_grew_and_a_value_of_another_type_are_named_as_a_whole() {
        let found = changes(
            json!({"list": {"L": [{"S": "a"}]}, "map": {"M": {"a": {"S": "x"}}}, "n": {"N": "1"}}),
            json!({"list": {"L": [{"S": "z"}, {"S": "a"}]}, "map": {"S": "x"}, "n": {"S": "1"}}),
            &[],
        );
        assert_eq!(found, ["list", "map", "n"]);
    }

    #[test]
    fn sets_have_no_order_and_numbers_no_notation() {
        let old = json!({
            "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2.0"]}, "bs": {"BS": ["YQ==", "Yg=="]},
            "n": {"N": "1"}, "b": {"B": "YQ=="}, "null": {"NULL": true}, "l": {"L": []}, "m": {"M": {}}
        });
        let new = json!({
            "ss": {"SS": ["b", "a"]}, "ns": {"NS": ["2", "1.0"]}, "bs": {"BS": ["Yg==", "YQ=="]},
            "n": {"N": "1.00"}, "b": {"B": "YQ=="}, "null": {"NULL": true}, "l": {"L": []}, "m": {"M": {}}
        });
        assert_eq!(changes(old.clone(), new, &[]), [""; 0]);
        let new = json!({
            "ss": {"SS": ["a", "c"]}, "ns": {"NS": ["1", "3"]}, "bs": {"BS": ["YQ==", "Yw=="]},
            "n": {"N": "2"}, "b": {"B": "Yg=="}, "null": {"BOOL": true}, "l": {"M": {}}, "m": {"L": []}
        });
        assert_eq!(
            changes(old, new, &[]),
            ["b", "bs", "l", "m", "n", "ns", "null", "ss"]
        );
    }

    #[test]
    fn a_name_that_looks_like_a_path_is_quoted() {
        let found = changes(
            json!({"a": {"M": {"b": {"S": "1"}, "c.d": {"S": "1"}}}, "a.b": {"S": "1"}}),
            json!({"a": {"M": {"b": {"S": "2"}, "c.d": {"S": "2"}}}, "a.b": {"S": "2"},
                   "x[0]": {"S": "2"}, "q\"": {"S": ""}}),
            &[],
        );
        assert_eq!(
            found,
            [r#""a.b""#, r#""q\"""#, r#""x[0]""#, r#"a."c.d""#, "a.b"]
        );
    }

    #[test]
    fn what_is_ignored_is_so_with_all_below_it_and_in_every_element() {
        let item = |n: &str| {
            json!({
                "seen": {"M": {"by": {"S": n}, "at": {"N": n}}},
                "tags": {"M": {"seen_at": {"N": n}, "owner": {"S": "a"}}},
                "rules": {"L": [{"M": {"hits": {"N": n}}}, {"M": {"hits": {"N": n}}}]}
            })
        };
        let ignored = ["seen", "tags.seen_at", "rules.hits"];
        assert_eq!(changes(item("1"), item("2"), &ignored), [""; 0]);
        assert_eq!(
            changes(item("1"), item("2"), &ignored[..2]),
            ["rules[0].hits", "rules[1].hits"]
        );
    }

    #[test]
    fn whatever_a_message_shows_can_be_ignored_as_it_stands() {
        let item = |n: &str| {
            json!({
                "a.b": {"S": n}, "q\"": {"S": n}, "with space": {"S": n},
                "m": {"M": {"c.d": {"S": n}, "": {"S": n}}},
                "rules": {"L": [{"M": {"port": {"N": n}}}, {"M": {"port": {"N": "1"}}}]}
            })
        };
        let shown = changes(item("1"), item("2"), &[]);
        assert_eq!(shown.len(), 6, "{shown:?}");
        let ignored: Vec<&str> = shown.iter().map(String::as_str).collect();
        assert_eq!(changes(item("1"), item("2"), &ignored), [""; 0]);
        for path in &ignored {
            let left = changes(item("1"), item("2"), &[path]);
            assert_eq!(left.len(), 5, "{path} in {left:?}");
        }
    }
}
