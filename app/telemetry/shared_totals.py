"""Adds up the counters and histograms in the files of all workers.

The library does the same with an object for each value of each file, so that the cost of a scrape grows with the
workers: at 16 of them, it took three times as long.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

import orjson
from prometheus_client.core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.samples import Sample

Labels = tuple[tuple[str, str], ...]

# More than the series of a pod, whose keys are the same at each scrape.
_MOST_KEYS = 4096


def families(kind: str, files: Iterable[str]) -> list[Metric]:
    """The families of one kind, `counter` or `histogram`, in the files of that kind.

    Raises struct.error for a file that a worker is creating.
    """
    totals: defaultdict[str, float] = defaultdict(float)
    for file in files:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(file):  # type: ignore[no-untyped-call]
            totals[key] += value
    by_name: dict[str, Metric] = {}
    for key, total in totals.items():
        name, sample, labels, documentation = _parsed(key)
        family = by_name.get(name) or by_name.setdefault(name, Metric(name, documentation, kind))
        family.samples.append(Sample(sample, dict(labels), total))
    if kind == "histogram":
        for family in by_name.values():
            family.samples = list(_cumulative(family.name, family.samples))
    return list(by_name.values())


@lru_cache(_MOST_KEYS)
def _parsed(key: str) -> tuple[str, str, Labels, str]:
    """Name of the family, name of the sample, labels and documentation."""
    name, sample, labels, documentation = orjson.loads(key)
    return name, sample, tuple(sorted(labels.items())), documentation


def _cumulative(name: str, samples: Iterable[Sample]) -> Iterator[Sample]:
    """The buckets of each label set with their cumulative counts, its count and its sum. Files have single counts."""
    sums: dict[Labels, Sample] = {}
    buckets: defaultdict[Labels, list[tuple[float, Sample]]] = defaultdict(list)
    for sample in samples:
        labels = tuple((label, value) for label, value in sample.labels.items() if label != "le")
        if "le" in sample.labels:
            buckets[labels].append((float(sample.labels["le"]), sample))
        else:
            sums[labels] = sample
    for labels, of_labels in buckets.items():
        ordered = [sample for _, sample in sorted(of_labels, key=lambda bucket: bucket[0])]
        counts = list(accumulate(sample.value for sample in ordered))
        yield from (sample._replace(value=count) for sample, count in zip(ordered, counts, strict=True))
        yield Sample(f"{name}_count", dict(labels), counts[-1])
        yield sums[labels]
