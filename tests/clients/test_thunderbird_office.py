"""What two officers of one office see of each other's doings in real Thunderbirds, and an officer of two offices.

Salem and Maryam work in Thunderbird, with the pointer where an act has a button or is a drag. What came of each act is
asked of the gateway: over IMAP as the other officer, and of the letter's trace. The pictures are taken beside it.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clients.test_thunderbird import ARCHIVE_OFFICE, REGISTRY, appoint
from clients.thunderbird import Account, Thunderbird, missing
from harness import Site, Where, imap, send, submission
from journey.commands import command

from mailstore.directory import directory
from policies.addresses.encoded_word import decode_encoded_words
from policies.people.identity import Office

pytestmark = [
    pytest.mark.clients,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}"),
]

SECRETARY = "secretariat@cm.gov.example"
SUBJECTS = (
    "محضر اجتماع اللجنة الوطنية رقم ١٤",
    "طلب بيانات الموظفين المعارين",
    "تعميم بشأن ساعات العمل الرسمية",
    "دعوة إلى ورشة عمل الأرشفة",
)
BODY = (
    "السلام عليكم ورحمة الله وبركاته\r\n\r\n"
    "نرفق لكم الموضوع المبيّن أعلاه للعلم واتخاذ اللازم، وللاستفسار: archive@moj.gov.example.\r\n\r\n"
    "مع التحية"
)
LABEL = "للمتابعة"
KEYWORD = "".join(f"={octet:02x}" for octet in LABEL.encode())  # what Thunderbird makes of the label's name
ADD_LABEL = (
    "const {MailServices}=ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');"
    "MailServices.tags.addTag(a[0],'#6633AA','');"
)
SALEM, MARYAM, HUDA = "salem.cm", "maryam.cm", "huda.moj"
SECONDS = 15


@dataclass
class Scene:
    """The gateway, with letters to two offices of one agency, and the references they got."""

    site: Site
    where: Where
    letters: list[str]
    pictures: Path | None

    def picture(self, program: Thunderbird, name: str) -> None:
        if self.pictures is not None:
            program.screenshot(self.pictures / f"thunderbird-office-{name}-ar.png")

    def submit(self, login: str, sender: str, to: str, subject: str) -> str:
        """Send a signed letter; return its reference."""
        with submission(self.where, login, self.site.secrets[login]) as client:
            code, text = send(client, sender, [to], self.site.letter(sender, to, subject=subject, body=BODY))
        assert code == 250, text
        return text.split()[1]

    def flags(self, login: str, mailbox: str = "INBOX") -> dict[str, set[str]]:
        """Return the flags of a mailbox's letters by their reference, as this officer has them."""
        with imap(self.where, login, self.site.secrets[login]) as client:
            assert client.select(f'"{mailbox}"', readonly=True)[0] == "OK"
            asked = "(FLAGS BODY.PEEK[HEADER.FIELDS (Murasalat-Reference)])"
            answer = [one for one in client.uid("FETCH", "1:*", asked)[1] if isinstance(one, tuple)]
        found = {}
        for told, header in answer:
            named = re.search(rb"FLAGS \(([^)]*)\)", told)
            assert named is not None
            found[header.decode().partition(":")[2].strip()] = {*named[1].decode().split()} - {"\\Recent"}
        return found

    def events(self, reference: str, event: str) -> list[dict[str, Any]]:
        """Return the events of one kind in a letter's trace."""
        done = command(self.site.home, "letter", "trace", reference, "--json")
        assert done.code == 0, done.err
        return [one for one in json.loads(done.out)["events"] if one["event"] == event]

    def seen_by(self, reference: str) -> list[str]:
        return [one["actor"]["login"] for one in self.events(reference, "SEEN")]

    def unlinked(self, reference: str) -> list[tuple[str, str, str]]:
        """Return who took a letter out of which mailbox, and where to."""
        return [
            (one["actor"]["login"], one["detail"]["mailbox"], one["detail"]["moved_to"])
            for one in self.events(reference, "UNLINKED")
        ]

    def opened_receipts(self, reference: str) -> list[str]:
        """Return the subjects of the sender's opened receipts for a letter."""
        with imap(self.where, HUDA, self.site.secrets[HUDA]) as client:
            client.select("Receipts", readonly=True)
            answer = client.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (Subject)])")[1]
        lines = [one[1].decode().replace("\r\n ", " ") for one in answer if isinstance(one, tuple)]
        subjects = [decode_encoded_words(line)[0] for line in lines]
        return [one for one in subjects if "إيصال فتح" in one and reference in one]


