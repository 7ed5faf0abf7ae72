# The product's image: both programs and nothing else. `make image` lays out the
# files that it copies (deployments/image), for each platform, and then builds it.
# No shell and no package manager are in it, and nothing is fetched to build it.
# The builder that Docker had before BuildKit takes "scratch" for this machine's
# platform, so `make image` gives it an empty image of another one.
ARG BASE=scratch
FROM ${BASE}

ARG VERSION=dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="defendersync" \
      org.opencontainers.image.description="Carries what Microsoft Defender for Cloud Apps discovers over to Oomnitza: worker and command line" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# BuildKit sets it; the earlier builder needs --build-arg TARGETARCH=amd64.
ARG TARGETARCH
COPY bin/image/linux-${TARGETARCH}/ /

# Kubernetes' probes and Prometheus reach both from outside the container.
ENV PATH=/usr/bin \
    HEALTH_ADDRESS=:8081 \
    METRICS_ADDRESS=:9464
EXPOSE 8081 9464

USER 65532:65532
WORKDIR /tmp
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/bin/defendersync-worker", "healthcheck"]
STOPSIGNAL SIGTERM
CMD ["/usr/bin/defendersync-worker"]
