"""What a person writes is in no log, at the most talkative level, also when things go wrong."""

import contextlib
import json
import urllib.error
import urllib.request

from servers import Person, deployment

CANARY = "quetzalcanary"
NAME = "Margaret Quetzalname"


def post(server, path, body, **headers):
    with contextlib.suppress(urllib.error.URLError):
        request = urllib.request.Request(server.address + path, body.encode(), headers)
        urllib.request.urlopen(request, timeout=60).read()


def test_no_text_no_name_and_no_id_is_in_any_log_at_debug_level(tmp_path):
    (tmp_path / "logs").mkdir()
    database = tmp_path / "kept.db"
    person = Person(f"id-of-{CANARY}")
    with deployment(
        tmp_path / "logs", MYOGUIDE_DATABASE_URL=f"sqlite:///{database}", LOG_LEVEL="DEBUG"
    ) as started:
        actions = started.actions(None, "-vv")
        server = started.server("--debug")
        texts = [
            f"my leg jerks {CANARY} when falling asleep, my name is {NAME}",
            f"my son has been jerking for ten minutes {CANARY}",
            f'/ask{{"topic": "{CANARY}"}}',
            f"/forget {CANARY}",
            f"{CANARY} " * 300,
            f"self check {CANARY}",
            "check my symptoms",
            f"{CANARY}",
            "summary",
        ]
        for text in texts:
            person.say(server, text)
        person.say(server, f"streamed {CANARY}", metadata={"diary": CANARY})
        actions.kill()
        person.say(server, f"why do i twitch {CANARY}")
        post(server, "/webhooks/rest/webhook?stream=true", json.dumps({"message": CANARY}))
        post(server, "/webhooks/rest/webhook", f"{{not json {CANARY}")
        post(
            server,
            "/webhooks/rest/webhook",
            json.dumps({"sender": [CANARY], "message": {CANARY: 1}}),
        )
        post(server, "/webhooks/rest/webhook", json.dumps({"message": 7, "metadata": CANARY}))
        post(server, f"/model/parse?token=faults&x={CANARY}", json.dumps({"text": CANARY}))
        post(server, f"/conversations/{CANARY}/messages?token=faults", json.dumps({"text": CANARY}))
        post(server, f"/socket.io/?EIO=4&transport=polling&x={CANARY}", CANARY)
        printed = started.printed()
    assert "Rasa server is up and running" in printed, "the logs are there"
    found = [line[:300] for line in printed.splitlines() if CANARY in line or "Quetzalname" in line]
    assert not found, f"{len(found)} lines, the first: {found[0]}"
    files = [file.read_bytes() for file in tmp_path.glob("kept.db*")]
    assert files and not any(b"Quetzalname" in content for content in files)
