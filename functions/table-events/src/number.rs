//! Numbers as DynamoDB sees them: by value. `1`, `1.0` and `10e-1` are one number.

use std::collections::BTreeSet;

/// The digits that count, without leading and trailing zeros, and where the point is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

/// Whether two numbers, as DynamoDB writes them, have the same value. What is no number
/// equals only itself.
pub fn same(a: &str, b: &str) -> bool {
    a == b || matches!((read(a), read(b)), (Some(a), Some(b)) if a == b)
}

/// Whether two sets of numbers have the same members, in whatever order and notation.
pub fn same_set(a: &[String], b: &[String]) -> bool {
    let members = |set: &[String]| -> BTreeSet<_> {
        let members = set.iter().map(|text| read(text).ok_or(text.clone()));
        members.collect()
    };
    members(a) == members(b)
}

fn read(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits = all.trim_end_matches('0');
    let zeros = i64::try_from(all.len() - digits.len()).ok()?;
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let exponent = exponent.checked_add(zeros)?;
    let digits = digits.trim_start_matches('0').to_owned();
    let is_zero = digits.is_empty();
    Some(Decimal {
        negative: mantissa.starts_with('-') && !is_zero,
        digits,
        exponent: if is_zero { 0 } else { exponent },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_compared_by_value() {
        for (a, b) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("100", "1E2"),
            ("-0", "0.000"),
            ("0.10", "+.1"),
            ("1e400", "10e399"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [("1", "-1"), ("1", "10"), ("0.1", "0.01"), ("NaN", "1")] {
            assert!(!same(a, b), "{a} {b}");
        }
        assert!(
            !same("9007199254740993", "9007199254740992"),
            "more digits than a float has"
        );
        assert!(same("NaN", "NaN"), "what is no number equals itself");
    }

    #[test]
    fn sets_of_numbers_have_neither_order_nor_notation() {
        let set = |members: &[&str]| members.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>();
        assert!(same_set(&set(&["1", "2.50"]), &set(&["2.5", "1.0"])));
        assert!(!same_set(&set(&["1", "2"]), &set(&["1", "3"])));
        assert!(!same_set(&set(&["1"]), &set(&["1", "3"])));
    }

    proptest! {
        #[test]
        fn a_number_is_the_same_however_it_is_written(
            number in -1_000_000_i64..1_000_000, zeros in 0_usize..5
        ) {
            let padded = format!("{number}.{}", "0".repeat(zeros));
            prop_assert!(same(&number.to_string(), &padded));
            let (power, whole) = (format!("{number}e{zeros}"), format!("{number}{}", "0".repeat(zeros)));
            prop_assert!(same(&power, &whole));
            prop_assert!(!same(&number.to_string(), &(number + 1).to_string()));
        }

        #[test]
        fn any_text_is_compared_without_panic(a in ".{0,20}", b in "[-+0-9.eE]{0,40}") {
            prop_assert_eq!(same(&a, &b), same(&b, &a));
        }
    }
}
