# Images of both programs, without a shell: `cargo xtask images`, or
#   docker build --target user-service --build-arg VERSION=$(git describe --tags --always) .

# All external inputs. RUST_VERSION equals the version in rust-toolchain.toml.
ARG RUST_VERSION=1.95.0
ARG BUILD_IMAGE=rust:${RUST_VERSION}-slim-bookworm
# glibc of the same Debian, CA certificates and time zones; user 65532, no shell.
ARG RUNTIME_IMAGE=gcr.io/distroless/base-nossl-debian12:nonroot

# Embeds the list of crates into each program.
ARG CARGO_AUDITABLE_VERSION=0.7.7

FROM ${BUILD_IMAGE} AS rust
ARG CARGO_AUDITABLE_VERSION
# Building jemalloc needs make, which the slim image lacks. The version is not pinned: any
# works, and a pinned one would disappear with the next base image.
# hadolint ignore=DL3008
RUN command -v make || { apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*; }
RUN cargo install --locked --version "${CARGO_AUDITABLE_VERSION}" cargo-auditable
WORKDIR /src

# The manifests, and an empty root file per target: this stage has the same content
# whatever changes inside the crates, so the next stage is cached.
FROM rust AS manifests
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/config.toml' \
        ! -path '*/src/lib.rs' ! -path '*/src/main.rs' ! -path '*/src/bin/*.rs' ! -name build.rs \
        ! -regex '.*/\(benches\|examples\|tests\)/[^/]*\(/main\)?\.rs' -delete \
    && find . -name '*.rs' -exec sh -c 'for root; do echo "fn main() { }" >"$root"; done' _ {} + \
    && find . -depth -type d -empty -delete

FROM rust AS dependencies
COPY --from=manifests /src .
RUN cargo auditable build --release --locked -p user-service -p user-client

FROM dependencies AS build
# What both programs are built from, so that a change elsewhere compiles nothing.
COPY migrations migrations
COPY proto proto
COPY crates crates
COPY user-service user-service
COPY user-client user-client
# Cargo compares modification times, and the empty roots are newer than the checkout.
# Files from build scripts stay untouched, or the dependencies would be compiled again.
RUN find . -path ./target -prune -o -name '*.rs' -exec touch {} + \
    && cargo auditable build --release --locked -p user-service -p user-client \
    && install -D -t /out/bin target/release/user-service target/release/user-client \
    && install -D -t /out/lib /lib/*-linux-gnu/libgcc_s.so.1 \
    && install -d /out/data

FROM ${RUNTIME_IMAGE} AS runtime
# libgcc for stack unwinding, which the base image lacks.
COPY --from=build /out/lib/ /usr/lib/
USER 65532:65532
ARG VERSION=
ARG REVISION=
# Read at run time: compiled in, each new commit would recompile both programs.
ENV BUILD_VERSION="${VERSION}"
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM runtime AS user-client
LABEL org.opencontainers.image.title="user-client" \
      org.opencontainers.image.description="Command-line client of user-service that traces its calls and draws the trace"
COPY --from=build /out/bin/user-client /usr/bin/
ENTRYPOINT ["/usr/bin/user-client"]
CMD ["--help"]

FROM runtime AS user-service
LABEL org.opencontainers.image.title="user-service" \
      org.opencontainers.image.description="A traced gRPC service that stores users in PostgreSQL or SQLite, with a Redis or in-process cache"
COPY --from=build /out/bin/user-service /usr/bin/
# Directory of the SQLite database, unless DATABASE_URL selects another one.
COPY --from=build --chown=65532:65532 /out/data /var/lib/user-service
WORKDIR /var/lib/user-service
VOLUME ["/var/lib/user-service"]
EXPOSE 8888 9090
# More often during start-up (--start-interval) in compose.yaml; hadolint can't parse it here.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
    CMD ["/usr/bin/user-service", "healthcheck"]
ENTRYPOINT ["/usr/bin/user-service"]
CMD ["serve"]
