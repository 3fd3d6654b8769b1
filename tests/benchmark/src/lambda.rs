//! A function as a process under a Lambda Runtime API of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// As the functions' own, in the template.
const TIMEOUT: Duration = Duration::from_secs(60);
const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:benchmark";

/// What the process asks the runtime API.
struct Api {
    /// Tells that the process is ready for an event.
    ready: mpsc::UnboundedSender<()>,
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    answers: mpsc::UnboundedSender<Result<Bytes, Bytes>>,
}

/// The process. It ends with this.
pub struct Lambda {
    child: Child,
    server: JoinHandle<()>,
    ready: mpsc::UnboundedReceiver<()>,
    events: mpsc::UnboundedSender<String>,
    answers: mpsc::UnboundedReceiver<Result<Bytes, Bytes>>,
    /// From the start of the process until it asked for its first event.
    pub init: Duration,
}

impl Lambda {
    /// Starts a binary and waits until it is ready.
    pub async fn start(binary: &Path, environment: &[(&str, String)]) -> anyhow::Result<Self> {
        let (ready, is_ready) = mpsc::unbounded_channel();
        let (events, next) = mpsc::unbounded_channel();
        let (answers, answered) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            ready,
            events: Mutex::new(next),
            answers,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_event))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(api);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            // It ends with the process that it is for.
            let _ = axum::serve(listener, router).await;
        });
        let begun = Instant::now();
        let child = Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "benchmark")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("RUST_LOG", "warn")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let mut lambda = Self {
            child,
            server,
            ready: is_ready,
            events,
            answers: answered,
            init: Duration::ZERO,
        };
        let first = tokio::time::timeout(TIMEOUT, lambda.ready.recv()).await;
        first.context("the function did not start")?;
        lambda.init = begun.elapsed();
        Ok(lambda)
    }

    /// Has the function handle an event; gives its answer and how long it took.
    pub async fn invoke(&mut self, event: &Value) -> anyhow::Result<(Value, Duration)> {
        let event = event.to_string();
        let begun = Instant::now();
        self.events.send(event).context("the function is gone")?;
        let answer = tokio::time::timeout(TIMEOUT, self.answers.recv()).await;
        let took = begun.elapsed();
        let answer = answer
            .context("no answer")?
            .context("the function is gone")?;
        let answer = answer.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        // So that what it does after its answer counts, too.
        self.ready.recv().await.context("the function is gone")?;
        Ok((serde_json::from_slice(&answer)?, took))
    }

    /// The time that its threads have run, all together.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let statistics = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let ran = statistics.split(' ').next().context("schedstat")?;
            nanoseconds += ran.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The memory in use, in bytes: what of it is in memory and not from a file.
    pub fn memory(&self) -> anyhow::Result<u64> {
        self.status("VmRSS:")
    }

    /// The most memory that it has ever had, in bytes.
    pub fn peak_memory(&self) -> anyhow::Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path)?;
        let line = status.lines().find(|line| line.starts_with(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(kilobytes.context("a size")?.parse::<u64>()? * 1_024)
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.server.abort();
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn next_event(State(api): State<Arc<Api>>) -> Response {
    if api.ready.send(()).is_err() {
        return StatusCode::GONE.into_response();
    }
    let Some(event) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now() + TIMEOUT;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH);
    let headers = [
        ("lambda-runtime-aws-request-id", "benchmark".to_owned()),
        ("lambda-runtime-invoked-function-arn", ARN.to_owned()),
        (
            "lambda-runtime-deadline-ms",
            deadline.unwrap_or_default().as_millis().to_string(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}

async fn answer(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    // Nobody waits any more where this fails.
    let _ = api.answers.send(Ok(body));
    StatusCode::ACCEPTED
}

async fn error(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    let _ = api.answers.send(Err(body));
    StatusCode::ACCEPTED
}

/// The size of a binary in a zip file, in bytes.
pub fn zipped(binary: &Path) -> anyhow::Result<u64> {
    let bytes = std::fs::read(binary)?;
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, &bytes)?;
    let zipped = encoder.finish()?.len();
    ensure!(zipped > 0, "an empty binary");
    Ok(u64::try_from(zipped)?)
}