@pytest.fixture
def scene(site: Site, pytestconfig: pytest.Config) -> Iterator[Scene]:
    pictures = pytestconfig.getoption("--pictures")
    site.change(lambda unit: directory.add_office(unit, Office(ARCHIVE_OFFICE, "MOJ", "الأرشيف", "Archive")))
    secretary = Office(SECRETARY, "CMGS", "مكتب الأمين العام", "Office of the Secretary General")
    site.change(lambda unit: directory.add_office(unit, secretary))
    appoint(site, HUDA, "هدى المثال", "Huda Al-Mithal", ARCHIVE_OFFICE)
    appoint(site, SALEM, "سالم المثال", "Salem Al-Mithal", REGISTRY)
    appoint(site, MARYAM, "مريم المثال", "Maryam Al-Mithal", REGISTRY, SECRETARY)
    for address in (ARCHIVE_OFFICE, REGISTRY):
        site.signer(address)
    with site.process() as (_server, where):
        made = Scene(site, where, [], None if pictures is None else Path(pictures))
        made.letters = [made.submit(HUDA, ARCHIVE_OFFICE, REGISTRY, subject) for subject in SUBJECTS]
        yield made


@pytest.fixture
def program(scene: Scene) -> Iterator[Callable[[str], Thunderbird]]:
    """Open an officer's Thunderbird with an Arabic interface."""
    with ExitStack() as undo:

        def start(login: str) -> Thunderbird:
            one = undo.enter_context(Thunderbird(language="ar"))
            one.trust_authority(Path(scene.where.ca).read_text(encoding="ascii"))
            where, secret = scene.where, scene.site.secrets[login]
            one.add_account(Account(REGISTRY, "السجل العام", login, secret, where.imap, where.submission))
            one.listen_for_alerts()
            one.accept_openpgp_key(scene.site.signer(ARCHIVE_OFFICE).public_key().decode())
            return one

        yield start


def become(expected: object, ask: Callable[[], object]) -> None:
    """Ask until the answer is the expected one, as a program sends some of its changes a little later."""
    until = time.monotonic() + SECONDS
    while (found := ask()) != expected and time.monotonic() < until:
        time.sleep(0.5)
    assert found == expected


def test_two_officers_of_one_office(scene: Scene, program: Callable[[str], Thunderbird]) -> None:
    salem, maryam = program(SALEM), program(MARYAM)
    for one in (salem, maryam):
        one.discover_folders()
        assert [letter["subject"] for letter in one.await_messages("INBOX", 4)] == list(SUBJECTS)
    read_and_unread(scene, salem, maryam)
    tag(scene, salem, maryam)
    delete(scene, salem)
    move_to_trash(scene, salem, maryam)
    take_back(scene, maryam)
    for reference in scene.letters:  # nothing is lost
        assert reference in scene.flags(MARYAM, "Archive")
        assert len(scene.events(reference, "DELIVERED")) == 1
    assert json.loads(command(scene.site.home, "evidence", "verify", "--json").out)["intact"] is True
    assert salem.alerts() == maryam.alerts() == []


def read_and_unread(scene: Scene, salem: Thunderbird, maryam: Thunderbird) -> None:
    """Salem reads a letter and marks it unread: his own flag goes back and forth, the evidence stays."""
    first = scene.letters[0]
    assert salem.open("INBOX", 1) is True
    become({"\\Seen"}, lambda: scene.flags(SALEM)[first])
    assert scene.flags(MARYAM)[first] == set()
    assert scene.seen_by(first) == [SALEM]
    become(1, lambda: len(scene.opened_receipts(first)))
    assert "سالم المثال" in scene.opened_receipts(first)[0]
    scene.picture(salem, "read")

    salem.command("cmd_markAsUnread")
    become(set(), lambda: scene.flags(SALEM)[first])
    scene.picture(salem, "unread")
    assert maryam.open("INBOX", 1) is True
    become({"\\Seen"}, lambda: scene.flags(MARYAM)[first])
    assert scene.flags(SALEM)[first] == set()
    assert scene.seen_by(first) == [SALEM, MARYAM]
    become(2, lambda: len(scene.opened_receipts(first)))
    assert "مريم المثال" in scene.opened_receipts(first)[1]


def tag(scene: Scene, salem: Thunderbird, maryam: Thunderbird) -> None:
    """Salem tags a letter with Important and with an Arabic label of his own; Maryam sees neither."""
    second = scene.letters[1]
    salem.js(ADD_LABEL, LABEL)
    salem.open("INBOX", 2)
    salem.command("cmd_tag1")
    salem.command("cmd_tag6")
    become({"\\Seen", "$label1", KEYWORD}, lambda: scene.flags(SALEM)[second])
    assert scene.flags(MARYAM)[second] == set()
    theirs = {one["key"]: (one["read"], one["keywords"]) for one in maryam.refresh("INBOX")}
    assert theirs == {1: (True, ""), 2: (False, ""), 3: (False, ""), 4: (False, "")}
    scene.picture(salem, "tags")


def delete(scene: Scene, salem: Thunderbird) -> None:
    """Salem deletes a letter: it goes to the office's Trash for both, with the evidence of who did it."""
    first, second, third, fourth = scene.letters
    salem.open("INBOX", 3)
    salem.press_delete()
    become([first, second, fourth], lambda: list(scene.flags(MARYAM)))
    assert scene.flags(SALEM, "Trash") == {third: {"\\Seen"}}
    assert scene.flags(MARYAM, "Trash") == {third: set()}
    assert scene.unlinked(third) == [(SALEM, "INBOX", "Trash")]
    (in_trash,) = salem.await_messages("Trash", 1)
    salem.open("Trash", in_trash["key"])
    scene.picture(salem, "deleted")


