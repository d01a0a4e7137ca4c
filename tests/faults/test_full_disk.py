"""SQLite on a disk that is full."""

import os
import subprocess

import pytest
from servers import Person, deployment, wait_until

EMERGENCY = "my son has been jerking for ten minutes and he will not wake up"
SIZE = "4M"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("needs to be allowed to mount a small file system")
    (folder / "ballast").touch()
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk):
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as sink:
        try:
            while True:
                sink.write(b"x" * 4096)
        except OSError:
            return ballast


def test_on_a_full_disk_people_are_answered_and_it_is_written_when_there_is_room(
    small_disk, tmp_path
):
    with deployment(tmp_path, MYOGUIDE_DATABASE_URL=f"sqlite:///{small_disk}/kept.db") as started:
        started.actions()
        server = started.server()
        person = Person()
        person.say(server, "why do i twitch falling asleep")
        ballast = fill(small_disk)
        texts = ["and in babies?", *(f"my leg jerks {n} times a day" for n in range(2, 12))]
        for text in texts:
            assert person.say(server, text)
        assert person.say(server, EMERGENCY)[0]["text"].startswith("Call ")
        ballast.unlink()
        said = ["why do i twitch falling asleep", *texts, EMERGENCY]
        wait_until(lambda: person.said(server) == said, 30)
