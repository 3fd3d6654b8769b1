//! What has a fixed set of names.

use serde_json::{Value, json};

pub trait Named: Copy + 'static {
    /// What the API's document calls the set, where it has it.
    const SET: &'static str;
    const ABOUT: &'static str;

    /// All of them, in the order in which they are told.
    fn all() -> Vec<(&'static str, Self)>;

    fn names() -> Vec<&'static str> {
        Self::all().into_iter().map(|(name, _)| name).collect()
    }

    /// The set as a JSON Schema.
    fn schema() -> Value {
        json!({"type": "string", "enum": Self::names(), "description": Self::ABOUT})
    }
}

/// An enum of which each variant has a name, by which it is stored, sent and shown: what the
/// enum is called here and in the API's document, what it is about, and its variants.
macro_rules! named {
    (
        $(#[$meta:meta])* $enum:ident $set:literal $about:literal
        { $($(#[$variant_meta:meta])* $variant:ident $name:literal,)+ }
    ) => {
        $(#[$meta])*
        #[doc = concat!($about, ".")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $enum {
            $($(#[$variant_meta])* #[serde(rename = $name)] $variant,)+
        }

        impl $enum {
            /// All of them, in the order in which they are told.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == name)
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::named::Named for $enum {
            const SET: &'static str = $set;
            const ABOUT: &'static str = $about;

            fn all() -> Vec<(&'static str, Self)> {
                Self::ALL.iter().map(|known| (known.as_str(), *known)).collect()
            }
        }
    };
}

pub(crate) use named;
