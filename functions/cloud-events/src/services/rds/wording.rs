//! What an event of RDS is where no id says so: its category decides, and words only where
//! something may be over.

use carillon_domain::{EventType, Status};

use super::Meaning;

pub fn meaning(categories: &[&str], message: &str) -> Meaning {
    use EventType::{Deploy, Destroy, Error, Scale};
    let is = |names: &[&str]| {
        let mut categories = categories.iter();
        categories.any(|category| names.iter().any(|name| category.eq_ignore_ascii_case(name)))
    };
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let of = |event_type, status, operation| Meaning {
        event_type,
        status,
        severity: None,
        told: true,
        operation,
    };
    let trouble = |operation| of(Error, Some(trouble(&message)), Some(operation));
    if is(&["failure", "low storage"]) {
        return of(Error, Some(Status::Failed), None);
    }
    if is(&["failover", "global failover", "global-failover"]) {
        return trouble("failover");
    }
    if is(&["recovery"]) {
        return trouble("recovery");
    }
    if is(&["availability"]) {
        return trouble("down");
    }
    if is(&["read replica"]) && says(&["stopped", "terminated", "broken", "resumed"]) {
        return trouble("replication");
    }
    let routine = says(&["automated"]);
    if is(&["deletion"]) {
        let told = !routine || says_failed(&message);
        return Meaning {
            told,
            ..of(Destroy, progress(&message).or(Some(Status::Succeeded)), None)
        };
    }
    if is(&["creation", "restoration"]) {
        let told = !routine || says_failed(&message);
        return Meaning {
            told,
            ..of(Deploy, progress(&message).or(Some(Status::Succeeded)), None)
        };
    }
    if is(&["configuration change"]) {
        let scales = says(&["instance class", "allocated storage", "storage size"]);
        return of(if scales { Scale } else { Deploy }, progress(&message), None);
    }
    if says_failed(&message) {
        return of(Error, Some(Status::Failed), None);
    }
    Meaning {
        told: false,
        ..of(Deploy, None, None)
    }
}

/// How trouble stands: that it is over must be said.
fn trouble(message: &str) -> Status {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let over = [
        "complet", "finished", "resumed", "recovered", "restarted", "no longer", "restored",
        "back to",
    ];
    match () {
        () if says_failed(message) => Status::Failed,
        () if says(&["start", "in progress", "begin"]) && !says(&["restarted", "complet"]) => {
            Status::Started
        }
        () if says(&over) => Status::Succeeded,
        () => Status::Failed,
    }
}

/// How far something is that somebody asked for; none where the sentence does not say.
fn progress(message: &str) -> Option<Status> {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let ends = [
        "finished", "complete", "created", "deleted", "restored", "applied", "patched",
        "upgraded", "updated", "reset",
    ];
    let begins = [
        "start", "creating", "deleting", "applying", "begin", "initiated", "in progress",
    ];
    match () {
        () if says_failed(message) => Some(Status::Failed),
        () if says(&["disabled", "pending", "available", "scheduled"]) => None,
        () if says(&ends) => Some(Status::Succeeded),
        () if says(&begins) => Some(Status::Started),
        () => None,
    }
}

/// Whether a sentence in small letters tells of a failure. A failover is none.
fn says_failed(message: &str) -> bool {
    let message = message.replace("failover", "").replace("failed over", "");
    let words = ["fail", "error", "unable", "cannot", "could not", "can't"];
    words.iter().any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_id_the_category_decides_and_a_sentence_only_how_it_stands() {
        use EventType::{Deploy, Destroy, Error, Scale};
        use Status::{Failed, Started, Succeeded};
        for (category, message, event_type, status, told) in [
            ("failover", "Started cross AZ failover to DB instance.", Error, Some(Started), true),
            ("failover", "A Multi-AZ failover has completed.", Error, Some(Succeeded), true),
            ("failover", "The DB instance was chosen.", Error, Some(Failed), true),
            ("failure", "The DB instance has failed.", Error, Some(Failed), true),
            ("low storage", "The free storage is low at 5%.", Error, Some(Failed), true),
            ("availability", "DB instance shutdown.", Error, Some(Failed), true),
            ("availability", "DB instance restarted.", Error, Some(Succeeded), true),
            ("recovery", "Recovery of the DB instance has started.", Error, Some(Started), true),
            ("recovery", "Recovery of the DB instance is complete.", Error, Some(Succeeded), true),
            ("read replica", "Replication has stopped.", Error, Some(Failed), true),
            ("read replica", "Replication for the replica resumed", Error, Some(Succeeded), true),
            ("read replica", "Replica switchover is fine.", Deploy, None, false),
            ("creation", "DB instance created.", Deploy, Some(Succeeded), true),
            ("restoration", "Restored from snapshot x", Deploy, Some(Succeeded), true),
            ("deletion", "DB cluster deleted.", Destroy, Some(Succeeded), true),
            ("creation", "Automated snapshot created", Deploy, Some(Succeeded), false),
            ("creation", "The automated snapshot failed", Deploy, Some(Failed), true),
            ("configuration change", "Applying modification to database instance class", Scale, Some(Started), true),
            ("configuration change", "Finished applying modification to allocated storage", Scale, Some(Succeeded), true),
            ("configuration change", "Updated parameter time_zone to UTC", Deploy, Some(Succeeded), true),
            ("configuration change", "Automatic backups have been disabled", Deploy, None, true),
            ("configuration change", "Something changed", Deploy, None, true),
            ("backup", "Backing up DB instance", Deploy, None, false),
            ("backup", "The backup could not be made", Error, Some(Failed), true),
            ("maintenance", "The cluster cannot be upgraded", Error, Some(Failed), true),
            ("maintenance", "A minor version upgrade is available", Deploy, None, false),
            ("notification", "DB instance stopped", Deploy, None, false),
            ("empty", "Performance Insights has been disabled", Deploy, None, false),
            ("something new", "…", Deploy, None, false),
        ] {
            let found = meaning(&[category], message);
            let found = (found.event_type, found.status, found.told);
            assert_eq!(found, (event_type, status, told), "{category}: {message}");
        }
    }
}
