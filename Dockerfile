# TierRead: one image for every role; `docker-compose.yml` runs it.
FROM node:24-bookworm-slim AS web
WORKDIR /src
COPY viewer/web viewer/web
COPY viewer/locale viewer/locale
COPY viewer/static/base.css viewer/static/base.css
RUN cd viewer/web && npm ci --no-audit --no-fund && npm run build

FROM python:3.11-slim-bookworm AS wheel
RUN python -m venv /opt/tierread
ENV PATH=/opt/tierread/bin:$PATH
WORKDIR /src
COPY locks/serve.txt locks/serve.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r locks/serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY viewer viewer
COPY pacs pacs
COPY reading reading
COPY storage storage
COPY --from=web /src/viewer/static/app viewer/static/app
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 tierread \
 && install --directory --owner tierread --group tierread --mode 700 /data /keys
COPY --from=wheel /opt/tierread /opt/tierread
USER tierread
ENV PATH=/opt/tierread/bin:$PATH TIERREAD_DATA_DIR=/data TIERREAD_HTTP_HOST=0.0.0.0
VOLUME /data
EXPOSE 8080 11112
ENTRYPOINT ["tierread"]
CMD ["serve"]
