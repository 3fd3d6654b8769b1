# The local program, and nothing else: it has the certificates in it that it trusts. It keeps what
# it has in memory, unless `--data` names a folder that is mounted.
#
#   docker build -f .github/release/image.Dockerfile --build-arg TARGET=x86_64-unknown-linux-musl .
#   docker run -p 8787:8787 -p 8788:8788 carillon
FROM scratch
ARG TARGET
COPY target/${TARGET}/release/carillon-local /carillon-local
USER 65532:65532
EXPOSE 8787 8788
ENTRYPOINT ["/carillon-local", "--listen", "0.0.0.0"]
