"""`bench idle` measures what it says: every session idles, and every one hears of every letter."""

from pathlib import Path

from admin_cli.bench.idle import Plan, measure

FIGURES = {
    "messages",
    "select_cold_ms",
    "select_warm_ms",
    "flags_per_second",
    "sessions",
    "opened_per_second",
    "session_kib",
    "process_mib",
    "idle_cpu_percent",
    "accepted_ms",
    "told_p50_ms",
    "told_p99_ms",
    "told_last_ms",
    "login_ms",
}


def test_every_figure_is_measured_on_a_served_instance(tmp_path: Path) -> None:
    found = measure(tmp_path / "instance", Plan(60, 300, 0.1))
    assert set(found) == FIGURES
    assert found["sessions"] == 60
    assert found["messages"] == 300
    assert found["told_p50_ms"] <= found["told_p99_ms"] <= found["told_last_ms"]
    told = {
        name for name in FIGURES if name.startswith("told_")
    }  # nothing, where all heard before the 250 was read
    assert all(found[name] > 0 for name in FIGURES - told - {"idle_cpu_percent", "session_kib"})
