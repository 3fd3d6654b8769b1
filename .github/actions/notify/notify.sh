#!/bin/sh
# Tells Carillon how a job of a CI stands. Needs a POSIX shell, awk and curl 7.55 or later.
#
#   CARILLON_URL, CARILLON_KEY   where Carillon answers, and a key with the role publisher
#   CARILLON_STATUS              started, succeeded or failed; or what a CI calls it
#   CARILLON_TYPE                deploy (default), destroy, scale …
#   CARILLON_ENVIRONMENT, CARILLON_PROJECT, CARILLON_MESSAGE, CARILLON_ACTOR
#   CARILLON_CORRELATION_ID      what the events of a job share; made from the job otherwise
#   CARILLON_STRICT              true: fail where Carillon cannot be told
set -u

say() {
    printf 'carillon: %s\n' "$*" >&2
}
# The end of a job that could not be told.
fail() {
    say "$*"
    if [ "${CARILLON_STRICT:-}" = true ]; then exit 1; fi
    exit 0
}
# The first that is not empty.
first() {
    for value; do
        if [ -n "$value" ]; then
            printf '%s' "$value"
            return
        fi
    done
}
# A text as a string of JSON.
string() {
    printf '%s\n' "$1" | LC_ALL=C awk '
        BEGIN { printf "\"" }
        {
            gsub(/\\/, "&&"); gsub(/"/, "\\\""); gsub(/\t/, "\\t"); gsub(/\r/, "\\r")
            gsub(/[\001-\010\013\014\016-\037\177]/, "")
            printf "%s%s", (NR > 1 ? "\\n" : ""), $0
        }
        END { printf "\"" }'
}
# A member of an object, with a comma before it; nothing where there is no value.
member() {
    if [ -n "$2" ]; then printf ', "%s": %s' "$1" "$(string "$2")"; fi
}

case "${CARILLON_STATUS:-}" in
started | running | pending) status=started ;;
succeeded | success) status=succeeded ;;
failed | failure | cancelled | canceled) status=failed ;;
*)
    say "CARILLON_STATUS must be started, succeeded or failed, not '${CARILLON_STATUS:-}'"
    exit 2
    ;;
esac
message=${CARILLON_MESSAGE:-}
case "$CARILLON_STATUS" in
cancelled | canceled) message=$(first "$message" "The job was cancelled.") ;;
esac

build=${CI_JOB_URL:-}
job=gitlab-${CI_JOB_ID:-}
if [ -n "${GITHUB_RUN_ID:-}" ]; then
    build=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID
    job=github-$GITHUB_REPOSITORY-$GITHUB_RUN_ID-${GITHUB_RUN_ATTEMPT:-1}-${GITHUB_JOB:-}
    # Each leg of a matrix is an operation of its own.
    job=$job-${CARILLON_JOB_INDEX:-0}
elif [ -z "${CI_JOB_ID:-}" ]; then
    job=$(date +%s)-$$
fi
environment=$(first "${CARILLON_ENVIRONMENT:-}" "${CI_ENVIRONMENT_NAME:-}")
# Of the same job and environment, always the same: a step that is run again tells nothing twice.
operation=$(first "${CARILLON_CORRELATION_ID:-}" "$job-$environment")
id=$(printf '%s-%s-%s-%s' "$operation" "${CARILLON_TYPE:-deploy}" "$environment" "$status" |
    LC_ALL=C tr -c 'A-Za-z0-9._:-' '-' | tail -c 128)

event=$(
    printf '{"id": %s, "type": %s, "status": "%s"' \
        "$(string "$id")" "$(string "${CARILLON_TYPE:-deploy}")" "$status"
    member correlation_id "$operation"
    member environment "$environment"
    member project \
        "$(first "${CARILLON_PROJECT:-}" "${GITHUB_REPOSITORY:-}" "${CI_PROJECT_PATH:-}")"
    member actor "$(first "${CARILLON_ACTOR:-}" "${GITHUB_ACTOR:-}" "${GITLAB_USER_LOGIN:-}")"
    member message "$message"
    printf ', "details": {"job": %s' \
        "$(string "$(first "${GITHUB_JOB:-}" "${CI_JOB_NAME:-}" "$job")")"
    member build "$build"
    member workflow "${GITHUB_WORKFLOW:-}"
    member ref "$(first "${GITHUB_REF_NAME:-}" "${CI_COMMIT_REF_NAME:-}")"
    member commit "$(first "${GITHUB_SHA:-}" "${CI_COMMIT_SHA:-}")"
    printf '}}'
)

if [ -z "${CARILLON_URL:-}" ] || [ -z "${CARILLON_KEY:-}" ]; then
    fail 'CARILLON_URL and CARILLON_KEY must be set; nothing was sent'
fi
# The key goes in by standard input: arguments can be seen by every process.
answer=$(printf 'Authorization: Api-Key %s\n' "$CARILLON_KEY" |
    curl --silent --show-error --connect-timeout 5 --max-time 10 --retry 2 \
        --header @- --header 'Content-Type: application/json' \
        --data-binary "$event" --write-out '\n%{http_code}' \
        "${CARILLON_URL%/}/api/v1/events/" 2>&1)
code=${answer##*
}
case "$code" in
2??) ;;
*) fail "not told: $(printf '%s' "${answer%
*}" | tr '\n' ' ')" ;;
esac