def move_to_trash(scene: Scene, salem: Thunderbird, maryam: Thunderbird) -> None:
    """Salem drags a letter onto the Trash: Maryam's Thunderbird, which idles, loses both letters by itself."""
    first, second, third, fourth = scene.letters
    salem.open("INBOX", 4)
    salem.drag(4, "Trash", above=lambda: scene.picture(salem, "move"))
    become([first, second], lambda: list(scene.flags(MARYAM)))
    become([third, fourth], lambda: list(scene.flags(MARYAM, "Trash")))
    assert scene.unlinked(fourth) == [(SALEM, "INBOX", "Trash")]
    inbox = maryam.uri("INBOX")
    become((inbox, 2, 1), lambda: next(one for one in maryam.folders() if one[0] == inbox))
    maryam.await_messages("Trash", 2)
    scene.picture(maryam, "other")


def take_back(scene: Scene, maryam: Thunderbird) -> None:
    """Maryam drags a letter from the Trash back to the INBOX, where both have it again."""
    first, second, third, fourth = scene.letters
    keys = {one["subject"]: one["key"] for one in maryam.await_messages("Trash", 2)}
    maryam.open("Trash", keys[SUBJECTS[3]])
    maryam.drag(keys[SUBJECTS[3]], "INBOX")
    become([first, second, fourth], lambda: list(scene.flags(SALEM)))
    assert list(scene.flags(SALEM, "Trash")) == [third]
    assert scene.unlinked(fourth) == [(SALEM, "INBOX", "Trash"), (MARYAM, "Trash", "INBOX")]


def test_the_letters_life_is_seen_by_every_officer_of_the_sending_office(
    scene: Scene, program: Callable[[str], Thunderbird]
) -> None:
    salem = program(SALEM)
    salem.discover_folders()
    sent = scene.submit(SALEM, REGISTRY, ARCHIVE_OFFICE, "رد على محضر الاجتماع")
    with imap(scene.where, HUDA, scene.site.secrets[HUDA]) as client:
        client.select("INBOX")
        client.uid("FETCH", "1", "(BODY[])")
    life = {"$MsDelivered", "$MsHandedOver", "$MsSeen"}
    (shown,) = salem.await_messages("Sent", 1)
    assert {word.lower() for word in life} <= set(shown["keywords"].lower().split())
    salem.open("Sent", shown["key"])
    salem.command("cmd_tag1")  # his own, beside the office's
    become(True, lambda: {*life, "$label1"} <= scene.flags(SALEM, "Sent")[sent])
    assert life <= scene.flags(MARYAM, "Sent")[sent]
    assert "$label1" not in scene.flags(MARYAM, "Sent")[sent]
    assert salem.alerts() == []


def test_an_officer_of_two_offices(scene: Scene, program: Callable[[str], Thunderbird]) -> None:
    maryam, inbox = program(MARYAM), f"Offices/{SECRETARY}/INBOX"
    letter = scene.submit(HUDA, ARCHIVE_OFFICE, SECRETARY, "طلب موعد مع الأمين العام")
    levels = ("", "/Archive", "/Drafts", "/INBOX", "/Receipts", "/Sent", "/Trash")
    assert [f"Offices/{SECRETARY}{one}" for one in levels] == [
        one for one in maryam.discover_folders() if one.startswith("Offices/")
    ]
    (shown,) = maryam.await_messages(inbox, 1)
    assert maryam.open(inbox, shown["key"]) is True
    assert "نرفق لكم الموضوع" in maryam.body()
    scene.picture(maryam, "shared")
    become({letter: {"\\Seen"}}, lambda: scene.flags(MARYAM, inbox))
    (seen,) = scene.events(letter, "SEEN")
    assert (seen["actor"]["login"], seen["office"]) == (MARYAM, SECRETARY)
    assert seen["actor"]["client"].startswith("Thunderbird ")
    become(1, lambda: len(scene.opened_receipts(letter)))
    assert "مريم المثال" in scene.opened_receipts(letter)[0]
    with imap(scene.where, SALEM, scene.site.secrets[SALEM]) as client:
        assert client.select(f'"{inbox}"', readonly=True)[0] == "NO"  # not his office

    maryam.press_delete()  # Thunderbird knows one Trash, the first office's
    become(1, lambda: len(maryam.alerts()))
    assert "لكل مكتب مهملاته" in maryam.alerts()[0]
    assert list(scene.flags(MARYAM, inbox)) == [letter]
    maryam.open(inbox, shown["key"])
    maryam.drag(shown["key"], f"Offices/{SECRETARY}/Trash")
    become([letter], lambda: list(scene.flags(MARYAM, f"Offices/{SECRETARY}/Trash")))
    assert scene.unlinked(letter) == [(MARYAM, "INBOX", "Trash")]
    assert list(scene.flags(MARYAM, f"Offices/{SECRETARY}/Archive")) == [letter]
    assert len(maryam.alerts()) == 1
