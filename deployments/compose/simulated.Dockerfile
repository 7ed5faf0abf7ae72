# Simulated tenants, and a mailbox that shows all mail it is sent: for trying the product,
# never beside real data. `make simulated-image` lays out the files and builds it.
FROM scratch
ARG TARGETARCH
COPY bin/image/simulated-linux-${TARGETARCH}/ /
# Volumes take their owner from these.
COPY --chown=65532:65532 bin/image/nothing/ /data/
COPY --chown=65532:65532 bin/image/nothing/ /certificates/
ENV PATH=/usr/bin
USER 65532:65532
WORKDIR /data
LABEL org.opencontainers.image.title="defendersync-simulated" \
      org.opencontainers.image.description="Simulated tenants and a mailbox, for trying defendersync"
