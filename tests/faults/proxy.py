"""nginx with deploy/proxy's own file in front of servers of the tests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from servers import ROOT, Server, answers, wait_until

from myoguide import launch

TEMPLATE = ROOT / "deploy" / "proxy" / "myoguide.conf.template"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
START_TIMEOUT = 20  # seconds


def start_proxy(folder: Path, ports: Sequence[int]) -> Server:
    """nginx on a free port; ``ports`` are those of the two servers, which need not run yet."""
    assert NGINX is not None
    port = launch.free_port()
    filled = {
        "LISTEN": f"127.0.0.1:{port}",
        "SERVER_ONE": f"127.0.0.1:{ports[0]}",
        "SERVER_TWO": f"127.0.0.1:{ports[1]}",
    }
    site = TEMPLATE.read_text()
    for name, value in filled.items():
        site = site.replace("${" + name + "}", value)
    (folder / "site.conf").write_text(site.replace("/dev/stdout", str(folder / "access.log")))
    places = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nworker_processes 1;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{\n{places}\ninclude {folder}/site.conf;\n}}\n"
    )
    log = folder / "nginx.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [NGINX, "-c", str(whole), "-e", str(folder / "error.log"), "-g", "daemon off;"],
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, port, log)
    wait_until(lambda: answers(server.address + "/none", process, log), START_TIMEOUT)
    return server
