//! Serving HTTP to whoever comes: slow ones end after a time, and a refusal, however early, leaves
//! the connection as it was.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::problem::refused;

/// How much is read of a body: more than any call takes.
const MAX_BODY_BYTES: usize = 2 * 1_024 * 1_024;
/// The pause after a connection could not be taken, as where too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the headers of a request, from the end of the one before.
    pub headers: Duration,
    pub body: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(60),
            body: Duration::from_secs(30),
        }
    }
}

/// Serves until it is stopped; then ends what is in hand.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: CancellationToken,
) {
    let router = router.layer(middleware::from_fn_with_state(patience, with_whole_body));
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.headers);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = server.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Reads the body before anybody looks at the request: what a refusal left unread would be taken
/// for the next request, so that the connection would have to end.
async fn with_whole_body(
    State(patience): State<Patience>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match tokio::time::timeout(patience.body, read(body)).await {
        Ok(Ok((bytes, is_whole))) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            let response = next.run(request).await;
            if is_whole {
                return response;
            }
            response
        }
        Ok(Err(_)) => refused(StatusCode::BAD_REQUEST, "the body broke off", None),
        Err(_) => {
            let seconds = patience.body.as_secs();
            let detail = format!("the body did not come within {seconds} s");
            refused(StatusCode::REQUEST_TIMEOUT, &detail, None)
        }
    };
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// A body, and whether that is all of it: of one that is too large for everybody, a part will do.
async fn read(mut body: Body) -> Result<(Bytes, bool), axum::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > MAX_BODY_BYTES {
            return Ok((bytes.into(), false));
        }
    }
    Ok((bytes.into(), true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    const LONG: Duration = Duration::from_secs(20);

    /// A connection to a server that takes no body, and waits for so long.
    async fn connect(wait: Duration) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let refuse = async || (StatusCode::UNAUTHORIZED, "who?");
        let router = Router::new().route("/", post(refuse));
        let patience = Patience {
            headers: wait,
            body: wait,
        };
        tokio::spawn(serve(listener, router, patience, CancellationToken::new()));
        TcpStream::connect(address).await.unwrap()
    }

    fn head(length: usize) -> String {
        format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n")
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        while !text.ends_with("who?") {
            let mut buffer = [0; 1_024];
            let count = stream.read(&mut buffer).await.unwrap();
            if count == 0 {
                break;
            }
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        text
    }

    #[tokio::test]
    async fn a_refusal_leaves_the_connection_to_the_next_request() {
        let mut stream = connect(LONG).await;
        for _ in 0..3 {
            let body = "x".repeat(1_024 * 1_024);
            let request = head(body.len()) + &body;
            stream.write_all(request.as_bytes()).await.unwrap();
            let answer = answer(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        }
    }

    #[tokio::test]
    async fn slow_headers_and_slow_bodies_end() {
        let short = Duration::from_millis(200);
        let mut stream = connect(short).await;
        stream.write_all(b"POST / HT").await.unwrap();
        let answered = answer(&mut stream).await;
        assert!(!answered.contains("who?"), "{answered}");

        let mut stream = connect(short).await;
        let request = head(100) + "xyz";
        stream.write_all(request.as_bytes()).await.unwrap();
        let answered = answer(&mut stream).await;
        assert!(answered.starts_with("HTTP/1.1 408"), "{answered}");
        assert!(answered.contains("connection: close"), "{answered}");
    }

    #[tokio::test]
    async fn of_a_body_that_nobody_takes_the_rest_is_not_read() {
        let mut stream = connect(LONG).await;
        let body = "x".repeat(MAX_BODY_BYTES + 1);
        let request = head(usize::MAX / 2) + &body;
        stream.write_all(request.as_bytes()).await.unwrap();
        let answered = answer(&mut stream).await;
        assert!(answered.starts_with("HTTP/1.1 401"), "{answered}");
        assert!(answered.contains("connection: close"), "{answered}");
    }
}
