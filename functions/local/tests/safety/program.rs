//! The program, started as a person starts it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

pub struct Program {
    child: Child,
    pub url: String,
    pub dynamodb_url: String,
    pub key: String,
    pub banner: String,
    http: reqwest::Client,
}

fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carillon-local"));
    command
        .args(["--port", "0", "--dynamodb-port", "0"])
        .args(arguments)
        .env_remove("CARILLON_CHAT_ORIGIN")
        .env_remove("CARILLON_ADMIN_KEY")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Program {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// With these variables in its environment.
    pub fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(arguments, variables).spawn().unwrap();
        // An earlier test may have done so.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Whatever it writes, it never waits for a reader.
        let mut errors = child.stderr.take().unwrap();
        std::thread::spawn(move || errors.read_to_end(&mut Vec::new()));
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Ctrl-C ends it") {
            let read = reader.read_line(&mut banner).unwrap();
            assert_ne!(read, 0, "it ended: {banner}");
        }
        std::thread::spawn(move || reader.read_to_end(&mut Vec::new()));
        let word = |label: &str| {
            let mut lines = banner.lines().map(str::trim_start);
            let line = lines.find_map(|line| line.strip_prefix(label)).unwrap();
            line.split_whitespace().next().unwrap().to_owned()
        };
        Self {
            url: word("Page").trim_end_matches('/').to_owned(),
            dynamodb_url: word("DynamoDB"),
            key: word("Admin key"),
            http: reqwest::Client::new(),
            child,
            banner,
        }
    }

    /// Of a program that does not start: how it ends.
    pub fn fail(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        command(arguments, variables).output().unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_at(method, &format!("{}{path}", self.url))
    }

    pub fn request_at(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// A call of the DynamoDB endpoint, without its body.
    pub fn dynamodb(&self, operation: &str) -> RequestBuilder {
        let authorization = "AWS4-HMAC-SHA256 Credential=KEY/20261121/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
        self.request_at(Method::POST, &self.dynamodb_url)
            .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
            .header("Authorization", authorization)
    }

    /// Reads JSON with the admin's key.
    pub async fn get(&self, path: &str) -> Value {
        let request = self.request(Method::GET, path).bearer_auth(&self.key);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// As `kill -9`, or as Ctrl-C.
    pub fn end(mut self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
