"""SQLite on a disk that is full."""

from disk import fill
from servers import Person, deployment, wait_until

EMERGENCY = "my son has been jerking for ten minutes and he will not wake up"


def test_on_a_full_disk_people_are_answered_and_it_is_written_when_there_is_room(
    small_disk, tmp_path
):
    disk = small_disk("4M")
    with deployment(tmp_path, MYOGUIDE_DATABASE_URL=f"sqlite:///{disk}/kept.db") as started:
        started.actions()
        server = started.server()
        person = Person()
        person.say(server, "why do i twitch falling asleep")
        fill(disk)
        texts = ["and in babies?", *(f"my leg jerks {n} times a day" for n in range(2, 12))]
        for text in texts:
            assert person.say(server, text)
        assert person.say(server, EMERGENCY)[0]["text"].startswith("Call ")
        (disk / "ballast").unlink()
        said = ["why do i twitch falling asleep", *texts, EMERGENCY]
        wait_until(lambda: person.said(server) == said, 30)
