//! What `carillon` can do, a file each.

pub mod apply;
pub mod credential;
pub mod deliveries;
pub mod import;
pub mod keys;
pub mod login;
pub mod lookup;
pub mod matching;
pub mod others;
pub mod recovery;
pub mod send;
pub mod trial;
pub mod webhooks;
