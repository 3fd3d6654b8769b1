//! How an event reads at a glance.

use crate::event::{Event, Severity, Status};
use crate::event_type::{EventGroup, EventType};

/// What colour and emoji say of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Succeeded,
    Failed,
    Started,
    /// There is trouble, and it is being mended.
    Mending,
    Destroyed,
    Changed,
    /// Nothing has failed yet.
    Warning,
    /// Nothing is wrong.
    Notice,
    DryRun,
}

impl Tone {
    pub fn of(event: &Event) -> Self {
        use EventType as Type;
        if event.dry_run {
            return Self::DryRun;
        }
        if let Some(tone) = Self::without_status(event) {
            return tone;
        }
        match (event.event_type, event.status) {
            (_, Some(Status::Failed)) | (Type::WebhookSuspended, _) => Self::Failed,
            (Type::Error, Some(Status::Started)) => Self::Mending,
            (Type::Error, None) => Self::Failed,
            (_, Some(Status::Started)) => Self::Started,
            (
                Type::Destroy
                | Type::ParameterDeleted
                | Type::ProjectDeleted
                | Type::EnvironmentDeleted
                | Type::ValueDeleted,
                _,
            ) => Self::Destroyed,
            (
                Type::Deploy | Type::Scale | Type::Error | Type::WebhookFailing,
                Some(Status::Succeeded),
            ) => Self::Succeeded,
            _ => Self::Changed,
        }
    }

    /// Of what is neither trouble nor success: something is planned, put off, or only said.
    pub fn without_status(event: &Event) -> Option<Self> {
        if event.status.is_some() || event.event_type.group() != EventGroup::Infrastructure {
            return None;
        }
        match event.severity? {
            Severity::Info => Some(Self::Notice),
            Severity::Warning => Some(Self::Warning),
            Severity::Error | Severity::Critical => None,
        }
    }

    /// As red, green and blue. Never the only sign: emoji and words say the same.
    pub fn colour(self) -> u32 {
        match self {
            Self::Succeeded => 0x2e_9e_5b,
            Self::Failed => 0xd6_45_45,
            Self::Started => 0x3b_82_c4,
            Self::Mending => 0xc2_5e_2c,
            Self::Destroyed => 0xe0_8a_1e,
            Self::Changed => 0x7a_5f_b5,
            Self::Warning => 0xd9_a5_21,
            Self::Notice => 0x5f_7d_9c,
            Self::DryRun => 0x8a_8f_98,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_has_no_status_is_as_grave_as_its_severity_says() {
        use EventType::{Deploy, Error, ParameterCreated, Scale};
        use Severity::{Critical, Info, Warning};
        for (event_type, severity, tone) in [
            (Error, None, Tone::Failed),
            (Error, Some(Severity::Error), Tone::Failed),
            (Error, Some(Critical), Tone::Failed),
            (Error, Some(Warning), Tone::Warning),
            (Error, Some(Info), Tone::Notice),
            (Deploy, None, Tone::Changed),
            (Deploy, Some(Info), Tone::Notice),
            (Scale, Some(Warning), Tone::Warning),
            (ParameterCreated, Some(Info), Tone::Changed),
        ] {
            let mut event = sample::event(event_type);
            (event.status, event.severity) = (None, severity);
            assert_eq!(Tone::of(&event), tone, "{event_type} {severity:?}");
        }
    }

    #[test]
    fn trouble_that_is_being_mended_has_not_failed() {
        let mut event = sample::event(EventType::Error);
        event.status = Some(Status::Started);
        assert_eq!(Tone::of(&event), Tone::Mending);
    }
}
