//! Looking names up: every address that a name has is judged, and a connection can only go to
//! one that was.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::is_public;

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
type LookUp = dyn Fn(String) -> Found + Send + Sync;

/// Asks for a name's addresses, once for a connection, and hands them on for connecting if all
/// of them are allowed. One that is not among others that are is the mark of an attack: none is
/// called then.
#[derive(Clone)]
pub(super) struct Resolver {
    look_up: Arc<LookUp>,
    is_allowed: fn(IpAddr) -> bool,
}

impl Resolver {
    pub fn new(
        look_up: impl Fn(String) -> Found + Send + Sync + 'static,
        is_allowed: fn(IpAddr) -> bool,
    ) -> Self {
        Self {
            look_up: Arc::new(look_up),
            is_allowed,
        }
    }

    /// Asks the system's DNS; goes to the public internet alone.
    pub fn public() -> Self {
        // With the final dot no name of one's own network is tried before it.
        Self::new(|name| Box::pin(system(format!("{name}."))), is_public)
    }

    /// Asks the system about any name; goes anywhere.
    pub fn private() -> Self {
        Self::new(|name| Box::pin(system(name)), |_| true)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.look_up)(name.as_str().to_owned());
        let is_allowed = self.is_allowed;
        Box::pin(async move {
            let found = found.await?;
            if !found.iter().all(|address| is_allowed(*address)) {
                // Told like a name that nobody knows: what there is in a network is nobody's
                // business.
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            // The port is the URL's.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

async fn system(name: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((name, 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}
