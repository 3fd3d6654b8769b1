//! What an event of RDS is where no id says so: its category decides, and words only where
//! something may be over.

use carillon_domain::{EventType, Status};

use super::Meaning;

pub fn meaning(categories: &[&str], message: &str) -> Meaning {
    use EventType::{Deploy, Destroy, Error, Scale};
    let message = &message.to_lowercase();
    let is = |names: &[&str]| {
        let is_one = |category: &&str| names.iter().any(|it| category.eq_ignore_ascii_case(it));
        categories.iter().any(is_one)
    };
    let of = |event_type, status, operation| Meaning {
        event_type,
        status,
        severity: None,
        told: true,
        operation,
    };
    let trouble = |operation| of(Error, Some(trouble(message)), Some(operation));
    let done = |event_type| Meaning {
        told: !says(message, &["automated"]) || says_failed(message),
        ..of(
            event_type,
            progress(message).or(Some(Status::Succeeded)),
            None,
        )
    };
    let replica = ["stopped", "terminated", "broken", "resumed"];
    let scales = ["instance class", "allocated storage", "storage size"];
    match () {
        () if is(&["failure", "low storage"]) => of(Error, Some(Status::Failed), None),
        () if is(&["failover", "global failover", "global-failover"]) => trouble("failover"),
        () if is(&["recovery"]) => trouble("recovery"),
        () if is(&["availability"]) => trouble("down"),
        () if is(&["read replica"]) && says(message, &replica) => trouble("replication"),
        () if is(&["deletion"]) => done(Destroy),
        () if is(&["creation", "restoration"]) => done(Deploy),
        () if is(&["configuration change"]) => match says(message, &scales) {
            true => of(Scale, progress(message), None),
            false => of(Deploy, progress(message), None),
        },
        () if says_failed(message) => of(Error, Some(Status::Failed), None),
        () => Meaning {
            told: false,
            ..of(Deploy, None, None)
        },
    }
}

fn says(message: &str, words: &[&str]) -> bool {
    words.iter().any(|word| message.contains(word))
}

/// How trouble stands: that it is over must be said.
fn trouble(message: &str) -> Status {
    let begins = ["start", "in progress", "begin"];
    let over = [
        "complet",
        "finished",
        "resumed",
        "recovered",
        "restarted",
        "no longer",
        "restored",
        "back to",
    ];
    match () {
        () if says_failed(message) => Status::Failed,
        () if says(message, &begins) && !says(message, &["restarted", "complet"]) => {
            Status::Started
        }
        () if says(message, &over) => Status::Succeeded,
        () => Status::Failed,
    }
}

/// How far something is that somebody asked for; none where the sentence does not say.
fn progress(message: &str) -> Option<Status> {
    let ends = [
        "finished", "complete", "created", "deleted", "restored", "applied", "patched", "upgraded",
        "updated", "reset",
    ];
    let begins = [
        "start",
        "creating",
        "deleting",
        "applying",
        "begin",
        "initiated",
        "in progress",
    ];
    match () {
        () if says_failed(message) => Some(Status::Failed),
        () if says(message, &["disabled", "pending", "available", "scheduled"]) => None,
        () if says(message, &ends) => Some(Status::Succeeded),
        () if says(message, &begins) => Some(Status::Started),
        () => None,
    }
}

/// Whether a sentence in small letters tells of a failure. A failover is none.
fn says_failed(message: &str) -> bool {
    let message = message.replace("failover", "").replace("failed over", "");
    let words = ["fail", "error", "unable", "cannot", "could not", "can't"];
    says(&message, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: &str = "
error/started | failover | Started cross AZ failover to DB instance.
error/succeeded | failover | A Multi-AZ failover has completed.
error/failed | failover | The DB instance was chosen.
error/failed | failure | The DB instance has failed.
error/failed | low storage | The free storage is low at 5%.
error/failed | availability | DB instance shutdown.
error/succeeded | availability | DB instance restarted.
error/started | recovery | Recovery of the DB instance has started.
error/succeeded | recovery | Recovery of the DB instance is complete.
error/failed | read replica | Replication has stopped.
error/succeeded | read replica | Replication for the replica resumed
quiet | read replica | Replica switchover is fine.
deploy/succeeded | creation | DB instance created.
deploy/succeeded | restoration | Restored from snapshot x
destroy/succeeded | deletion | DB cluster deleted.
quiet | creation | Automated snapshot created
deploy/failed | creation | The automated snapshot failed
scale/started | configuration change | Applying modification to database instance class
scale/succeeded | configuration change | Finished applying modification to allocated storage
deploy/succeeded | configuration change | Updated parameter time_zone to UTC
deploy/none | configuration change | Automatic backups have been disabled
deploy/none | configuration change | Something changed
quiet | backup | Backing up DB instance
error/failed | backup | The backup could not be made
error/failed | maintenance | The cluster cannot be upgraded
quiet | maintenance | A minor version upgrade is available
quiet | notification | DB instance stopped
quiet | empty | Performance Insights has been disabled
quiet | something new | …
";

    #[test]
    fn without_an_id_the_category_decides_and_a_sentence_only_how_it_stands() {
        for line in CASES.trim().lines() {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            let [expected, category, message] = parts[..] else {
                panic!("{line}");
            };
            let found = meaning(&[category], message);
            let status = found.status.map_or("none", Status::as_str);
            let class = match found.told {
                true => format!("{}/{status}", found.event_type),
                false => "quiet".to_owned(),
            };
            assert_eq!(class, expected, "{line}");
        }
    }
}
