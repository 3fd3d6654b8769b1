use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use carillon_domain::Outcome;

use crate::client::TIMEOUTS;
use crate::client::tests::post;
use crate::testing::HOOK;
use crate::{ChatOrigin, Client, Kinds};

/// A server that keeps its connections and counts them.
fn counting_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || serve(connection.unwrap()));
        }
    });
    (address, count)
}

/// Answers each request with `ok`.
fn serve(connection: TcpStream) {
    let mut reader = BufReader::new(connection);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        reader.get_mut().write_all(answer).unwrap();
    }
}

#[tokio::test]
async fn connections_are_kept_for_what_follows_but_not_over_a_long_sleep() {
    let (address, connections) = counting_server();
    let seconds = Arc::new(AtomicUsize::new(0));
    let clock = Arc::clone(&seconds);
    let now = move || {
        let seconds = clock.load(Ordering::SeqCst) as u64;
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    };
    let origin = Some(ChatOrigin::parse(&address).unwrap());
    let client = Client::with(Kinds::default(), origin, TIMEOUTS, now).unwrap();
    for (at, expected) in [(0, 1), (10, 1), (40, 1), (71, 2), (80, 2), (3_600, 3)] {
        seconds.store(at, Ordering::SeqCst);
        let reply = post(&client, HOOK).await;
        assert_eq!(reply.outcome, Outcome::Delivered, "{at}");
        assert_eq!(connections.load(Ordering::SeqCst), expected, "{at}");
    }
}
