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

/// The longest pattern, in characters.
const MAX_PATTERN: usize = 1_024;
/// The longest text that can fit, in bytes: twice the longest key (DynamoDB's quotas).
const MAX_TEXT: usize = 4_096;

/// One sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Itself(char),
    /// Any one character but this.
    One(Option<char>),
    /// Any run of characters but this.
    Run(Option<char>),
}

/// A pattern; never blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As it was written.
    text: String,
    signs: Vec<Sign>,
    /// From which sign to which.
    part: Option<(usize, usize)>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = Reader::default().read(text);
        let (signs, part) = read.map_err(|reason| format!("`{text}`: {reason}"))?;
        Ok(Self {
            text: text.to_owned(),
            signs,
            part,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it says which part of a text is meant.
    pub fn has_part(&self) -> bool {
        self.part.is_some()
    }

    pub fn fits(&self, text: &str, any_case: bool) -> bool {
        self.part_of(text, any_case).is_some()
    }

    /// The part of a text that is meant, or all of it where the pattern names none. None
    /// where the text does not fit.
    pub fn part_of<'t>(&self, text: &'t str, any_case: bool) -> Option<&'t str> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let characters: Vec<(usize, char)> = text.char_indices().collect();
        let places = self.places(&characters, any_case)?;
        let Some((from, to)) = self.part else {
            return Some(text);
        };
        let byte = |sign: usize| {
            let character = characters.get(places[sign]);
            character.map_or(text.len(), |(byte, _)| *byte)
        };
        Some(&text[byte(from)..byte(to)])
    }

    /// At which character each sign begins, and the last one ends.
    fn places(&self, characters: &[(usize, char)], any_case: bool) -> Option<Vec<usize>> {
        let width = characters.len() + 1;
        let place = |sign: usize, character: usize| sign * width + character;
        // Whether the signs from one on fit the characters from one on.
        let mut fits = vec![false; (self.signs.len() + 1) * width];
        fits[place(self.signs.len(), characters.len())] = true;
        for (sign, wanted) in self.signs.iter().enumerate().rev() {
            for at in (0..width).rev() {
                let next = characters.get(at).map(|(_, character)| *character);
                let takes = next.is_some_and(|next| wanted.takes(next, any_case));
                fits[place(sign, at)] = match wanted {
                    Sign::Run(_) => fits[place(sign + 1, at)] || takes && fits[place(sign, at + 1)],
                    Sign::Itself(_) | Sign::One(_) => takes && fits[place(sign + 1, at + 1)],
                };
            }
        }
        if !fits[0] {
            return None;
        }
        let mut places = vec![0];
        let mut at = 0;
        for (sign, wanted) in self.signs.iter().enumerate() {
            match wanted {
                Sign::Run(but) => {
                    let rest = characters[at..].iter();
                    let takes = |next: &&(usize, char)| wanted.takes(next.1, any_case);
                    let longest = at + rest.take_while(takes).count();
                    let mut ends = (at..=longest).filter(|at| fits[place(sign + 1, *at)]);
                    at = match but {
                        None => ends.next(),
                        Some(_) => ends.next_back(),
                    }?;
                }
                Sign::Itself(_) | Sign::One(_) => at += 1,
            }
            places.push(at);
        }
        Some(places)
    }
}

impl Sign {
    fn takes(self, character: char, any_case: bool) -> bool {
        let same = |other: char| {
            character == other || any_case && character.to_lowercase().eq(other.to_lowercase())
        };
        match self {
            Self::Itself(wanted) => same(wanted),
            Self::One(but) | Self::Run(but) => !but.is_some_and(same),
        }
    }
}

/// The signs, and from which to which is meant.
type Read = (Vec<Sign>, Option<(usize, usize)>);

#[derive(Default)]
struct Reader {
    signs: Vec<Sign>,
    opened: Option<usize>,
    part: Option<(usize, usize)>,
}

impl Reader {
    fn read(mut self, text: &str) -> Result<Read, &'static str> {
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
            None => Ok((self.signs, self.part)),
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
                self.signs.push(Sign::Itself(escaped));
                Ok(&after[escaped.len_utf8()..])
            }
            '*' => {
                self.signs.push(Sign::Run(None));
                Ok(after)
            }
            '.' if after.starts_with(['*', '+']) => {
                self.run(None, after.starts_with('+'));
                Ok(&after[1..])
            }
            '[' => {
                let inside = after.strip_prefix('^').ok_or(CLASS)?;
                let but = inside.chars().next().ok_or(CLASS)?;
                let end = inside[but.len_utf8()..].strip_prefix(']').ok_or(CLASS)?;
                if !end.starts_with(['*', '+']) {
                    return Err(CLASS);
                }
                self.run(Some(but), end.starts_with('+'));
                Ok(&end[1..])
            }
            '(' if self.part.is_some() || self.opened.is_some() => {
                Err("only one part can be meant; a bracket as it is is `\\(`")
            }
            '(' => {
                self.opened = Some(self.signs.len());
                Ok(after)
            }
            ')' => {
                let from = self.opened.take();
                let from = from.ok_or("`)` closes nothing; a bracket as it is is `\\)`")?;
                if from == self.signs.len() {
                    return Err("nothing stands between `(` and `)`");
                }
                self.part = Some((from, self.signs.len()));
                Ok(after)
            }
            other => {
                self.signs.push(Sign::Itself(other));
                Ok(after)
            }
        }
    }

    fn run(&mut self, but: Option<char>, at_least_one: bool) {
        if at_least_one {
            self.signs.push(Sign::One(but));
        }
        self.signs.push(Sign::Run(but));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
        Pattern::parse(pattern).unwrap().part_of(text, false)
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
            if let Ok(pattern) = Pattern::parse(&pattern) {
                for any_case in [false, true] {
                    if let Some(part) = pattern.part_of(&text, any_case) {
                        prop_assert!(text.contains(part));
                    }
                }
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
