//! HTTPS for AWS's SDK.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A client with ring, which makes binaries smaller and faster to start than the SDK's own
/// choice does, and with bundled roots: reading the machine's would take longer than
/// everything else at a start.
pub fn http_client() -> SharedHttpClient {
    let mut roots = String::new();
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        roots.push_str("-----BEGIN CERTIFICATE-----\n");
        STANDARD.encode_string(root, &mut roots);
        roots.push_str("\n-----END CERTIFICATE-----\n");
    }
    let store = TrustStore::empty().with_pem_certificate(roots);
    let context = TlsContext::builder().with_trust_store(store).build();
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context.expect("a trust store is all that a context needs"))
        .build_https()
}
