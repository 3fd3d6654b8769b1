//! Texts of which each kind has a type of its own.

/// A text as a type; with a prefix, the text is that and a ULID.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident $prefix:literal) => {
        identifier! { $(#[$doc])* $name }

        impl $name {
            pub fn generate(ulid: ulid::Ulid) -> Self {
                Self(format!("{}{ulid}", $prefix))
            }

            pub fn parse(text: &str) -> Option<Self> {
                is_ulid_behind($prefix, text).then(|| Self(text.to_owned()))
            }
        }
    };
}

pub(crate) use identifier;
