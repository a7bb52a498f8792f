"""A real PostgreSQL server on loopback, from Debian's package, which tests start, kill and start again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.chroma import free_port

PASSWORD = "of the tests"


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs, where it is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb")
    return folders[-1] if folders else Path(found).parent if found else None


class PostgresServer:
    """A cluster in a folder of its own, which belongs to the user `postgres` where the tests run as root."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._programs = programs

    @property
    def url(self) -> str:
        return f"postgresql://notes@127.0.0.1:{self.port}/notes"

    def make(self) -> None:
        """The cluster, a user without rights over others, and its database."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        self._run(
            "initdb",
            "--auth=scram-sha-256",
            "--username=notes",
            f"--pwfile={password}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        settings = f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(settings)
        self.start()
        self.execute("CREATE DATABASE notes", database="postgres")

    def start(self) -> None:
        """Returns once it answers."""
        self._run("pg_ctl", "--wait", f"--log={self.folder / 'log'}", "start")

    def stop(self) -> None:
        """As a power cut does: nobody is waited for."""
        self._run("pg_ctl", "--wait", "--mode=immediate", "stop")

    def runs(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()

    def execute(self, sql: str, *, database: str = "notes") -> list[tuple[object, ...]]:
        url = f"postgresql://notes@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(url, password=PASSWORD, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return list(cursor) if cursor.description else []

    def dump(self, schema: str) -> Path:
        """A backup of an index's tables."""
        file = self.folder / f"{schema}.sql"
        self._run_on_database("pg_dump", f"--schema={schema}", f"--file={file}")
        return file

    def restore(self, schema: str, file: Path) -> None:
        """What the backup has, and nothing else."""
        self.execute(f"DROP SCHEMA {schema} CASCADE")
        self._run_on_database("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={file}")

    def schemas(self) -> list[str]:
        """Those that indexes have there."""
        return [
            str(name)
            for (name,) in self.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rag%' ORDER BY nspname")
        ]

    def _run_on_database(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--dbname={self.url}", *arguments]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert not done.returncode, done.stderr.decode()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self.folder / 'data'}", *arguments]
        user = "postgres" if os.geteuid() == 0 else None
        done = subprocess.run(
            command,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert not done.returncode, done.stderr.decode()


@contextmanager
def postgres_server(programs: Path) -> Iterator[PostgresServer]:
    """Its folder is not below those of pytest, which only their user can look into."""
    folder = Path(tempfile.mkdtemp(prefix="rag-bot-postgres-"))
    server = PostgresServer(folder, programs)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server.make()
        yield server
    finally:
        if server.runs():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
