# Two images of one package. `web` (the default): gunicorn, `halocline metrics` and `halocline indexes`. `ingest`: all
# commands, with the libraries that read files and draw sections. docs/kubernetes.md lists which role needs which.
#
#   docker build --target web --build-arg VERSION=0.1.0 -t halocline:0.1.0 .
#   docker build --target ingest --build-arg VERSION=0.1.0 -t halocline-ingest:0.1.0 .
#
# `make image` builds both. BASE may be any Debian image with Python 3.11 to 3.13 and ensurepip; a release names it by
# digest. With equal sources, base image and time stamp (podman's --timestamp, BuildKit's SOURCE_DATE_EPOCH with
# rewrite-timestamp) two builds have the same layers.
ARG BASE=python:3.13-slim-trixie

# --- The operating system, without tools that install or build software ---------------------------------------
FROM ${BASE} AS system
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Into an empty root, because a file stays in the layer that added it even if a later one deletes it. Settings that the
# build machine lends to the build (resolver, package sources, certificates) are excluded, too.
WORKDIR /rootfs
RUN tar -C / -c --exclude=etc/hosts --exclude=etc/npmrc --exclude=etc/pip.conf --exclude=etc/resolv.conf \
      --exclude=etc/ssl/certs/ca-certificates.crt --exclude=__pycache__ --exclude=var/cache --exclude=var/log \
      bin etc lib lib64 sbin usr var | tar -x; \
    rm -rf etc/apt etc/cron.daily etc/hostname etc/logrotate.d etc/systemd usr/bin/apt* usr/bin/perl* usr/lib/apt usr/lib/*/gconv usr/lib/*/perl* usr/share/perl* \
      usr/local/include usr/src usr/share/bash-completion usr/share/doc usr/share/info usr/share/locale usr/share/man \
      usr/lib/systemd usr/share/python-wheels var/lib/apt var/lib/dpkg/info/*; \
    # Scanners read this list; it must not name deleted packages.
    awk 'BEGIN { RS = ""; ORS = "\n\n" } $2 !~ /^(apt|perl-base|python3.*-(pip|setuptools|venv|wheel).*)$/' \
      /var/lib/dpkg/status >var/lib/dpkg/status; \
    # Python: installers of packages, and modules that only the developers of Python run.
    rm -rf usr/bin/pip* usr/local/bin/pip* usr/local/bin/idle* usr/lib/python3/dist-packages/* \
      usr/local/lib/python3*/site-packages/*; \
    rm -rf usr/lib/python3*/ensurepip usr/lib/python3*/idlelib usr/lib/python3*/test usr/lib/python3*/turtle* \
      usr/local/lib/python3*/ensurepip usr/local/lib/python3*/idlelib usr/local/lib/python3*/test \
      usr/local/lib/python3*/turtle* usr/local/lib/python3*/config-*; \
    # Here, because a folder that WORKDIR creates would belong to the user of the process.
    mkdir -p dev opt/halocline proc run srv/halocline sys tmp var/log; \
    chmod 1777 tmp; \
    find /usr/share/ca-certificates -name '*.crt' -exec cat {} + >etc/ssl/certs/ca-certificates.crt; \
    echo 'halocline:x:10001:10001::/tmp:/usr/sbin/nologin' >>etc/passwd; \
    echo 'halocline:x:10001:' >>etc/group; \
    # For the bill of materials: in the official image, Python belongs to no package.
    mkdir usr/share/halocline; \
    python3 -V >usr/share/halocline/python-version; \
    # Bytecode cannot be written to a read-only root, and a start without it takes a second longer.
    stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))'); \
    # One process: with several, bytecode differs between builds, because it depends on what a process compiled before.
    PYTHONHASHSEED=0 python3 -m compileall -q -j 1 --invalidation-mode unchecked-hash -s /rootfs "/rootfs$stdlib"

# --- The installers ---------------------------------------------------------------------------------------------
FROM ${BASE} AS installers
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# pip is in a separate environment and installs into the other one, which never contains it.
RUN python3 -m venv /opt/tools && python3 -m venv --without-pip /opt/halocline; \
    rm -f /opt/halocline/bin/[Aa]ctivate*
# Equal dates in archives and an equal order of sets, so that two builds make equal files.
ENV PATH=/opt/tools/bin:$PATH PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=315532800
WORKDIR /build

