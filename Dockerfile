# docker build -t rag-bot .
# docker run --rm --init --read-only --tmpfs /tmp -p 127.0.0.1:7860:7860 -v ~/notes:/notes:ro -v rag-bot:/data rag-bot

# The version of Python that the tests run with.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
# PyTorch's index of CPU builds, as pytorch.org names it; empty for PyPI's builds with CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY pyproject.toml MANIFEST.in PACKAGE.md LICENSE CHANGELOG.md ./
COPY rag_bot rag_bot
RUN python3 -m venv /opt/rag-bot && PIP_EXTRA_INDEX_URL="$TORCH_INDEX" /opt/rag-bot/bin/pip install ".[postgres]"

FROM python:${PYTHON}-slim
# Who runs it has to be able to read the notes: --build-arg UID="$(id -u)" makes it you.
ARG UID=1000
RUN useradd --uid "$UID" --home-dir /data --create-home rag-bot && mkdir /notes
COPY --from=build /opt/rag-bot /opt/rag-bot
# Index, conversations, settings and converted models are at home in /data; nothing else is written but /tmp.
ENV PATH="/opt/rag-bot/bin:$PATH" HOME=/data RAG_BOT_NOTES=/notes RAG_BOT_HOST=0.0.0.0
USER rag-bot
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --start-period=2m CMD ["python3", "-c", "import os, http.client as http; asked = http.HTTPConnection('127.0.0.1', int(os.environ.get('RAG_BOT_PORT', 7860)), timeout=5); asked.request('GET', '/health'); raise SystemExit(asked.getresponse().status != 200)"]
ENTRYPOINT ["rag-bot"]
CMD ["serve"]
