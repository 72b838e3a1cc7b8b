"""`bench imap` measures what it says: every figure is there, and a server that answers less is found out."""

from pathlib import Path

from admin_cli.bench.client import uids_of
from admin_cli.bench.imap import NEEDLE, SUBJECT, Plan, letter, measure
from gateway.mime.writing import words

FIGURES = {
    "connect_and_login_ms",
    "login_ms",
    "select_ms",
    "flags_per_second",
    "thunderbird_headers_per_second",
    "envelope_bodystructure_per_second",
    "bodies_one_by_one_per_second",
    "search_subject_ms",
    "search_text_ms",
    "append_per_second",
    "idle_notice_ms",
    "idle_connection_kib",
}


def test_every_figure_is_measured_on_a_served_instance(tmp_path: Path) -> None:
    found = measure(tmp_path / "instance", Plan(200, 4096, 4, 1))
    assert set(found["murasalat"]) == FIGURES
    noisy = {"idle_notice_ms", "idle_connection_kib"}  # four connections weigh less than the heap's own moves
    assert all(value > 0 for name, value in found["murasalat"].items() if name not in noisy)
    assert found["about"]["messages"] == 200
    assert abs(found["about"]["message_octets"] - 4096) < 100


def test_letters_are_distinct_and_one_in_so_many_holds_what_is_searched_for() -> None:
    letters = [letter(number, 4096) for number in range(200)]
    assert len(set(letters)) == 200
    assert [number for number, one in enumerate(letters) if NEEDLE in one] == [7]
    assert words(f"{SUBJECT} 2026/7").encode() in letters[7]


def test_hits_are_read_from_both_kinds_of_answers() -> None:
    assert uids_of(b"* SEARCH 7 207\r\nt OK done\r\n") == [7, 207]
    assert uids_of(b'* ESEARCH (TAG "t") UID ALL 7:9,207\r\nt OK done\r\n') == [7, 8, 9, 207]
    assert uids_of(b"* SEARCH\r\nt OK done\r\n") == []
