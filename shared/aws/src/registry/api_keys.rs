//! API keys: rows that hold a key's hash, never the key.
