# The tool without DuckDB, for a stack: docker run --rm -e AWS_REGION … bellhop status --stack bellhop. goreleaser puts a binary
# for each platform into the context.
FROM alpine:3.22
ARG TARGETPLATFORM
COPY ${TARGETPLATFORM}/bellhop /usr/local/bin/bellhop
USER nobody
WORKDIR /tmp
ENTRYPOINT ["/usr/local/bin/bellhop"]
