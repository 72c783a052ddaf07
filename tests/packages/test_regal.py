# SPDX-License-Identifier: MIT
"""regal's own tests and the results that its README and example show, against the module of the wheel."""

import os
import tempfile
import unittest
from pathlib import Path

from regal_inventory import Batch, Plan, PlanError, plan, program

EIGHT = {"ver1": "1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,5.1.1.1,6.2.2.2,7.3.3.3,8.4.4.4"}


class BaseInfoInitial(unittest.TestCase):
    """regal's tests of that name. What is no mapping is its AttributeError; an empty mapping is an empty plan."""

    def test_empty_info(self) -> None:
        with self.assertRaisesRegex(PlanError, "a mapping from version to hosts"):
            plan("", "", "")  # type: ignore[arg-type]

    def test_empty_info_version_host_isdict(self) -> None:
        self.assertEqual(plan({}, "", "").result, [])

    def test_info_errortype(self) -> None:
        self.assertEqual(plan({}, "1", "sds").result, [])


class GroupingResult(unittest.TestCase):
    """regal's tests of that name."""

    def test_combine_num(self) -> None:
        self.assertEqual(len(plan(EIGHT, 4).result[0][1][1:-1][0]), 4)

    def test_schedule_num(self) -> None:
        self.assertEqual(len(plan(EIGHT, 4, 2).result[0][1][0][0].split(",")), 2)


class Shown(unittest.TestCase):
    """What regal 1.3 printed."""

    def test_one_version(self) -> None:
        found = plan({"app-test-version1.0": "10.1.1.1,10.1.1.2,10.1.1.3,10.1.1.4,10.1.1.1.5"}, combine=2)
        self.assertEqual(
            str(found.result), "[('app-test-version1.0', [['10.1.1.1'], ['10.1.1.2', '10.1.1.3'], ['10.1.1.4', '10.1.1.1.5']])]"
        )
        self.assertEqual(
            "\n".join(map(str, found.iter_dict())), "{'app-test-version1.0': ['10.1.1.1', '10.1.1.2,10.1.1.3', '10.1.1.4,10.1.1.1.5']}"
        )

    def test_the_example(self) -> None:
        name = "test-app-1.0.0-SNAPSHOT-201512191829.war"
        found = plan({name: EIGHT["ver1"]}, combine=4, schedule=3)
        batches = [["1.1.1.1,2.2.2.2,3.3.3.3"], ["4.4.4.4", "5.1.1.1", "6.2.2.2", "7.3.3.3"], ["8.4.4.4"]]
        self.assertEqual(found.result, [(name, batches)])

    def test_several_versions_with_the_same_hosts(self) -> None:
        found = plan({f"ver{n}": "1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4" for n in range(1, 5)}, combine=3)
        batches = [["1.1.1.1"], ["2.2.2.2", "3.3.3.3", "4.4.4.4"]]
        self.assertEqual(found.result, [(f"ver{n}", batches) for n in range(1, 5)])

    def test_a_priority_is_a_part_of_the_name(self) -> None:
        found = plan({f"ver{n}": "1.1.1.1,2.2.2.2" for n in range(1, 5)}, priority_name="r2")
        self.assertEqual([version.name for version in found.versions], ["ver2", "ver1", "ver3", "ver4"])
        self.assertEqual(len(plan(EIGHT, priority_name="nothing").versions), 1)

    def test_a_canary_of_all_hosts(self) -> None:
        self.assertEqual(plan({"v": "a,b"}, schedule=5).result, [("v", [["a,b"]])])

    def test_none_and_zero_are_one(self) -> None:
        self.assertEqual(plan({"v": "a,b,c"}, None, 0).result, plan({"v": "a,b,c"}, 0, None).result)


class AnyText(unittest.TestCase):
    def test_blanks_and_chinese(self) -> None:
        hosts = "主机 1, 主机2,web[1:3],all,*,!x,@f,{{ x }},\u00e9\n,v0,h0,localhost"
        found = plan({"应用 1.0 (灰度)": hosts, "应用 2.0": "主机2"}, combine=3, priority_name="2.0")
        split = hosts.split(",")
        batches = [[split[0]], split[1:4], split[4:7], split[7:10], split[10:]]
        self.assertEqual(found.result, [("应用 2.0", [["主机2"]]), ("应用 1.0 (灰度)", batches)])
        self.assertEqual(found.versions[1].batches[0], Batch("A", "应用 1.0 (灰度)_groupA", ("主机 1",)))

    def test_the_environment_and_the_folder_have_no_part_in_it(self) -> None:
        before, names = Path.cwd(), ("REGAL_CANARY", "ANSIBLE_INVENTORY")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "regal.yml").write_text("batch_size: 7\n")
            Path(folder, "ansible.cfg").write_text("[defaults]\ninventory = nothing\n")
            try:
                os.chdir(folder)
                os.environ.update(dict.fromkeys(names, "9"))
                self.assertEqual(plan({"v": "a,b,c"}).result, [("v", [["a"], ["b"], ["c"]])])
            finally:
                for name in names:
                    del os.environ[name]
                os.chdir(before)


class Refused(unittest.TestCase):
    def test_what_refuses_programs_holds(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "hosts")
            script.write_text(f"#!/bin/sh\ntouch {folder}/ran\necho '{{}}'\n")
            script.chmod(0o755)
            os.environ["REGAL_NO_EXEC"] = "yes"
            try:
                with self.assertRaisesRegex(PlanError, "REGAL_NO_EXEC refuses programs"):
                    plan({"v": "a"}, options=["-i", str(script)])
            finally:
                del os.environ["REGAL_NO_EXEC"]
            self.assertFalse(Path(folder, "ran").exists())

    def test_the_message_is_the_program_s(self) -> None:
        with self.assertRaisesRegex(PlanError, "batch_size.*-1"):
            plan({"v": "a,b"}, combine=-1)

    def test_a_host_without_a_name(self) -> None:
        for hosts in ("", "a,,b", ["a", " "]):
            with self.assertRaisesRegex(PlanError, "has an empty host"):
                plan({"v": hosts})

    def test_a_configuration_and_versions(self) -> None:
        with self.assertRaisesRegex(PlanError, "exclude each other"):
            plan({"v": "a"}, config="regal.yml")


class Configured(unittest.TestCase):
    def test_a_configuration_with_options(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "hosts").write_text("[web]\nweb1\nweb2\nweb3\n[web:vars]\napp=1.10\n")
            configuration = Path(folder, "rollout.yml")
            configuration.write_text("inventory: hosts\nversion_from: {var: app}\n")
            found = plan(config=configuration, options=["--batch-size", "2"])
        self.assertIsInstance(found, Plan)
        (version,) = found.versions
        self.assertEqual((version.name, [batch.group for batch in version.batches]), ("1.10", ["1.10_groupA", "1.10_groupB1"]))
        self.assertEqual(version.batches[1].hosts, ("web2", "web3"))

    def test_the_program_is_that_of_the_wheel(self) -> None:
        self.assertTrue(Path(program()).is_file())


if __name__ == "__main__":
    unittest.main()
