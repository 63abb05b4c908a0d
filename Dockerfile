# Svodka in a container: two stages, hash-locked packages, no root, nothing written but /data.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/svodka
COPY requirements.lock ./
RUN /opt/svodka/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY digests digests
COPY storage storage
COPY bot bot
RUN /opt/svodka/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
 && /opt/svodka/bin/python -m compileall -q /opt/svodka/lib

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin svodka \
 && install -d -o svodka -g svodka -m 0700 /data
COPY --from=build /opt/svodka /opt/svodka
ENV PATH=/opt/svodka/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SVODKA_DATABASE_URL=sqlite:////data/svodka.sqlite \
    SVODKA_HTTP_LISTEN=127.0.0.1:8080 \
    SVODKA_LOG_FORMAT=json \
    MPLCONFIGDIR=/tmp/matplotlib
# A new index and VACUUM sort in files as large as the table: /tmp is too small for them.
ENV SQLITE_TMPDIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["svodka"]
CMD ["run"]
