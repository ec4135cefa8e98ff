# What trains Verse on a rented GPU: the checkout with its benchmarks, and PyTorch with its own CUDA libraries.
#
#   docker build -f deploy/training.Dockerfile -t verse-training .
#   docker run --rm -it --gpus all --shm-size 1g -v verse-training:/data verse-training
#
# deploy/training.md says what to do in there.

FROM python:3.12-slim
# hnswlib and PyStemmer are compiled.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ wordnet-base \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 VERSE_DATA_DIR=/data
WORKDIR /verse
# The large layer changes only with the versions.
COPY constraints.txt ./
RUN pip install --constraint constraints.txt torch
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY encoder encoder
COPY index index
COPY training training
COPY tests tests
RUN pip install --constraint constraints.txt --editable '.[all-translations,peers]'
VOLUME /data
CMD ["bash"]
