# Recado in a container: one binary, no shell needed at run time, not root, data in a volume.
FROM rust:1-slim-trixie AS build
WORKDIR /source
COPY . .
# The caches stay with the builder; the binary must leave them in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin recado && cp target/release/recado /usr/local/bin/recado

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin recado \
    && install -d -o recado -g recado -m 700 /data
COPY --from=build /usr/local/bin/recado /usr/local/bin/recado
ENV RECADO_DATA_DIR=/data \
    RECADO_LISTEN=0.0.0.0:8080 \
    RECADO_LOG_FORMAT=json
USER recado
WORKDIR /data
VOLUME /data
EXPOSE 8080
# Ready means: the engine takes work and the database answers. bash speaks HTTP well enough for that.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
# A stopping server finishes what it has begun: give it 40 seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/recado"]
CMD ["serve"]
