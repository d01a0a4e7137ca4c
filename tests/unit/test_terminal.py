"""What people see in the terminal."""

import io
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from myoguide import terminal

REPLY = [
    {"text": "It is common.\n\nSource: NHS", "buttons": [{"title": "A", "payload": "/a"}]},
    {"text": "Where?", "buttons": [{"title": "Arm"}, {"title": "Leg"}]},
]


def test_choices_of_the_last_question_are_numbered():
    shown = list(terminal.lines(REPLY))
    assert "   1  Arm" in shown and "   2  Leg" in shown


def test_a_payload_is_never_shown():
    assert "/a" not in "\n".join(terminal.lines(REPLY))


def test_the_source_line_is_dimmed_and_the_answer_is_not():
    shown = list(terminal.lines(REPLY, colour=True))
    assert "\033[2mSource: NHS\033[0m" in shown and "It is common." in shown


def test_without_colour_there_are_no_escape_codes():
    assert "\033" not in "\n".join(terminal.lines(REPLY))


def test_long_lines_are_wrapped_and_lists_keep_their_indent():
    shown = list(terminal.lines([{"text": "- " + "word " * 60}]))
    assert all(len(line) <= terminal.WIDEST for line in shown)
    assert all(line.startswith(("- ", "  ")) for line in shown if line)


@pytest.fixture
def server():
    """Answers every message with its own text."""

    class Echo(BaseHTTPRequestHandler):
        def do_POST(self):
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps([{"text": f"you said {said['message']}"}]).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Echo) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def said(messages):
    rest = iter(messages)

    def read(prompt):
        try:
            return next(rest)
        except StopIteration:
            raise EOFError from None

    return read


def test_it_opens_answers_and_stops(server):
    out = io.StringIO()
    terminal.talk(server, said(["hello", "", "/stop", "never"]), out)
    assert "you said hello" in out.getvalue() and "never" not in out.getvalue()


def test_it_ends_with_the_input(server):
    out = io.StringIO()
    terminal.talk(server, said([]), out)
    assert "you said /chitchat/greeting" in out.getvalue()


def test_a_server_that_is_away_is_said_in_one_line():
    out = io.StringIO()
    terminal.talk("http://127.0.0.1:9", said(["/stop"]), out)
    assert "No answer from http://127.0.0.1:9" in out.getvalue()
