# One image for every role: web (the default command), `halocline metrics`, `halocline indexes`, `halocline ingest`.
#
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION=$(git rev-parse HEAD) -t halocline:0.1.0 .
#
# BASE may be any Debian image with Python 3.11 to 3.13 and ensurepip; a release names it by digest.
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
    mkdir -p dev proc run sys tmp var/log; \
    chmod 1777 tmp; \
    find /usr/share/ca-certificates -name '*.crt' -exec cat {} + >etc/ssl/certs/ca-certificates.crt; \
    echo 'halocline:x:10001:10001::/tmp:/usr/sbin/nologin' >>etc/passwd; \
    echo 'halocline:x:10001:' >>etc/group; \
    # Bytecode cannot be written to a read-only root, and a start without it takes a second longer.
    stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))'); \
    python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash -s /rootfs "/rootfs$stdlib"

# --- The libraries --------------------------------------------------------------------------------------------
FROM ${BASE} AS libraries
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# pip is in a separate environment and installs into the other one, which never contains it.
RUN python3 -m venv /opt/tools && python3 -m venv --without-pip /opt/halocline
WORKDIR /build
COPY requirements/ingest.txt requirements/
RUN /opt/tools/bin/pip --python /opt/halocline/bin/python install --quiet --no-cache-dir --no-compile \
      --only-binary :all: --require-hashes -r requirements/ingest.txt; \
    # Tests, headers, type stubs and sources of other languages are not used at run time.
    site=$(/opt/halocline/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
    find "$site" -type d \( -name tests -o -name include -o -name f2py \) -prune -exec rm -r {} +; \
    find "$site" -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.[ach]' -o -name '*.cpp' \) -delete; \
    # Plots are PNG: delete matplotlib's sample pictures, support for PDF and PostScript fonts, and a video codec.
    rm -rf "$site"/matplotlib/mpl-data/{sample_data,images,plot_directive} "$site"/PIL/_avif*.so "$site"/pillow.libs/libavif*; \
    find "$site/fontTools" -mindepth 1 -maxdepth 1 -type d ! -name misc -exec rm -r {} +; \
    # The package itself is in a separate layer, so that a release transfers a megabyte and not all libraries.
    echo /srv/halocline >"$site/halocline.pth"; \
    rm -f /opt/halocline/bin/[Aa]ctivate*; \
    /opt/halocline/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash "$site"

# --- The package with its front end -----------------------------------------------------------------------------
FROM libraries AS package
COPY requirements/build.txt requirements/
RUN /opt/tools/bin/pip install --quiet --no-cache-dir --only-binary :all: --require-hashes -r requirements/build.txt
ENV PATH=/opt/tools/bin:$PATH
COPY package.json package-lock.json .npmrc ./
# Node has its own certificates; this adds those that the build machine trusts, as pip does.
RUN NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm ci --loglevel=error
COPY . .
RUN npm run --silent build; \
    pip wheel --quiet --no-cache-dir --no-deps --no-build-isolation --no-index --wheel-dir /wheels .; \
    pip --python /opt/halocline/bin/python install --quiet --no-cache-dir --no-compile --no-deps --no-index \
      --target /srv/halocline /wheels/*.whl; \
    cp gunicorn.conf.py /srv/halocline/; \
    /opt/halocline/bin/python -m compileall -q --invalidation-mode unchecked-hash /srv/halocline

# --- The image --------------------------------------------------------------------------------------------------
FROM scratch
COPY --from=system /rootfs /
COPY --from=libraries /opt/halocline /opt/halocline
COPY --from=package /srv/halocline /srv/halocline
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
EXPOSE 8000 9100
# Last, because they change with every commit and invalidate the cache of all later layers.
ARG VERSION=0.1.0
ARG REVISION=unknown
ENV HALOCLINE_REVISION=${REVISION}
LABEL org.opencontainers.image.title="Halocline" \
      org.opencontainers.image.description="Ocean-observations portal for gliders and sailbuoys" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# gunicorn is process 1 and receives the signals; its settings are in ./gunicorn.conf.py.
CMD ["gunicorn", "app.wsgi:application"]
