"""Metrics of a process: one registry per service and one of the process itself, shown together."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Registries:
    """Hands every service a registry of its own; a scrape tells them apart by the label ``service``.

    So parts that several services have (bus, store, timers) register the same names, in one process as in six,
    and the series are the same both ways.
    """

    def __init__(self) -> None:
        self.process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.process)
        GCCollector(registry=self.process)
        self._services: dict[str, CollectorRegistry] = {}

    def of(self, service: str) -> CollectorRegistry:
        """The registry of this service, made when first asked for."""
        return self._services.setdefault(service, CollectorRegistry(auto_describe=False))

    def collect(self) -> Iterator[Metric]:
        """Every family once: those of the process as they are, those of services with their label."""
        families: dict[str, Metric] = {}
        for metric in self.process.collect():
            _add(families, metric, {})
        for service, registry in self._services.items():
            for metric in registry.collect():
                _add(families, metric, {"service": service})
        yield from families.values()

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        shown = CollectorRegistry(auto_describe=False)
        shown.register(_Shown(self))
        return generate_latest(shown)


class _Shown:
    def __init__(self, registries: Registries) -> None:
        self._registries = registries

    def collect(self) -> Iterable[Metric]:
        return self._registries.collect()


def _add(families: dict[str, Metric], metric: Metric, labels: dict[str, str]) -> None:
    family = families.get(metric.name)
    if family is None:
        family = families[metric.name] = Metric(metric.name, metric.documentation, metric.type, metric.unit)
    family.samples.extend(sample._replace(labels={**labels, **sample.labels}) for sample in metric.samples)
