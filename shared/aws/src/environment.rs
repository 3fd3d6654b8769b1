//! AWS's own settings, from the environment, where Lambda puts all of them.
//!
//! Not through `aws-config`: the profiles, web identities and metadata services that it also
//! looks at are nothing that a function has, but would be a good part of its start and size.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
    StalledStreamProtectionConfig,
};
use aws_types::SdkConfig;

/// Where it is said that the credentials are from.
const PROVIDER: &str = "environment";

/// The settings of one service's client, which may have an endpoint of its own, such as one in
/// a VPC. Without a region or credentials, calls fail and say so.
pub(crate) fn config(
    service: &str,
    variable: &impl Fn(&str) -> Option<String>,
    http_client: SharedHttpClient,
) -> SdkConfig {
    let credentials = || {
        Some(Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
            None,
            PROVIDER,
        ))
    };
    let is_true = |name| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(variable("AWS_REGION").map(Region::new))
        // A call that hangs must not take a function's whole time. How long a connection may take
        // is the HTTP client's to say.
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(Duration::from_secs(3))
                .operation_timeout(Duration::from_secs(8))
                .build(),
        )
        // A refusal that comes over a connection says nothing against the connection.
        .retry_config(
            RetryConfig::standard().with_reconnect_mode(ReconnectMode::ReuseAllConnections),
        )
        // Answers are small, and have a time-out.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client);
    config.set_credentials_provider(credentials().map(SharedCredentialsProvider::new));
    let own = variable(&format!("AWS_ENDPOINT_URL_{service}"));
    config.set_endpoint_url(own.or_else(|| variable("AWS_ENDPOINT_URL")));
    config.set_use_fips(is_true("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"));
    config.build()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::ProvideCredentials;

    use super::*;

    fn set(variables: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| {
            let found = variables.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[tokio::test]
    async fn lambdas_own_variables_are_what_calls_are_made_with() {
        let variable = set(&[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "fake-id"),
            ("AWS_SECRET_ACCESS_KEY", "fake-secret"),
            ("AWS_SESSION_TOKEN", "fake-token"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
        ]);
        let config = config("SQS", &variable, crate::https::http_client());
        assert_eq!(config.region().map(AsRef::as_ref), Some("eu-west-1"));
        assert_eq!(
            (config.use_fips(), config.use_dual_stack()),
            (Some(true), None)
        );
        assert_eq!(config.endpoint_url(), None);
        let provider = config.credentials_provider().unwrap();
        let credentials = provider.provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "fake-id");
        assert_eq!(credentials.secret_access_key(), "fake-secret");
        assert_eq!(credentials.session_token(), Some("fake-token"));
        assert!(!format!("{config:?}").contains("fake-secret"));
    }

    #[test]
    fn a_service_can_have_an_endpoint_of_its_own() {
        let variable = set(&[
            ("AWS_ENDPOINT_URL", "http://all.example"),
            ("AWS_ENDPOINT_URL_SQS", "http://queue.example"),
        ]);
        let endpoint = |service| {
            let config = config(service, &variable, crate::https::http_client());
            config.endpoint_url().map(str::to_owned)
        };
        assert_eq!(endpoint("SQS").as_deref(), Some("http://queue.example"));
        assert_eq!(endpoint("DYNAMODB").as_deref(), Some("http://all.example"));
    }
}
