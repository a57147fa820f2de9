"""The alert rules and the sample project's Prometheus speak of what is there: metrics that millrace has, a service
that answers.

The argument is the path of a millrace program.
"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
PROGRAM = sys.argv.pop()


def load(path):
    return yaml.safe_load((TOP / path).read_text(encoding="utf-8"))


class Prometheus(unittest.TestCase):
    def setUp(self):
        self.services = load("docker/compose.yaml")["services"]

    def test_alerts_use_only_metrics_that_there_are(self):
        listed = subprocess.run([PROGRAM, "metrics"], capture_output=True, text=True, check=True).stdout
        known = {line.split()[0] for line in listed.splitlines()}
        rules = [rule for group in load("docker/prometheus/alerts.yml")["groups"] for rule in group["rules"]]
        used = {name for rule in rules for name in re.findall(r"\bmillrace_\w+", rule["expr"])}
        self.assertGreaterEqual(len(used), 6)
        self.assertLessEqual(used, known)

    def test_every_alert_says_what_to_do(self):
        for group in load("docker/prometheus/alerts.yml")["groups"]:
            for rule in group["rules"]:
                self.assertLessEqual({"summary", "action"}, set(rule["annotations"]), rule["alert"])

    def test_it_asks_a_service_at_the_port_that_its_image_exposes(self):
        targets = [target for job in load("docker/prometheus/prometheus.yml")["scrape_configs"]
                   for each in job["static_configs"] for target in each["targets"]]
        exposed = re.search(r"^EXPOSE (\d+)", (TOP / "docker/Dockerfile").read_text(encoding="utf-8"), re.M)[1]
        for target in targets:
            service, _, port = target.partition(":")
            self.assertIn(service, self.services)
            self.assertEqual(port, exposed)

    def test_it_comes_only_where_it_is_asked_for(self):
        self.assertEqual(self.services["prometheus"]["profiles"], ["observe"])


if __name__ == "__main__":
    unittest.main()
