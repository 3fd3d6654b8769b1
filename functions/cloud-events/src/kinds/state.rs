//! Outcomes that many kinds share.

use carillon_domain::{EventType, Severity, Status};

use super::{Outcome, States};
use crate::noise::Noise;
use crate::story::Turn;

use EventType::{Deploy, Destroy, Error};

/// Neither good nor bad, as far as anybody knows.
pub const UNKNOWN: Outcome = Outcome::new(Error, None, "").severe(Severity::Info);
/// A job that failed.
pub const FAILED: Outcome = Outcome::new(Error, Some(Status::Failed), "failed");
pub const TIMED_OUT: Outcome = Outcome::new(Error, Some(Status::Failed), "took too long");
pub const ABORTED: Outcome = Outcome::new(Error, Some(Status::Failed), "was aborted");
/// A job that went well: nobody waits for it.
pub const DONE: Outcome =
    Outcome::new(Deploy, Some(Status::Succeeded), "succeeded").quiet(Noise::JobStates);
pub const RUNS: Outcome =
    Outcome::new(Deploy, Some(Status::Started), "is running").quiet(Noise::JobStates);
/// Somebody ended it, or it was never needed.
pub const STOPPED: Outcome = Outcome::new(Deploy, None, "was stopped").quiet(Noise::JobStates);
/// What services call the states of a job.
pub const JOB: States = &[
    (FAILED, "FAILED ERROR"),
    (TIMED_OUT, "TIMED_OUT TIMEDOUT TIMEOUT"),
    (ABORTED, "ABORTED"),
    (DONE, "SUCCEEDED SUCCESS COMPLETED COMPLETE"),
    (RUNS, "CREATED PENDING QUEUED STARTING STARTED"),
    (RUNS, "RUNNING EXECUTING IN_PROGRESS INPROGRESS"),
    (RUNS, "STOPPING CANCELLING"),
    (STOPPED, "STOPPED CANCELLED CANCELED"),
];
/// A person has to do something.
pub const WAITS: Outcome =
    Outcome::new(Error, None, "waits for somebody").severe(Severity::Warning);

/// Something is made or changed.
pub const DEPLOYING: Outcome = Outcome::new(Deploy, Some(Status::Started), "began");
pub const DEPLOYED: Outcome = Outcome::new(Deploy, Some(Status::Succeeded), "succeeded");
pub const DEPLOY_FAILED: Outcome = Outcome::new(Deploy, Some(Status::Failed), "failed");
pub const DEPLOY_STOPPED: Outcome = Outcome::new(Deploy, Some(Status::Failed), "was stopped");
pub const ROLLED_BACK: Outcome = Outcome::new(Deploy, Some(Status::Failed), "is rolled back");
pub const STEP: Outcome =
    Outcome::new(Deploy, Some(Status::Started), "goes on").quiet(Noise::IntermediateStates);
pub const DESTROYING: Outcome = Outcome::new(Destroy, Some(Status::Started), "is being removed");
pub const DESTROYED: Outcome = Outcome::new(Destroy, Some(Status::Succeeded), "was removed");

/// Trouble that something says the end of.
pub const TROUBLE: Outcome = Outcome::new(Error, Some(Status::Failed), "failed").turn(Turn::Begins);
/// The first time only, until it is over.
pub const TROUBLE_ONCE: Outcome =
    Outcome::new(Error, Some(Status::Failed), "failed").turn(Turn::Once);
pub const WELL_AGAIN: Outcome =
    Outcome::new(Error, Some(Status::Succeeded), "is well again").turn(Turn::EndsOnly);
/// A warning: nothing has failed yet.
pub const WARNING: Outcome = Outcome::new(Error, None, "").severe(Severity::Warning);
/// What is of no interest but to those who ask.
pub const ROUTINE: Outcome = Outcome::new(Error, None, "")
    .severe(Severity::Info)
    .quiet(Noise::Routine);
