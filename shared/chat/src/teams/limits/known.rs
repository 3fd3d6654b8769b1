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
};

const SPACING: Rule = OneOf("none, small, default, medium, large, extraLarge, padding");
const COLOR: Rule = OneOf("default, dark, light, accent, good, warning, attention");
const SIZE: Rule = OneOf("small, default, medium, large, extraLarge");
const WEIGHT: Rule = OneOf("lighter, default, bolder");
const FONT: Rule = OneOf("default, monospace");
const STYLE: Rule = OneOf("default, emphasis, good, attention, warning, accent");
const SIDE: Rule = OneOf("left, center, right");

/// The properties that every element may have.
pub(super) const COMMON: &[(&str, Rule)] = &[
    ("type", Free),
    ("id", Plain),
    ("isVisible", Flag),
    ("separator", Flag),
    ("spacing", SPACING),
    ("height", OneOf("auto, stretch")),
];

/// Each element's own properties, and those that it must have.
pub(super) type Known = (
    &'static str,
    &'static [(&'static str, Rule)],
    &'static [&'static str],
);

pub(super) const ELEMENTS: &[Known] = &[
    (
        "TextBlock",
        &[
            ("text", Markdown),
            ("wrap", Flag),
            ("weight", WEIGHT),
            ("size", SIZE),
            ("color", COLOR),
            ("isSubtle", Flag),
            ("fontType", FONT),
            ("maxLines", Number),
            ("horizontalAlignment", SIDE),
            ("style", OneOf("default, heading")),
        ],
        &["text"],
    ),
    (
        "RichTextBlock",
        &[("inlines", Inlines), ("horizontalAlignment", SIDE)],
        &["inlines"],
    ),
    ("FactSet", &[("facts", Facts)], &["facts"]),
    (
        "Container",
        &[
            ("items", Elements),
            ("style", STYLE),
            ("bleed", Flag),
            ("minHeight", Plain),
            ("selectAction", Action),
        ],
        &["items"],
    ),
    (
        "ColumnSet",
        &[
            ("columns", Columns),
            ("style", STYLE),
            ("bleed", Flag),
            ("selectAction", Action),
        ],
        &["columns"],
    ),
    (
        "Image",
        &[
            ("url", Rule::Url),
            ("altText", Plain),
            ("size", OneOf("auto, stretch, small, medium, large")),
            ("style", OneOf("default, person")),
            ("horizontalAlignment", SIDE),
            ("selectAction", Action),
        ],
        &["url"],
    ),
    ("ActionSet", &[("actions", Actions)], &["actions"]),
];

pub(super) const COLUMN: Known = (
    "Column",
    &[
        ("items", Elements),
        ("width", Free),
        ("style", STYLE),
        ("bleed", Flag),
        ("verticalContentAlignment", OneOf("top, center, bottom")),
        ("selectAction", Action),
    ],
    &["items"],
);

pub(super) const RUN: Known = (
    "TextRun",
    &[
        ("text", Plain),
        ("weight", WEIGHT),
        ("size", SIZE),
        ("color", COLOR),
        ("isSubtle", Flag),
        ("fontType", FONT),
        ("italic", Flag),
        ("strikethrough", Flag),
        ("underline", Flag),
        ("highlight", Flag),
        ("selectAction", Action),
    ],
    &["text"],
);

pub(super) const FACT: Known = (
    "Fact",
    &[("title", Markdown), ("value", Markdown)],
    &["title", "value"],
);

pub(super) const OPEN_URL: Known = (
    "Action.OpenUrl",
    &[("url", Rule::Url), ("title", Plain), ("id", Plain)],
    &["url"],
);

/// What the card itself may have beside its type, version and `msteams`.
pub(super) const ROOT: &[(&str, Rule)] = &[
    ("$schema", Free),
    ("type", Free),
    ("version", Free),
    ("msteams", Free),
    ("lang", Plain),
    ("fallbackText", Plain),
    ("speak", Plain),
    ("body", Elements),
    ("actions", Actions),
    ("selectAction", Action),
];
