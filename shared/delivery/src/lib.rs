//! Posting a message with a webhook's credential: the one way, shared by every delivery
//! and by the test call of the API.
//!
//! The credential comes from the cache. Where the platform refuses it, it is read afresh,
//! once; where that is refused too, or is the same, the credential that a rotation has
//! left behind has its turn, if there is one.

mod pause;
mod poster;

pub use pause::{next_pause, platform_pause};
pub use poster::{By, NotPosted, Posted, Poster, used_up};
