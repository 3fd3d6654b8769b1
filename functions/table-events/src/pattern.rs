//! What a text must look like, and which part of it is meant: a language of six signs.
//!
//! | sign | stands for |
//! |---|---|
//! | `*`, `.*` | any run of characters, also none |
//! | `.+` | any run of at least one |
//! | `[^#]+`, `[^#]*` | a run without `#`, or without any other single character |
//! | `(…)` | the part that is meant; at most once |
//! | `\` | the next character as it is |
//!
//! Everything else is itself, and the whole text must fit. Where there is a choice, from left
//! to right, a run of any characters takes as little as it can, and one without a character as
//! much: of `a#b#c`, `(*)#*` means `a`, and of `ab#c`, `([^#]+)*` means `ab`. Fitting takes time
//! in proportion to text × pattern, whatever both are.

use regex_lite::{Regex, escape};

/// The longest pattern, in characters.
const MAX_PATTERN: usize = 1_024;
/// The longest text that can fit, in bytes: twice the longest key (DynamoDB's quotas).
const MAX_TEXT: usize = 4_096;

/// A pattern; never blank.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it was written.
    text: String,
    /// Its last group is what is meant.
    exact: Regex,
    /// Fits texts in small letters.
    small: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = Reader::default().read(text);
        let expression = read.map_err(|reason| format!("`{text}`: {reason}"))?;
        let compiled = |expression: &str| {
            let compiled = Regex::new(&format!("(?s)^({expression})$"));
            compiled.map_err(|error| format!("`{text}`: {error}"))
        };
        Ok(Self {
            text: text.to_owned(),
            exact: compiled(&expression)?,
            small: compiled(&small(&expression))?,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it says which part of a text is meant.
    pub fn has_part(&self) -> bool {
        // Beside the whole match and the whole text.
        self.exact.captures_len() > 2
    }

    pub fn fits(&self, text: &str, any_case: bool) -> bool {
        text.len() <= MAX_TEXT
            && match any_case {
                true => self.small.is_match(&small(text)),
                false => self.exact.is_match(text),
            }
    }

    /// The part of a text that is meant, or all of it where the pattern names none. None
    /// where the text does not fit.
    pub fn part_of<'t>(&self, text: &'t str) -> Option<&'t str> {
        let short = Some(text).filter(|text| text.len() <= MAX_TEXT)?;
        let groups = self.exact.captures(short)?;
        let part = groups.iter().last()??;
        Some(part.as_str())
    }
}

