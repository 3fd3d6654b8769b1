//! The elements of an Adaptive Card 1.4 that Teams shows of a workflow's, and their properties.

/// What a property may be.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Text that Teams reads as Markdown.
    Markdown,
    /// Text that is shown as it is.
    Plain,
    Flag,
    Number,
    /// One of these names with commas between, in capitals or not.
    OneOf(&'static str),
    Url,
    Elements,
    Inlines,
    Facts,
    Columns,
    Actions,
    Action,
    /// Anything.
    Free,
}

use Rule::{
    Action, Actions, Columns, Elements, Facts, Flag, Free, Inlines, Markdown, Number, OneOf, Plain,
    Url,
};

/// What properties may be; `Element.property` is that of this element alone, and stands first.
const PROPERTIES: &[(&str, Rule)] = &[
    ("TextBlock.text Fact.title Fact.value", Markdown),
    ("TextBlock.style", OneOf("default, heading")),
    ("Image.style", OneOf("default, person")),
    ("Image.size", OneOf("auto, stretch, small, medium, large")),
    ("$schema msteams type version width", Free),
    (
        "altText fallbackText id lang minHeight speak text title",
        Plain,
    ),
    ("bleed highlight isSubtle isVisible italic", Flag),
    ("separator strikethrough underline wrap", Flag),
    ("maxLines", Number),
    ("url", Url),
    ("body items", Elements),
    ("inlines", Inlines),
    ("facts", Facts),
    ("columns", Columns),
    ("actions", Actions),
    ("selectAction", Action),
    ("spacing", OneOf(SPACINGS)),
    ("height", OneOf("auto, stretch")),
    ("color", OneOf(COLORS)),
    ("size", OneOf("small, default, medium, large, extraLarge")),
    ("weight", OneOf("lighter, default, bolder")),
    ("fontType", OneOf("default, monospace")),
    ("style", OneOf(STYLES)),
    ("horizontalAlignment", OneOf("left, center, right")),
    ("verticalContentAlignment", OneOf("top, center, bottom")),
];

const SPACINGS: &str = "none, small, default, medium, large, extraLarge, padding";
const COLORS: &str = "default, dark, light, accent, good, warning, attention";
const STYLES: &str = "default, emphasis, good, attention, warning, accent";

/// What a property of an element may be.
pub(super) fn rule(element: &str, property: &str) -> Option<Rule> {
    let own = format!("{element}.{property}");
    let is_meant = |name: &str| name == own || name == property;
    let mut rules = PROPERTIES.iter();
    let found = rules.find(|(names, _)| names.split(' ').any(is_meant));
    found.map(|(_, rule)| *rule)
}

/// An element, the properties that it must have, and those that it may have.
pub(super) type Known = (&'static str, &'static str, &'static str);

/// The properties that every element may have.
pub(super) const COMMON: &str = "type id isVisible separator spacing height";

pub(super) const ELEMENTS: &[Known] = &[
    ("TextBlock", "text", TEXT_BLOCK),
    ("RichTextBlock", "inlines", "inlines horizontalAlignment"),
    ("FactSet", "facts", "facts"),
    (
        "Container",
        "items",
        "items style bleed minHeight selectAction",
    ),
    ("ColumnSet", "columns", "columns style bleed selectAction"),
    (
        "Image",
        "url",
        "url altText size style horizontalAlignment selectAction",
    ),
    ("ActionSet", "actions", "actions"),
];

const TEXT_BLOCK: &str =
    "text wrap weight size color isSubtle fontType maxLines horizontalAlignment style";

pub(super) const COLUMN: Known = (
    "Column",
    "items",
    "items width style bleed verticalContentAlignment selectAction",
);

pub(super) const RUN: Known = (
    "TextRun",
    "text",
    "text weight size color isSubtle fontType italic strikethrough underline highlight selectAction",
);

pub(super) const FACT: Known = ("Fact", "title value", "title value");

pub(super) const OPEN_URL: Known = ("Action.OpenUrl", "url", "url title");

/// What the card itself may have.
pub(super) const ROOT: &str =
    "$schema type version msteams lang fallbackText speak body actions selectAction";
