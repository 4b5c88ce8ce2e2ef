# TierRead: one image for every role; `docker-compose.yml` runs it.
FROM node:24-bookworm-slim AS web
WORKDIR /src
COPY viewer/web viewer/web
COPY viewer/locale viewer/locale
COPY viewer/static/base.css viewer/static/base.css
RUN cd viewer/web && npm ci --no-audit --no-fund && npm run build

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 tierread && mkdir /data && chown tierread:tierread /data
WORKDIR /app
COPY locks/serve.txt locks/serve.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r locks/serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY viewer viewer
COPY pacs pacs
COPY reading reading
COPY storage storage
COPY --from=web /src/viewer/static/app viewer/static/app
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER tierread
ENV TIERREAD_DATA_DIR=/data TIERREAD_HTTP_HOST=0.0.0.0
VOLUME /data
EXPOSE 8080 11112
ENTRYPOINT ["tierread"]
CMD ["serve"]
