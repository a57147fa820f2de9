"""The files that deploy several instances: what each pod or container is given, and what it must not have.

With the path of a millrace program as argument, that program checks each instance's configuration as well.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
COUNT = 16
PROGRAM = sys.argv.pop() if len(sys.argv) > 1 and os.access(sys.argv[-1], os.X_OK) else None


def seconds(duration):
    assert duration.endswith("s") and duration[:-1].isdigit(), duration
    return int(duration[:-1])


def check(environment):
    """What `millrace check` says of a configuration."""
    return subprocess.run([PROGRAM, "check"], env=environment, capture_output=True, text=True, check=False)


class Instances(unittest.TestCase):
    """What holds for both: every partition is one instance's, and nothing else is shared."""

    def expect_every_partition_once(self, lists):
        self.assertEqual(sorted(index for indices in lists for index in indices), list(range(COUNT)))

    def expect_accepted(self, environment):
        if PROGRAM:
            checked = check(environment)
            self.assertEqual(checked.returncode, 0, checked.stderr)


class Compose(Instances):
    def setUp(self):
        self.project = yaml.safe_load((TOP / "docker/compose.partition.yaml").read_text())
        self.instances = {name: service for name, service in self.project["services"].items()
                          if name.startswith("millrace-")}

    def test_has_three_instances_over_all_partitions(self):
        self.assertEqual(len(self.instances), 3)
        environments = [service["environment"] for service in self.instances.values()]
        self.assertEqual({int(each["MILLRACE_SOURCE_PARTITION_COUNT"]) for each in environments}, {COUNT})
        self.expect_every_partition_once([int(index) for index in
                                          each["MILLRACE_SOURCE_PARTITION_INDICES"].split(",")]
                                         for each in environments)

    def test_gives_each_a_client_id_and_a_volume_of_its_own(self):
        ids = {service["environment"]["MILLRACE_SOURCE_CLIENT_ID"] for service in self.instances.values()}
        self.assertEqual(ids, set(self.instances))
        volumes = {volume.partition(":")[0] for service in self.instances.values() for volume in service["volumes"]}
        self.assertEqual(len(volumes), 3)
        self.assertLessEqual(volumes, set(self.project["volumes"]))

    def test_takes_from_each_what_the_sample_takes_from_its_one(self):
        sample = yaml.safe_load((TOP / "docker/compose.yaml").read_text())
        taken = sample["x-hardened"]
        self.assertEqual((taken["read_only"], taken["cap_drop"]), (True, ["ALL"]))
        for service in [sample["services"]["millrace"], *self.instances.values()]:
            self.assertEqual({key: service[key] for key in taken}, taken)

    def test_is_accepted(self):
        for service in self.instances.values():
            environment = {key: str(value) for key, value in service["environment"].items()}
            environment["MILLRACE_PROCESSING_DELAY"] = "2s"
            self.expect_accepted(environment)


class Kubernetes(Instances):
    def setUp(self):
        documents = list(yaml.safe_load_all((TOP / "docker/kubernetes/millrace.yaml").read_text()))
        self.by_kind = {document["kind"]: document for document in documents}
        self.spec = self.by_kind["StatefulSet"]["spec"]
        self.pod = self.spec["template"]["spec"]
        self.container = self.pod["containers"][0]
        self.env = {each["name"]: each for each in self.container["env"]}

    def value(self, name, ordinal=0):
        return self.env[name]["value"].replace("$(POD_INDEX)", str(ordinal))

    def test_the_ordinal_comes_before_what_is_made_of_it(self):
        first = self.container["env"][0]
        self.assertEqual(first["name"], "POD_INDEX")
        self.assertEqual(first["valueFrom"]["fieldRef"]["fieldPath"],
                         "metadata.labels['apps.kubernetes.io/pod-index']")
        self.assertEqual(self.value("MILLRACE_SOURCE_CLIENT_ID", 2), "millrace-2")

    def test_every_ordinal_has_its_partitions(self):
        files = self.by_kind["ConfigMap"]["data"]
        replicas = range(self.spec["replicas"])
        names = [Path(self.value("MILLRACE_CONFIG", ordinal)).name for ordinal in replicas]
        self.assertEqual(sorted(names), sorted(files))
        partitions = [json.loads(files[name])["source"]["partition"] for name in names]
        self.assertEqual({each["count"] for each in partitions}, {COUNT})
        self.expect_every_partition_once(each["indices"] for each in partitions)

    def test_every_pod_has_a_volume_for_its_journal_and_the_configuration(self):
        mounts = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        claims = {claim["metadata"]["name"] for claim in self.spec["volumeClaimTemplates"]}
        self.assertEqual(claims, {"journal"})
        self.assertTrue(self.value("MILLRACE_JOURNAL_PATH").startswith(mounts["journal"] + "/"))
        self.assertEqual(str(Path(self.value("MILLRACE_CONFIG")).parent), mounts["config"])
        volumes = {volume["name"]: volume for volume in self.pod["volumes"]}
        self.assertEqual(volumes["config"]["configMap"]["name"], self.by_kind["ConfigMap"]["metadata"]["name"])

    def test_the_selector_finds_the_pods(self):
        self.assertEqual(self.spec["selector"]["matchLabels"], self.spec["template"]["metadata"]["labels"])

    def test_a_pod_has_time_to_drain(self):
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], seconds(self.value("MILLRACE_LIMITS_DRAIN")))

    def test_a_pod_may_do_nothing_that_it_need_not(self):
        self.assertIs(self.pod["enableServiceLinks"], False)
        self.assertIs(self.pod["automountServiceAccountToken"], False)
        of_pod, of_container = self.pod["securityContext"], self.container["securityContext"]
        self.assertIs(of_pod["runAsNonRoot"], True)
        self.assertEqual({of_pod[name] for name in ("runAsUser", "runAsGroup", "fsGroup")}, {65532})
        self.assertEqual(of_pod["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertIs(of_container["allowPrivilegeEscalation"], False)
        self.assertIs(of_container["readOnlyRootFilesystem"], True)
        self.assertEqual(of_container["capabilities"], {"drop": ["ALL"]})

    def test_probes_ask_for_life_and_readiness(self):
        self.assertEqual(self.container["livenessProbe"]["exec"]["command"], ["millrace", "health"])
        self.assertEqual(self.container["readinessProbe"]["exec"]["command"], ["millrace", "health", "--ready"])

    def test_resources_are_asked_for(self):
        self.assertLessEqual({"cpu", "memory"}, set(self.container["resources"]["requests"]))
        self.assertIn("memory", self.container["resources"]["limits"])

    def test_is_accepted(self):
        with tempfile.TemporaryDirectory() as folder:
            for ordinal in range(self.spec["replicas"]):
                environment = {name: self.value(name, ordinal) for name in self.env if name != "POD_INDEX"}
                path = Path(folder, Path(environment["MILLRACE_CONFIG"]).name)
                path.write_text(self.by_kind["ConfigMap"]["data"][path.name])
                self.expect_accepted({**environment, "MILLRACE_CONFIG": str(path)})


if __name__ == "__main__":
    unittest.main()
