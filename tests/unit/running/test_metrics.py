"""Metrics of several services in one process read as those of several processes."""

from prometheus_client import Counter, Gauge
from prometheus_client.parser import text_string_to_metric_families

from shared.metrics import Registries


def test_the_same_metric_of_two_services_is_one_family_told_apart_by_service() -> None:
    registries = Registries()
    for service, count in (("routing", 2), ("sla", 3)):
        handled = Counter("switchboard_handled", "Handled", ["event"], registry=registries.of(service))
        handled.labels("message.received").inc(count)
    text = registries.exposition().decode()
    assert text.count("# TYPE switchboard_handled_total counter") == 1
    families = {family.name: family for family in text_string_to_metric_families(text)}
    found = {
        sample.labels["service"]: sample.value
        for sample in families["switchboard_handled"].samples
        if sample.name.endswith("_total")
    }
    assert found == {"routing": 2.0, "sla": 3.0}


def test_the_process_has_its_own_numbers_without_a_service() -> None:
    registries = Registries()
    Gauge("switchboard_thing", "Thing", registry=registries.process).set(1)
    text = registries.exposition().decode()
    assert "switchboard_thing 1.0" in text
    assert "process_resident_memory_bytes" in text


def test_a_metric_keeps_a_service_label_of_its_own() -> None:
    registries = Registries()
    Gauge("switchboard_waiting", "Waiting", ["service"], registry=registries.of("gateway")).labels("ingest").set(1)
    assert 'switchboard_waiting{service="ingest"} 1.0' in registries.exposition().decode()