/// A text without capitals.
fn small(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Makes a regular expression of a pattern.
#[derive(Default)]
struct Reader {
    expression: String,
    /// Where the part begins that is not closed yet.
    opened: Option<usize>,
    has_part: bool,
}

impl Reader {
    fn read(mut self, text: &str) -> Result<String, &'static str> {
        if text.trim().is_empty() {
            return Err("a pattern must not be blank");
        }
        if text.chars().count() > MAX_PATTERN {
            return Err("a pattern has at most 1,024 characters");
        }
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            rest = self.sign(character, rest)?;
        }
        match self.opened {
            Some(_) => Err("`(` is not closed"),
            None => Ok(self.expression),
        }
    }

    /// Reads what `rest` begins with; gives what is left of it.
    fn sign<'t>(&mut self, character: char, rest: &'t str) -> Result<&'t str, &'static str> {
        const ESCAPE: &str = "`\\` stands before a sign that is meant as it is, such as `\\*`";
        const CLASS: &str = "`[` begins `[^x]+` or `[^x]*`; a bracket as it is is `\\[`";
        let after = &rest[character.len_utf8()..];
        match character {
            '\\' => {
                let escaped = after.chars().next().ok_or(ESCAPE)?;
                // Who writes `\d` means something that there is not.
                if escaped.is_alphanumeric() {
                    return Err(ESCAPE);
                }
                self.itself(escaped);
                Ok(&after[escaped.len_utf8()..])
            }
            '*' => {
                self.expression += ".*?";
                Ok(after)
            }
            '.' if after.starts_with(['*', '+']) => {
                self.expression += &format!(".{}?", &after[..1]);
                Ok(&after[1..])
            }
            '[' => {
                let inside = after.strip_prefix('^').ok_or(CLASS)?;
                let but = inside.chars().next().ok_or(CLASS)?;
                let end = inside[but.len_utf8()..].strip_prefix(']').ok_or(CLASS)?;
                if !end.starts_with(['*', '+']) {
                    return Err(CLASS);
                }
                self.expression += "[^";
                self.itself(but);
                self.expression += &format!("]{}", &end[..1]);
                Ok(&end[1..])
            }
            '(' if self.has_part || self.opened.is_some() => {
                Err("only one part can be meant; a bracket as it is is `\\(`")
            }
            '(' => {
                self.expression.push('(');
                self.opened = Some(self.expression.len());
                Ok(after)
            }
            ')' => {
                let from = self.opened.take();
                let from = from.ok_or("`)` closes nothing; a bracket as it is is `\\)`")?;
                if from == self.expression.len() {
                    return Err("nothing stands between `(` and `)`");
                }
                self.expression.push(')');
                self.has_part = true;
                Ok(after)
            }
            other => {
                self.itself(other);
                Ok(after)
            }
        }
    }

    fn itself(&mut self, character: char) {
        self.expression += &escape(character.encode_utf8(&mut [0; 4]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
        let pattern = Pattern::parse(pattern).unwrap();
        let part = pattern.part_of(text);
        assert_eq!(part.is_some(), pattern.fits(text, false));
        part
    }

    #[test]
    fn a_pattern_fits_the_whole_text_and_gives_the_part_that_is_meant() {
        for (pattern, text, expected) in [
            ("PROJECT#*", "PROJECT#1", Some("PROJECT#1")),
            ("PROJECT#*", "PROJECT#", Some("PROJECT#")),
            ("PROJECT#*", "project#1", None),
            ("PROJECT#(.+)", "PROJECT#1", Some("1")),
            ("PROJECT#(.+)", "PROJECT#", None),
            ("PROJECT#(.*)", "PROJECT#", Some("")),
            ("PROJECT#([^#]+)", "PROJECT#1", Some("1")),
            ("PROJECT#([^#]+)", "PROJECT#1#PARAM#2", None),
            ("PROJECT#([^#]+)#PARAM#*", "PROJECT#1#PARAM#2", Some("1")),
            ("PROJECT#*#PARAM#(*)", "PROJECT#1#PARAM#2#3", Some("2#3")),
            ("(*)#*", "a#b#c", Some("a")),
            ("ORG#([^#]+)*", "ORG#acme", Some("acme")),
            ("ORG#([^#]+)*", "ORG#acme#PROJECT#7", Some("acme")),
            ("([^#]+)#*", "ab#c#d", Some("ab")),
            ("([^#]*)*", "a##", Some("a")),
            ("*#(*)", "a#b#c", Some("b#c")),
            ("*#([^#]+)", "a#b#c", Some("c")),
            ("$app#org_([^#]*)", "$app#org_acme", Some("acme")),
            ("v1.0", "v1.0", Some("v1.0")),
            ("v1.0", "v100", None),
            (r"a\*\(b\)", "a*(b)", Some("a*(b)")),
            ("ä(.+)ß", "äöüß", Some("öü")),
            ("META", "META", Some("META")),
            ("META", "META2", None),
            ("(PARAM#.+)#LATEST", "PARAM#x#LATEST", Some("PARAM#x")),
        ] {
            assert_eq!(part(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn capitals_count_unless_they_are_said_not_to() {
        let pattern = Pattern::parse("Param#[^X]+").unwrap();
        assert!(!pattern.fits("PARAM#a", false));
        assert!(pattern.fits("PARAM#a", true));
        assert!(pattern.fits("Param#x", false));
        assert!(!pattern.fits("PARAM#x", true));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_reason() {
        for (pattern, reason) in [
            ("", "blank"),
            ("  ", "blank"),
            ("PROJECT#(.+", "`(` is not closed"),
            ("PROJECT#.+)", "`)` closes nothing"),
            ("(a)(b)", "only one part"),
            ("((a))", "only one part"),
            ("a()", "nothing stands between"),
            (r"PROJECT#(\d+)", "`\\` stands before"),
            ("a\\", "`\\` stands before"),
            ("[a-z]+", "`[` begins"),
            ("[^#]", "`[` begins"),
            ("[^", "`[` begins"),
        ] {
            let fault = Pattern::parse(pattern).unwrap_err();
            assert!(fault.contains(reason), "{fault}");
        }
        Pattern::parse(&"a".repeat(MAX_PATTERN + 1)).unwrap_err();
    }

    #[test]
    fn a_malicious_pattern_takes_no_longer_than_text_times_pattern() {
        let pattern = "(*a*a*a*a*a*a*a*a*a*a*a*a*a*a*)b";
        assert_eq!(part(pattern, &"a".repeat(MAX_TEXT)), None);
        assert_eq!(part("*", &"a".repeat(MAX_TEXT + 1)), None);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_a_part_is_of_the_text(pattern in "[a#.*+()\\[\\]^\\\\]{0,12}", text in "[a#*ä]{0,12}") {
            if let Ok(pattern) = Pattern::parse(&pattern)
                && let Some(part) = pattern.part_of(&text)
            {
                prop_assert!(text.contains(part));
                prop_assert!(pattern.fits(&text, false) && pattern.fits(&text, true));
            }
        }

        #[test]
        fn what_is_escaped_fits_itself_alone(text in "[#*().\\[\\]\\\\+^ ]{1,12}x", other in "[#*x]{0,12}") {
            let escaped: String = text.chars().flat_map(|c| match c {
                'x' => vec![c],
                c => vec!['\\', c],
            }).collect();
            let pattern = Pattern::parse(&escaped).unwrap();
            prop_assert!(pattern.fits(&text, false));
            prop_assert_eq!(pattern.fits(&other, false), other == text);
        }
    }
}