# --- The libraries of the web image -----------------------------------------------------------------------------
FROM installers AS web-libraries
COPY scripts/install-libraries scripts/
COPY requirements/web.txt requirements/
RUN scripts/install-libraries requirements/web.txt

# --- The libraries that only importers need ---------------------------------------------------------------------
FROM web-libraries AS ingest-libraries
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
COPY requirements/ingest.txt requirements/
# Only files that the web image does not have, because a file that is copied twice is stored twice.
RUN find /opt/halocline ! -type d -printf '%P\n' | sort >web-files; \
    scripts/install-libraries requirements/ingest.txt; \
    find /opt/halocline ! -type d -printf '%P\n' | sort | comm -13 web-files - >ingest-files; \
    mkdir -p /importer/opt/halocline; \
    tar -C /opt/halocline -c --verbatim-files-from -T ingest-files | tar -C /importer/opt/halocline -x

# --- The package with its front end -----------------------------------------------------------------------------
FROM installers AS package
COPY requirements/build.txt requirements/
RUN pip install --quiet --no-cache-dir --only-binary :all: --require-hashes -r requirements/build.txt
COPY package.json package-lock.json .npmrc ./
# Node has its own certificates; this adds those that the build machine trusts, as pip does.
RUN NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm ci --loglevel=error
COPY . .
# A layer of its own, so that a release transfers a few megabytes and not all libraries.
RUN npm run --silent build; \
    pip wheel --quiet --no-cache-dir --no-deps --no-build-isolation --no-index --wheel-dir /wheels .; \
    pip --python /opt/halocline/bin/python install --quiet --no-cache-dir --no-compile --no-deps --no-index \
      --target /srv/halocline /wheels/*.whl; \
    cp gunicorn.conf.py /srv/halocline/; \
    /opt/halocline/bin/python -m compileall -q -j 1 --invalidation-mode unchecked-hash /srv/halocline

# --- What both images share -------------------------------------------------------------------------------------
FROM scratch AS runtime
COPY --from=system /rootfs /
COPY --from=web-libraries /opt/halocline /opt/halocline
ENV PATH=/srv/halocline/bin:/opt/halocline/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WEB_BIND=0.0.0.0:8000 \
    METRICS_BIND=0.0.0.0:9100
WORKDIR /srv/halocline
# Numeric, so that runAsNonRoot can check it.
USER 10001:10001
ARG BASE
ARG SOURCE=
LABEL org.opencontainers.image.vendor="Halocline" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE}"

# --- The image of load tests: Locust, without the portal. Built only on request ---------------------------------
FROM installers AS loadtest-libraries
COPY scripts/install-libraries scripts/
COPY requirements/loadtest.txt requirements/
RUN scripts/install-libraries requirements/loadtest.txt

FROM scratch AS loadtest
COPY --from=system /rootfs /
COPY --from=loadtest-libraries /opt/halocline /opt/halocline
COPY loadtest /srv/loadtest
ENV PATH=/opt/halocline/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 HOME=/tmp PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/loadtest
USER 10001:10001
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1980-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Halocline load test" \
      org.opencontainers.image.description="Load test of the ocean-observations portal Halocline" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
CMD ["locust", "-f", "locustfile.py", "--help"]

# --- The ingest image -------------------------------------------------------------------------------------------
FROM runtime AS ingest
COPY --from=ingest-libraries /importer /
COPY --from=package /srv/halocline /srv/halocline
# Last, because they change with every commit and invalidate the cache of all later layers.
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1980-01-01T00:00:00Z
ENV HALOCLINE_REVISION=${REVISION}
LABEL org.opencontainers.image.title="Halocline ingest" \
      org.opencontainers.image.description="Importer and verification of the ocean-observations portal Halocline" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
CMD ["halocline", "--help"]

# --- The web image ----------------------------------------------------------------------------------------------
FROM runtime AS web
COPY --from=package /srv/halocline /srv/halocline
EXPOSE 8000 9100
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1980-01-01T00:00:00Z
ENV HALOCLINE_REVISION=${REVISION}
LABEL org.opencontainers.image.title="Halocline" \
      org.opencontainers.image.description="Ocean-observations portal for gliders and sailbuoys" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# gunicorn is process 1 and receives the signals; its settings are in ./gunicorn.conf.py.
CMD ["gunicorn", "app.wsgi:application"]
