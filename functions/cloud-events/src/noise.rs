//! What is true but no news: told only where a deployment asks for it.

use std::collections::HashSet;

use carillon_domain::fault::nearest;

macro_rules! noise {
    ($($(#[$doc:meta])* $variant:ident $name:literal)*) => {
        /// A kind of noise.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Noise { $($(#[$doc])* $variant),* }

        impl Noise {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

noise! {
    /// Statuses of nested stacks: the stack that holds them tells how it ended.
    NestedStacks "nested-stacks"
    /// Statuses of a stack's resources, but failures: those say why a stack failed.
    StackResources "stack-resources"
    /// States that nobody waits for: clean-ups, reviews, stopping, superseded, checkpoints.
    IntermediateStates "intermediate-states"
    /// ECS services that are as they should be, or tell a deployment a second time.
    ServiceActions "service-actions"
    /// Auto Scaling's lifecycle hooks.
    LifecycleActions "lifecycle-actions"
    /// RDS at its chores: backups, automated snapshots, maintenance, notices.
    DatabaseRoutine "database-routine"
    /// Alarms that have, or begin with, too little data.
    InsufficientData "insufficient-data"
    /// Alarms that Auto Scaling makes for itself; half of them are always on.
    ScalingAlarms "scaling-alarms"
    /// Alarms that another alarm mutes.
    SuppressedAlarms "suppressed-alarms"
    /// The single time series of an alarm that has many: the alarm itself is told.
    AlarmContributors "alarm-contributors"
    /// Builds of a pipeline, which tells them itself, but those that fail.
    PipelineBuilds "pipeline-builds"
    /// Jobs that run, went well, or were stopped.
    JobStates "job-states"
    /// Findings below the level that is told, archived ones, samples.
    MinorFindings "minor-findings"
    /// What AWS does all day: Spot interruptions, sign-ins, key rotations, test runs that pass.
    Routine "routine"
}

/// The noise that a deployment wants told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted(HashSet<Noise>);

impl Wanted {
    pub(crate) fn has(&self, noise: Noise) -> bool {
        self.0.contains(&noise)
    }

    /// Reads names separated by commas, or `all`.
    ///
    /// # Errors
    /// Names every unknown one, with the nearest known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut wanted = HashSet::new();
        let mut faults = Vec::new();
        let names = text.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            let is_meant = |noise: &&Noise| name == "all" || noise.name() == name;
            if !Noise::ALL.iter().any(|noise| is_meant(&noise)) {
                faults.push(unknown(name));
            }
            wanted.extend(Noise::ALL.iter().filter(is_meant));
        }
        match faults.is_empty() {
            true => Ok(Self(wanted)),
            false => Err(faults.join(", ")),
        }
    }
}

fn unknown(name: &str) -> String {
    let known = || Noise::ALL.iter().map(|noise| noise.name());
    match nearest(name, known()) {
        Some(meant) => format!("`{name}` is unknown; did you mean `{meant}`?"),
        None => {
            let known: Vec<_> = known().chain(["all"]).collect();
            format!("`{name}` is unknown; known are {}", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_asked_for_by_name() {
        let wanted = Wanted::parse(" nested-stacks, scaling-alarms,").unwrap();
        assert!(wanted.has(Noise::NestedStacks) && wanted.has(Noise::ScalingAlarms));
        assert!(!wanted.has(Noise::ServiceActions));
        let all = Wanted::parse("all").unwrap();
        assert!(Noise::ALL.iter().all(|noise| all.has(*noise)));
        assert_eq!(Wanted::parse("").unwrap(), Wanted::default());
    }

    #[test]
    fn every_unknown_name_is_said_with_the_nearest_known() {
        let faults = Wanted::parse("nested-stack,xyzzy").unwrap_err();
        assert!(faults.contains("did you mean `nested-stacks`?"), "{faults}");
        assert!(faults.contains("`xyzzy` is unknown; known are"), "{faults}");
    }
}
