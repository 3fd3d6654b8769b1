//! What of the language there is.

/// The filters that there are.
pub(super) const FILTERS: &str = "abs, capitalize, count, d, default, dictsort, first, float, \
    format, indent, int, items, join, last, length, lines, list, lower, max, min, replace, \
    reverse, round, sort, split, string, title, trim, unique, upper, urlencode";

/// Those of them that give a text or a number.
pub(super) const SINGLE: &str = "abs, capitalize, count, float, format, indent, int, join, \
    length, lower, replace, round, string, title, trim, upper, urlencode";

/// The tests that there are.
pub(super) const TESTS: &str = "defined, divisibleby, endingwith, eq, equalto, even, false, float, \
    ge, greaterthan, gt, in, int, integer, iterable, le, lessthan, lower, lt, mapping, ne, none, \
    number, odd, sequence, startingwith, string, true, undefined, upper";

/// The names of such a list.
pub(super) fn each(names: &str) -> Vec<&str> {
    names.split(", ").collect()
}
