"""A Postfix of the tests' own: in a temporary folder, on the loopback, gone after."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.support import machine
from tests.support.processes import free_port, start, stop, wait_until

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example.net
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
disable_dns_lookups = yes
default_transport = error:nowhere
transport_maps = inline:{{ {routes} }}
lmtp_destination_recipient_limit = 1
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A running server; `routes` say where mail to a domain goes (`smtp:[127.0.0.1]:25`)."""

    def __init__(self, routes: dict[str, str]) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="givefirst-postfix-"))
        self.folder.chmod(0o755)
        own = self.folder / "etc"
        for name in ("etc", "spool", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        lines = " ".join(f"{{ {domain} = {route} }}" for domain, route in routes.items())
        (own / "main.cf").write_text(MAIN.format(folder=self.folder, routes=lines))
        (own / "master.cf").write_text(MASTER.format(port=self.port))
        postfix = machine.postfix()
        assert postfix, "no Postfix here: mark the test `postfix`"
        # Makes the folders of its queue.
        subprocess.run([postfix, "-c", own, "check"], check=True, timeout=20, capture_output=True)
        asked = [postfix.with_name("postconf"), "-c", own, "-h", "daemon_directory"]
        programs = subprocess.run(asked, check=True, timeout=20, capture_output=True, text=True)
        self.output = self.folder / "output"
        # Not by its start script, which lets go of what it starts.
        master = Path(programs.stdout.strip()) / "master"
        self.process = start([master, "-c", own, "-d"], self.output)
        wait_until(self._listens, self.process, self.output)

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                return probe.recv(3) == b"220"
        except OSError:
            return False

    def printed(self) -> str:
        """What it says it did."""
        files = [self.folder / "mail.log", self.output]
        return "\n".join(file.read_text("utf-8", "replace") for file in files if file.exists())

    def close(self) -> None:
        """End it, and remove its folder."""
        stop(self.process)
        shutil.rmtree(self.folder)
