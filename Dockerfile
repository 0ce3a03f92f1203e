# The shop without servers of its own: `breadmaker serve` on the DATABASE_URL and REDIS_URL that it is given.
# The environment is made in stages of their own, so that neither uv nor npm is in what runs.

FROM node:24-slim AS browser
WORKDIR /shop
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts

FROM python:3.11-slim AS environment
WORKDIR /shop
COPY requirements-uv.lock ./
RUN python -m venv /uv \
 && /uv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-uv.lock
COPY requirements.lock ./
RUN python -m venv --without-pip .venv \
 && /uv/bin/uv pip sync --no-cache --compile-bytecode --require-hashes --python .venv/bin/python requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
# Editable, so that app and migrations stay side by side; offline, because uv brings the build backend.
RUN /uv/bin/uv pip install --no-cache --no-deps --offline --python .venv/bin/python --editable . \
 && .venv/bin/python -m compileall -q app migrations

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /shop --shell /usr/sbin/nologin breadmaker
WORKDIR /shop
COPY --from=environment /shop /shop
COPY --from=browser /shop/node_modules/@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2 app/platform/static/vendor/display.woff2
COPY --from=browser /shop/node_modules/uplot/dist/uPlot.esm.js app/admin/static/vendor/uplot.js
COPY --from=browser /shop/node_modules/uplot/dist/uPlot.min.css app/admin/static/vendor/uplot.css
COPY --from=browser /shop/node_modules/sortablejs/modular/sortable.core.esm.js app/admin/static/vendor/sortable.js
# In a container 127.0.0.1 would be the container's own, which nobody outside can reach.
ENV PATH=/shop/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BREADMAKER_HOST=0.0.0.0 \
    BREADMAKER_PORT=8000
USER breadmaker
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['BREADMAKER_PORT']}/healthz\", timeout=3)"]
ENTRYPOINT ["breadmaker"]
CMD ["serve"]
