"""A Postfix of the tests' own: in a temporary folder, on the loopback, gone after."""

import shutil
import socket
import subprocess
import tempfile
from base64 import b64encode
from pathlib import Path
from threading import Thread

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
# Mail of those alone who show a password, and that over TLS alone.
SECURED = """\
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{port}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
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
    """A running server; `routes` say where mail to a domain goes (`smtp:[127.0.0.1]:25`).

    `secured`: its certificate, its key, and the port where passwords are judged.
    """

    def __init__(
        self, routes: dict[str, str], secured: tuple[Path, Path, int] | None = None
    ) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="givefirst-postfix-"))
        self.folder.chmod(0o755)
        own = self.folder / "etc"
        for name in ("etc", "spool", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        lines = " ".join(f"{{ {domain} = {route} }}" for domain, route in routes.items())
        main = MAIN.format(folder=self.folder, routes=lines)
        if secured:
            certificate, key, port = secured
            main += SECURED.format(certificate=certificate, key=key, port=port)
        (own / "main.cf").write_text(main)
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


class Passwords:
    """Judges passwords for Postfix, in the words of Dovecot's authentication protocol 1.2."""

    def __init__(self, user: str, password: str) -> None:
        self.good = b64encode(f"\0{user}\0{password}".encode()).decode()
        self.asked: list[bool] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """No more are judged."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            Thread(target=self._judge, args=(client,), daemon=True).start()

    def _judge(self, client: socket.socket) -> None:
        hello = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n"
        with client, client.makefile("rw") as line:
            line.write(hello)
            line.flush()
            for said in line:
                word, *rest = said.rstrip("\n").split("\t")
                if word == "AUTH":
                    given = next((one[5:] for one in rest if one.startswith("resp=")), "")
                    self.asked.append(given == self.good)
                    verdict = "OK" if given == self.good else "FAIL"
                    line.write(f"{verdict}\t{rest[0]}\tuser=joost\n")
                    line.flush()
