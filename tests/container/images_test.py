"""The two images of docker/Dockerfile: what is in them, and what they say of themselves."""
import io
import json
import os
import re
import subprocess
import tarfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
LARGEST_SLIM = 20_000_000
SBOM = "usr/share/sbom/millrace.spdx.json"


def docker(*arguments, given=None):
    done = subprocess.run(["docker", *arguments], input=given, capture_output=True, check=False, cwd=TOP)
    if done.returncode != 0:
        raise AssertionError(f"docker {' '.join(arguments)} exited with {done.returncode}:\n{done.stderr.decode()}")
    return done.stdout


class Image:
    def __init__(self, target):
        self.name = f"millrace-test-{target}-{os.getpid()}"
        docker("build", "--quiet", "--target", target, "-t", self.name, "-f", "docker/Dockerfile", ".")
        self.about = json.loads(docker("image", "inspect", self.name))[0]

    def remove(self):
        docker("image", "rm", self.name)

    def files(self):
        """Its whole file system, as a tar file."""
        container = docker("create", self.name).decode().strip()
        try:
            return tarfile.open(fileobj=io.BytesIO(docker("export", container)))
        finally:
            docker("rm", container)

    def run(self, *arguments, options=(), given=None):
        return docker("run", "--rm", "-i", "--read-only", "--cap-drop", "ALL", *options, self.name, *arguments,
                      given=given).decode()


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slim, cls.full = Image("slim"), Image("full")
        cls.addClassCleanup(cls.full.remove)
        cls.addClassCleanup(cls.slim.remove)
        cls.slim_files = cls.slim.files()

    def sbom(self, files):
        document = json.load(files.extractfile(SBOM))
        self.assertEqual(document["spdxVersion"], "SPDX-2.3")
        packages = {each["SPDXID"]: each for each in document["packages"]}
        self.assertEqual(len(packages), len(document["packages"]), "each id once")
        for identifier in packages:
            self.assertRegex(identifier, r"^SPDXRef-[A-Za-z0-9.-]+$")
        related = {}
        for each in document["relationships"]:
            self.assertIn(each["relatedSpdxElement"], packages)
            related.setdefault(each["relationshipType"], []).append(packages[each["relatedSpdxElement"]])
        return {kind: {each["name"]: each["versionInfo"] for each in list_} for kind, list_ in related.items()}

    def loaded(self):
        """Name and version of each Debian package that the loader takes a file from, asked where there is a dpkg."""
        script = ("ldd /usr/bin/millrace | grep -o '/[^ ]*' | while read f; do dpkg -S $(realpath $f) 2>/dev/null || "
                  "dpkg -S /usr$f 2>/dev/null || dpkg -S $f; done | cut -d: -f1 | sort -u | "
                  "xargs dpkg-query -W -f '${Package} ${Version}\\n'")
        said = self.full.run("-c", script, options=("--entrypoint", "sh"))
        return dict(line.split() for line in said.splitlines())

    def test_slim_is_small(self):
        self.assertLessEqual(self.slim.about["Size"], LARGEST_SLIM)

    def test_slim_holds_the_program_what_it_loads_and_nothing_else(self):
        files = {member.name for member in self.slim_files.getmembers() if member.isfile()}
        libraries = {name for name in files if re.search(r"\.so(\.|$)", name)}
        loaded = {Path(path).name for path in re.findall(
            r"/\S+", self.full.run("-c", "ldd /usr/bin/millrace", options=("--entrypoint", "sh")))}
        self.assertEqual({Path(name).name for name in libraries}, loaded)
        # The engine's own come with every container.
        engines = {".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf"}
        self.assertEqual(files - libraries - engines,
                         {"usr/bin/millrace", "etc/ssl/certs/ca-certificates.crt", SBOM})
        self.assertEqual([name for name in files if self.slim_files.getmember(name).mode & 0o6000], [])

    def test_sboms_list_what_is_loaded(self):
        loaded = self.loaded()
        self.assertGreater(len(loaded), 8)
        slim = self.sbom(self.slim_files)
        slim_holds = dict(slim["DEPENDS_ON"])
        self.assertIsNotNone(slim_holds.pop("ca-certificates"))
        self.assertEqual(slim_holds, loaded)
        self.assertIn("libvalijson-dev", slim["STATIC_LINK"])
        self.assertIn("nlohmann-json3-dev", slim["STATIC_LINK"])
        full = self.sbom(self.full.files())["DEPENDS_ON"]
        installed = self.full.run("-c", "dpkg-query -W -f '${Package} ${Version}\\n'", options=("--entrypoint", "sh"))
        self.assertEqual(full, dict(line.split() for line in installed.splitlines()))
        self.assertLess(slim_holds.items(), full.items())

    def test_both_say_what_they_are_and_ask_for_nothing(self):
        for image in (self.slim, self.full):
            config = image.about["Config"]
            version = image.run("--version").split()[-1]
            labels = config["Labels"]
            self.assertEqual(labels["org.opencontainers.image.version"], version)
            self.assertEqual(labels["org.opencontainers.image.licenses"], "Apache-2.0")
            self.assertIn("org.opencontainers.image.title", labels)
            self.assertEqual(config["User"], "65532:65532")
            self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "millrace", "health"], "liveness")
            self.assertEqual(list(config["Volumes"]), ["/var/lib/millrace"])

    def test_full_runs_worker_processes_in_python(self):
        worker = TOP / "config/examples/python-worker"
        said = self.full.run("--config", "/config/examples/python-worker/config.json", "--set",
                             'processing.command=["python3", "/config/examples/python-worker/worker.py", "--delay", "0"]',
                             options=("-v", f"{worker}:/config/examples/python-worker:ro"), given=b"1\n2\n3\n")
        self.assertEqual(said, "1\n4\n9\n")

    def test_full_is_a_base_to_build_on(self):
        name = f"{self.full.name}-worker"
        docker("build", "--quiet", "-t", name, "-", given=(
            f"FROM {self.full.name}\n"
            "RUN python3 -c 'import json' && id -u | grep -qx 65532\n"
            "ENV MILLRACE_SOURCE_URL=stdin: MILLRACE_SINK_URL=stdout: MILLRACE_PROCESSING_TYPE=square\n").encode())
        self.addCleanup(docker, "image", "rm", name)
        self.assertEqual(docker("run", "--rm", "-i", name, given=b"12\n"), b"144\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
