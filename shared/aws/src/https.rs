//! HTTPS for AWS's SDK, by the library that also calls Slack and Discord: a binary has room
//! for one.

use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::redirect;
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take, with name resolution and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long connections are kept without a call. A function that is frozen meanwhile loses
/// them without noticing, and the first call has to find out.
const KEPT: Duration = Duration::from_secs(30);

/// A client with bundled roots: reading the machine's would take longer than everything else
/// at a start. It has a time-out for connections of its own, whatever the SDK's says; the
/// SDK has those of calls.
pub fn http_client() -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Https(client()));
    http_client_fn(move |_, _| connector.clone())
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(bundled_roots()))
        .http1_only()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(KEPT)
        .build()
        .expect("all that it needs is given")
}

fn bundled_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

fn tls(roots: RootCertStore) -> ClientConfig {
    // Where the process has made a choice already, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[derive(Debug)]
struct Https(reqwest::Client);

impl HttpConnector for Https {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = to_reqwest(request)?;
            let mut response = client.execute(request).await.map_err(failed)?;
            let status = response.status();
            let headers = std::mem::take(response.headers_mut());
            let body = response.bytes().await.map_err(failed)?;
            let mut answer = http::Response::new(SdkBody::from(body));
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            HttpResponse::try_from(answer)
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn to_reqwest(request: HttpRequest) -> Result<reqwest::Request, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let bytes = body
        .bytes()
        .ok_or_else(|| ConnectorError::user("only bodies in memory are sent".into()))?
        .to_vec();
    reqwest::Request::try_from(http::Request::from_parts(parts, bytes)).map_err(failed)
}

/// No log gets to see URLs.
fn failed(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;

    use rustls::ServerConfig;
    use rustls::pki_types::ServerName;
    use tokio_rustls::{TlsAcceptor, TlsConnector};
    use wiremock::matchers::{body_string, header, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn call(uri: &str, body: SdkBody) -> Result<HttpResponse, ConnectorError> {
        let mut request = HttpRequest::new(body);
        request.set_method("POST").unwrap();
        request.set_uri(uri).unwrap();
        request.headers_mut().insert("x-amz-target", "Any.Thing");
        Https(client()).call(request).await
    }

    #[tokio::test]
    async fn what_the_sdk_says_arrives_and_so_does_the_answer_whatever_its_status() {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(400)
            .insert_header("x-amzn-requestid", "one")
            .set_body_string("{}");
        Mock::given(method("POST"))
            .and(path("/"))
            .and(header("x-amz-target", "Any.Thing"))
            .and(body_string("said"))
            .respond_with(answer)
            .expect(1)
            .mount(&server)
            .await;
        let answer = call(&server.uri(), SdkBody::from("said")).await.unwrap();
        assert_eq!(answer.status().as_u16(), 400);
        assert_eq!(answer.headers().get("x-amzn-requestid"), Some("one"));
        assert_eq!(answer.body().bytes(), Some(&b"{}"[..]));
    }

    #[tokio::test]
    async fn who_cannot_be_reached_or_hangs_up_is_an_error_of_input_and_output() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let uri = format!("http://{address}");
        let hangs_up = std::thread::spawn(move || drop(listener.accept().unwrap()));
        let error = call(&uri, SdkBody::from("said")).await.unwrap_err();
        assert!(error.is_io(), "{error:?}");
        assert!(!format!("{error:?}").contains(&uri), "{error:?}");
        hangs_up.join().unwrap();

        let error = call(&uri, SdkBody::from("said")).await.unwrap_err();
        assert!(error.is_io(), "{error:?}");
    }

    #[tokio::test]
    async fn what_is_no_request_is_the_callers_own_error() {
        let error = call("nowhere", SdkBody::from("said")).await.unwrap_err();
        assert!(error.is_user(), "{error:?}");
        let error = call("http://127.0.0.1:1", SdkBody::taken())
            .await
            .unwrap_err();
        assert!(error.is_user(), "{error:?}");
    }

    #[tokio::test]
    async fn an_error_of_the_service_is_tried_again() {
        let server = MockServer::start().await;
        let broken = Mock::given(method("POST")).respond_with(ResponseTemplate::new(500));
        broken.up_to_n_times(1).expect(1).mount(&server).await;
        let list = ResponseTemplate::new(200).set_body_string(r#"{"TableNames": ["one"]}"#);
        let works = Mock::given(method("POST")).respond_with(list);
        works.expect(1).mount(&server).await;
        let uri = server.uri();
        let variable = move |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some(uri.clone()),
            "AWS_ENDPOINT_URL_DYNAMODB" => None,
            _ => Some("fake".to_owned()),
        };
        let config = crate::environment::config("DYNAMODB", &variable, http_client());
        let client = aws_sdk_dynamodb::Client::new(&config);
        let answer = client.list_tables().send().await.unwrap();
        assert_eq!(answer.table_names(), ["one"]);
    }

    /// Whether a client with the roots that `choose` makes of the server's own goes on with
    /// the server.
    async fn is_trusted(choose: impl FnOnce(RootCertStore) -> RootCertStore) -> bool {
        let name = "dynamodb.eu-west-1.amazonaws.com";
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let mut own = RootCertStore::empty();
        own.add(made.cert.der().clone()).unwrap();
        let tls = tls(choose(own));
        let key = made.signing_key.serialize_der().try_into().unwrap();
        let server = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let (here, there) = tokio::io::duplex(16_384);
        let name = ServerName::try_from(name).unwrap();
        let accepted = TlsAcceptor::from(Arc::new(server)).accept(there);
        let connected = TlsConnector::from(Arc::new(tls)).connect(name, here);
        tokio::join!(accepted, connected).1.is_ok()
    }

    #[tokio::test]
    async fn only_a_server_that_somebody_vouches_for_is_talked_to() {
        assert!(is_trusted(|own| own).await);
        assert!(!is_trusted(|_| bundled_roots()).await);
        assert!(bundled_roots().len() > 100);
    }
}
