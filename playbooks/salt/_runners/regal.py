"""A rollout by Salt, batch by batch, after a plan of regal-inventory.

Save this file as ``/srv/salt/_runners/regal.py``, then call ``salt-run saltutil.sync_runners``. What the runner is given comes from its
arguments alone, never from pillar. README.md beside the original has every option.
"""

from __future__ import annotations

import datetime
import difflib
import json
import os
import subprocess
import time
from typing import Any, NamedTuple

import salt.client
import salt.client.ssh.client
import salt.config
import salt.exceptions
import salt.key
import salt.minion
import salt.pillar
import salt.roster
import salt.utils.state

# What Salt puts into a module before it calls it.
__opts__: dict[str, Any]
__salt__: dict[str, Any]
__context__: dict[str, Any]
__jid_event__: Any

# The version of the plan's form.
SCHEMA = 1
# Exit codes, those of `regal-inventory run`.
DONE, REFUSED, WAITING, LOST = 0, 1, 4, 5
# Most characters of what a minion said.
LONGEST = 500

TEXTS = ("version", "from", "to", "back_to", "saltenv", "pillarenv", "roster", "roster_file", "program", "record")
FLAGS = ("highstate", "ssh", "test", "take_over")
# What stood at the top of pillar before there was the key `rollout`.
OLD_KEYS = ("sls", "version", "from", "to", "rollback", "approved", "plan")
LISTS = ("sls", "before", "after", "on_stop")
OTHERS = ("approved", "batch", "queue", "timeout")


class Refused(Exception):
    """Why a rollout did not begin, or goes no further."""

    def __init__(self, message: str, code: int = REFUSED) -> None:
        super().__init__(message)
        self.code = code
        self.has_begun = False


class Batch(NamedTuple):
    """A batch of the plan: ``bake`` in seconds, ``stage`` its short name (A, B1 ...)."""

    stage: str
    group: str
    bake: int
    hosts: list[str]
    # Whether to ask after it, of a plan with stages; the policy of the version says so of others.
    ask: bool | None = None


class Step(NamedTuple):
    """What is left of a batch: its minions that are not done, whether others are left out, and what the record says of its gate:
    whether it was begun or approved, and since when the batch before it is done."""

    batch: Batch
    hosts: list[str]
    rest: bool
    begun: bool
    approved: bool
    since: str | None


def rollout(
    plan: str | dict[str, Any],
    options: dict[str, Any] | None = None,
    pillar_keys: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Bring a version to its minions, batch by batch, and stop at the first batch with a minion that fails or does not answer.

    plan
        What ``regal-inventory export salt-plan`` or ``salt-orchestrate`` wrote, or a frozen plan (``.rollout.yml``): then the rollout is
        recorded, and the same call goes on with what is not done.
    options
        A mapping of options; they may as well be given one by one.
    pillar_keys
        For rollout.sls: the options are from pillar, which had these keys.

    The exit code is 0 if all is done, 4 if the rollout waits for approval, 5 if minions were lost, 6 if somebody else runs it, 3 if
    the inventory differs from the frozen plan, and 1 if it was refused.

    CLI Example:

    .. code-block:: bash

        salt-run regal.rollout /srv/rollouts/1.4.2.json sls=app
    """
    given = {**(options if isinstance(options, dict) else {}), **{key: value for key, value in more.items() if not key.startswith("__")}}
    try:
        if pillar_keys is not None:
            _check_pillar(options, pillar_keys)
        result = _Rollout(given.pop("plan", plan), _settled(given)).go()
    except Refused as refused:
        result = {"outcome": "failed" if refused.has_begun else "refused", "message": str(refused), "retcode": refused.code}
    # The state `salt.runner` of an orchestration fails by it.
    __context__["retcode"] = result["retcode"]
    return result


def _check_pillar(options: Any, keys: list[str]) -> None:
    """Only the call may give options: a key of the site's own pillar would steer each rollout."""
    minion = salt.minion.MasterMinion({key: value for key, value in __opts__.items() if key != "pillar"})
    opts = {**minion.opts, "pillar": {}, "pillarenv": None}
    minion.destroy()
    own = salt.pillar.Pillar(opts, opts["grains"], opts["id"], None).compile_pillar()
    if "rollout" in own:
        raise Refused(f"the site's own pillar has the key `rollout` for {opts['id']}, which only the call may give: rename it there")
    old = [key for key in OLD_KEYS if key in keys and key not in own]
    if old:
        new = "back_to" if old[0] == "rollback" else old[0]
        raise Refused(f"`{old[0]}` now stands in the pillar key `rollout`: pillar='{{\"rollout\": {{\"{new}\": ...}}}}'")
    if not isinstance(options, dict) or not options:
        raise Refused("the pillar key `rollout` is missing: pillar='{\"rollout\": {\"sls\": \"app\"}}'")


def _settled(given: dict[str, Any]) -> dict[str, Any]:
    """The options, checked; those of states and hooks as lists."""
    known = (*TEXTS, *FLAGS, *LISTS, *OTHERS)
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            raise Refused(f"there is no option `{key}`; " + (f"is it `{near[0]}`?" if near else "there are " + ", ".join(known)))
        if key in TEXTS and (not isinstance(value, str) or not value):
            raise Refused(f"`{key}` is not a text: quote it twice, as in {key}='\"1.10\"'")
        if key in FLAGS and not isinstance(value, bool):
            raise Refused(f"`{key}` is True or False")
        if key in LISTS and not (isinstance(value, str) and value) and not _is_texts(value):
            raise Refused(f"`{key}` names states, one or a list of them, as in {key}=app")
    settled = {key: [given[key]] if isinstance(given[key], str) else given[key] for key in LISTS if key in given}
    settled = {**given, **settled}
    if ("sls" in given) == bool(given.get("highstate")):
        raise Refused("say which states bring a minion to a version: either sls=app or highstate=True")
    timeout = given.get("timeout", 1)
    if isinstance(timeout, bool) or not isinstance(timeout, int) or timeout < 1:
        raise Refused("`timeout` is a number of seconds")
    if not (isinstance(given.get("approved", True), bool) or _is_texts(given["approved"]) or isinstance(given["approved"], str)):
        raise Refused("`approved` is True, or names batches")
    if given.get("back_to") is not None and given["back_to"] == given.get("version"):
        raise Refused("`back_to` is the version to go back to, another one than `version`")
    _slice_size(given.get("batch"), 1)
    return settled


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)


def _slice_size(batch: Any, hosts: int) -> int:
    """How many minions of a batch are worked on at once."""
    text = str(batch)
    if batch is None:
        return hosts
    if text.isdigit() and int(text) > 0 and not isinstance(batch, bool):
        return int(text)
    if text.endswith("%") and text[:-1].isdigit() and 0 < int(text[:-1]) <= 100:
        return max(1, hosts * int(text[:-1]) // 100)
    raise Refused("`batch` is a number of minions, or a percentage such as 25%")


def _call(program: str, *words: str, lines: list[str] | None = None) -> str:
    """What regal-inventory prints. Its exit codes 3 (drift) and 6 (somebody else) are ours."""
    text = None if lines is None else "".join(f"{line}\n" for line in lines)
    try:
        done = subprocess.run([program, *words], input=text or "", capture_output=True, text=True, check=False)
    except OSError as error:
        raise Refused(f"{program}: {error.strerror}; it must be in the PATH of the master, or give program=/PATH") from None
    if done.returncode != 0:
        message = done.stderr.strip().removeprefix("error: ").replace("\n  hint: ", "; ") or f"{program} ended with exit code {done.returncode}"
        raise Refused(message, done.returncode if done.returncode in (3, 6) else REFUSED)
    return done.stdout


def _plan(place: str | dict[str, Any], program: str) -> dict[str, Any]:
    """The plan out of a file, out of pillar, or out of a frozen plan as it is used today."""
    if isinstance(place, dict) and place:
        plan: dict[str, Any] = place
    elif not isinstance(place, str) or not place:
        raise Refused("there is no plan: regal-inventory export salt-orchestrate writes one into rollout.sls, or give the option `plan`")
    elif place.endswith(".rollout.yml"):
        plan = _parsed(_call(program, "export", "salt-plan", "--plan", place), place)
    else:
        try:
            with open(place, encoding="utf-8") as file:
                plan = _parsed(file.read(), place)
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"the plan cannot be read: {error}") from None
    if plan.get("schema") != SCHEMA:
        raise Refused("the plan and this runner are not of the same version: save both again, and call saltutil.sync_runners")
    if not isinstance(place, str) or not place.endswith(".rollout.yml"):
        frozen = plan.get("frozen")
        if frozen:
            today = _plan(frozen["file"], program)
            if today["frozen"]["id"] != frozen["id"]:
                raise Refused(f"{frozen['file']} is another plan than the one that was exported")
            today["versions"] = {version: of for version, of in today["versions"].items() if version in plan["versions"]}
            return today
    return plan


def _parsed(text: str, place: str) -> dict[str, Any]:
    """The mapping that begins a line of an exported file."""
    try:
        start = 0 if text.startswith('{"rollout_plan"') else text.index('\n{"rollout_plan"') + 1
        plan: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]["rollout_plan"]
    except ValueError:
        raise Refused(f"{place} has no plan: name a file that regal-inventory export salt-plan wrote") from None
    return plan


class _Record:
    """The record of a frozen plan, kept by regal-inventory; nothing where the plan is not frozen or nothing is deployed."""

    def __init__(self, program: str, frozen: dict[str, str] | None, record: str | None) -> None:
        self.program, self.frozen, self.run = program, frozen, ""
        self.place = [] if frozen is None else ["--plan", frozen["file"], *(["--record", record] if record else [])]

    def status(self) -> dict[str, Any]:
        """What is known of the batches, by their groups, and the groups that a way back goes through."""
        if self.frozen is None:
            return {"batches": [], "to_go_back": []}
        known: dict[str, Any] = json.loads(_call(self.program, "status", *self.place, "--format", "json"))
        return known

    def start(self, options: dict[str, Any]) -> None:
        """Begins a run that lives as long as this process."""
        if self.frozen is not None:
            back = ["--back-to", options["back_to"]] if options.get("back_to") else []
            words = [*back, *(["--take-over"] if options.get("take_over") else [])]
            command = "salt-run regal.rollout"
            start = ["start", "--process", str(os.getpid()), "--command", command, *words]
            self.run = _call(self.program, "record", *self.place, *start).strip()

    def add(self, *words: str, lines: list[str] | None = None) -> None:
        """Appends an event of this run."""
        if self.run:
            _call(self.program, "record", *self.place, "--run", self.run, *words, lines=lines)

    def add_hosts(self, what: str, group: str, hosts: list[str], *words: str) -> None:
        """Appends what became of single minions."""
        if hosts:
            self.add(what, group, "--stdin", *words, lines=hosts)


class _Rollout:
    """One way through the batches of a version."""

    def __init__(self, place: str | dict[str, Any], options: dict[str, Any]) -> None:
        self.options, self.program = options, options.get("program", "regal-inventory")
        plan = _plan(place, self.program)
        self.version = _version(plan["versions"], options.get("version"))
        self.approval = plan["versions"][self.version]["approval"]
        self.batches = [Batch(**batch) for batch in plan["versions"][self.version]["batches"]]
        self.back_to: str | None = options.get("back_to")
        self.test = bool(options.get("test"))
        self.record = _Record(self.program, plan.get("frozen"), options.get("record"))
        # A runner that a hook calls puts its own in the place of the global one.
        self.event = __jid_event__
        self.lost: dict[str, str] = {}
        self.came: dict[str, str] = {}

    def go(self) -> dict[str, Any]:
        """All batches that are left, as far as it gets."""
        steps = self.steps()
        self.check_minions([host for step in steps for host in step.hosts])
        if not self.test:
            self.record.start(self.options)
        try:
            code, message = self.all_of(steps)
        except BaseException as error:
            why = str(error) if isinstance(error, Refused) else type(error).__name__
            if isinstance(error, Refused):
                error.has_begun = True
            self.close("failed" if isinstance(error, Exception) else "interrupted", why)
            raise
        outcome = {DONE: "done", WAITING: "waiting", LOST: "lost"}[code]
        self.close(outcome, message)
        return {"outcome": outcome, "message": message, "batches": self.came, "lost": self.lost, "retcode": code}

    def close(self, outcome: str, why: str) -> None:
        """Records the end. If the record cannot be written, the next run finds that this process has ended."""
        try:
            if outcome != "done":
                self.record.add("stop", why)
            self.record.add("end", outcome)
        except Refused as refused:
            self.say(f"the end is not recorded: {refused}")
        if outcome != "done" and not self.test:
            for sls in self.options.get("on_stop", []):
                self.hook(sls, "on_stop", None, [], {"outcome": outcome, "why": why})

    def steps(self) -> list[Step]:
        """What is left to do, in order."""
        chosen, status = self.chosen(), self.record.status()
        known = {batch["group"]: batch for batch in status["batches"]}
        way = "back" if self.back_to else "forward"
        steps = []
        for batch in chosen:
            of: dict[str, Any] = known.get(batch.group, {})
            of = of if of.get("direction") == way else {}
            if self.record.frozen is not None and self.back_to and batch.group not in status["to_go_back"]:
                continue
            if of.get("state") == "done" and not self.back_to:
                self.came[batch.group] = "was done before"
                continue
            done = set(of.get("done", []))
            hosts = [host for host in batch.hosts if host not in done]
            begun, approved = bool(of), known.get(batch.group, {}).get("approved_by") is not None
            steps.append(Step(batch, hosts, bool(done), begun, approved, self.done_since(batch, known)))
        return steps

    def done_since(self, batch: Batch, known: dict[str, Any]) -> str | None:
        """When the batch before this one was done, by the record."""
        index = self.batches.index(batch)
        before: dict[str, Any] = known.get(self.batches[index - 1].group, {}) if index > 0 else {}
        return before.get("since") if before.get("state") == "done" else None

    def chosen(self) -> list[Batch]:
        """The batches that the options name, in the order of the run."""
        batches = self.batches[::-1] if self.back_to else self.batches
        stages = [batch.stage for batch in batches]
        if not batches:
            raise Refused(f"version {self.version} has no batches")
        if self.record.frozen is not None and "from" in self.options:
            raise Refused("`from` has no effect on a frozen plan, whose record says what is done: leave it out")
        first, last = self.options.get("from", stages[0]), self.options.get("to", stages[-1])
        if first not in stages or last not in stages:
            raise Refused(f"`from` and `to` are batches of version {self.version}: {', '.join(stages)}")
        if stages.index(first) > stages.index(last):
            raise Refused(f"{first} comes after {last} in {', '.join(stages)}")
        return batches[stages.index(first) : stages.index(last) + 1]

    def check_minions(self, hosts: list[str]) -> None:
        """Salt passes over an id that it does not know, and the batch would count as done."""
        if self.options.get("ssh"):
            roster = salt.roster.Roster(self.ssh_opts(), self.options.get("roster", __opts__.get("roster") or "flat"))
            known, what = set(roster.targets(hosts, "list")), "entry in the roster for"
        else:
            known, what = set(salt.key.get_key(__opts__).list_status("accepted")["minions"]), "accepted key of"
        missing = [host for host in hosts if host not in known]
        if missing:
            more = "" if len(missing) <= 10 else f" and {len(missing) - 10} more"
            raise Refused(f"there is no {what} {', '.join(missing[:10])}{more}; Salt would skip them")

    def ssh_opts(self) -> dict[str, Any]:
        opts: dict[str, Any] = salt.config.client_config(__opts__["conf_file"])
        if "roster_file" in self.options:
            opts["roster_file"] = self.options["roster_file"]
        return opts

    def all_of(self, steps: list[Step]) -> tuple[int, str]:
        """Goes through the steps; the exit code, and what is to be said at the end."""
        lost = ""
        for number, step in enumerate(steps):
            if not self.back_to and not self.test:
                if not self.is_approved(step, number == 0):
                    self.came[step.batch.group] = "waits for approval"
                    return WAITING, self.to_go_on(step.batch)
                self.bake(step, number)
            if not self.one(step):
                lost = lost or f"stopped at {step.batch.group}"
                if not self.back_to:
                    return LOST, f"{lost}: {self.how_many(len(self.lost))} lost"
        if lost:
            return LOST, f"went back past lost minions: {', '.join(self.lost)}"
        if self.test:
            return DONE, "a test: nothing was changed"
        return DONE, f"all done: {self.back_to or self.version}"

    def is_approved(self, step: Step, is_first: bool) -> bool:
        index, approved = self.batches.index(step.batch), self.options.get("approved", [])
        if index == 0 or not self.asks_after(index - 1):
            return True
        named = [approved] if isinstance(approved, str) else approved
        if named is True or (isinstance(named, list) and {step.batch.stage, step.batch.group} & set(named)):
            return True
        # Without a record, a batch is approved by whoever says to begin there.
        return step.begun or step.approved or (is_first and self.options.get("from") == step.batch.stage)

    def asks_after(self, index: int) -> bool:
        ask = self.batches[index].ask
        return ask if ask is not None else self.approval == "each_batch" or (self.approval == "after_canary" and index == 0)

    def to_go_on(self, batch: Batch) -> str:
        frozen = self.record.frozen
        if frozen is None:
            return f'waiting for approval of {batch.stage}; to go on, give from={batch.stage}'
        return f"waiting for approval of {batch.group}; to go on: regal-inventory approve --plan {frozen['file']} {batch.group}, then the same call"

    def bake(self, step: Step, number: int) -> None:
        """Watches the batch before this one for what is left of its time."""
        index = self.batches.index(step.batch)
        before = self.batches[index - 1] if index > 0 else None
        # Without a record nobody knows when an earlier run ended, and with one that this batch had begun.
        if before is None or not before.bake or (number == 0 and step.since is None) or step.begun:
            return
        left = before.bake - _seconds_since(step.since) if step.since else before.bake
        if left > 0:
            self.say(f"{before.group} is watched for {left} s")
            self.record.add("bake", before.group, str(before.bake))
            time.sleep(left)

    def one(self, step: Step) -> bool:
        """One batch with its hooks; whether it is done."""
        batch, hosts = step.batch, step.hosts
        self.say(f"{batch.group}: {', '.join(hosts) or 'nobody is left'}")
        self.record.add("begin", batch.group, *(["--rest"] if step.rest else []))
        before = self.hooks("before", batch, hosts)
        lost = {} if before is None else dict.fromkeys(hosts, before)
        good: list[str] = []
        size = _slice_size(self.options.get("batch"), len(hosts))
        for start in range(0, len(hosts), max(size, 1)):
            if lost:
                break
            part = hosts[start : start + size]
            failed = self.apply(batch, part)
            lost.update(failed)
            good.extend(host for host in part if host not in failed)
        step_of = "before" if before is not None else "state"
        after = self.hooks("after", batch, good) if good or not hosts else None
        if after is not None:
            lost.update(dict.fromkeys(good or batch.hosts, after))
            good, step_of = [], "after"
        return self.keep(step, good, lost, step_of)

    def keep(self, step: Step, good: list[str], lost: dict[str, str], step_of: str) -> bool:
        """Records what became of a batch."""
        group, is_done = step.batch.group, not lost and len(good) == len(step.hosts)
        for message in dict.fromkeys(lost.values()):
            self.record.add_hosts("lost", group, [host for host in lost if lost[host] == message], "--step", step_of, "--message", message)
        if is_done:
            # All that the plan of today has: a host that is gone from it is not said to be done.
            self.record.add_hosts("done", group, good or step.batch.hosts, "--let-pass")
        else:
            self.record.add_hosts("done", group, good)
        self.lost.update(lost)
        self.came[group] = f"done: {self.how_many(len(good))}" if is_done else f"lost: {self.how_many(len(lost))}, {len(good)} done"
        self.say(f"{group} {self.came[group]}")
        return is_done

    def apply(self, batch: Batch, hosts: list[str]) -> dict[str, str]:
        """Brings minions to the version; those that are lost, with why."""
        release = {"version": self.back_to or self.version, "batch": batch.stage, "group": batch.group}
        kwarg: dict[str, Any] = {"pillar": {"rollout": release}}
        kwarg |= {key: self.options[key] for key in ("saltenv", "pillarenv", "test", "queue") if key in self.options}
        fun = "state.highstate" if self.options.get("highstate") else "state.sls"
        arg = [] if self.options.get("highstate") else [",".join(self.options["sls"])]
        timeout = self.options.get("timeout")
        try:
            if self.options.get("ssh"):
                client = salt.client.ssh.client.SSHClient(__opts__["conf_file"])
                roster = {key: self.options[key] for key in ("roster", "roster_file") if key in self.options}
                answers = client.cmd(hosts, fun, arg, timeout, "list", kwarg=kwarg, **roster)
            else:
                with salt.client.get_local_client(mopts=__opts__) as client:
                    answers = client.cmd(hosts, fun, arg, timeout, "list", kwarg=kwarg, full_return=True)
        except salt.exceptions.SaltException as error:
            return dict.fromkeys(hosts, _cut(f"{type(error).__name__}: {error}"))
        failed = {host: _fault(answers.get(host)) for host in hosts}
        return {host: why for host, why in failed.items() if why is not None}

    def hooks(self, name: str, batch: Batch, hosts: list[str]) -> str | None:
        """Runs the orchestrations of a hook; which one failed."""
        for sls in [] if self.test else self.options.get(name, []):
            if not self.hook(sls, name, batch, hosts, {}):
                return f"the orchestration {sls} failed"
        return None

    def hook(self, sls: str, name: str, batch: Batch | None, hosts: list[str], more: dict[str, str]) -> bool:
        told = {"version": self.back_to or self.version, "hook": name, "hosts": hosts, **more}
        if batch is not None:
            told |= {"batch": batch.stage, "group": batch.group}
        keys = {key: self.options[key] for key in ("saltenv", "pillarenv") if key in self.options}
        result = __salt__["state.orchestrate"](sls, pillar={"rollout": told}, **keys)
        if result["retcode"] != 0:
            self.event.fire_event({"data": result["data"], "outputter": "highstate"}, "progress")
        return bool(result["retcode"] == 0)

    @staticmethod
    def how_many(minions: int) -> str:
        return f"{minions} minion" if minions == 1 else f"{minions} minions"

    def say(self, message: str) -> None:
        """Tells whoever called, while it goes on."""
        self.event.fire_event({"message": message}, "progress")


def _version(versions: dict[str, Any], version: str | None) -> str:
    there = ", ".join(versions)
    if not versions:
        raise Refused("the plan is empty")
    if version is None and len(versions) > 1:
        raise Refused(f"say which version: the plan has {there}")
    version = version if version is not None else next(iter(versions))
    if version not in versions:
        raise Refused(f"the plan has no version {version}; it has {there}")
    return version


def _seconds_since(at: str) -> int:
    """Whole seconds since a time of the record; none where the clock was set back."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return max(0, int((now - datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))).total_seconds()))


def _fault(answer: Any) -> str | None:
    """Why a minion is lost, by what it answered: only a result of each of its states that is not False counts as done."""
    if answer is None:
        return "it did not answer"
    states = answer.get("ret", answer.get("return", answer)) if isinstance(answer, dict) else answer
    if isinstance(states, dict) and not answer.get("failed") and salt.utils.state.check_result(states):
        return None
    if states == {}:
        return "no state was applied"
    if isinstance(states, list):
        return _cut("; ".join(map(str, states)))
    if not isinstance(states, dict):
        return _cut(f"it answered {states}")
    failed = [state for state in states.values() if isinstance(state, dict) and state.get("result") is False]
    said = "; ".join(f"{state.get('__id__', state.get('name'))}: {state.get('comment')}" for state in failed)
    return _cut(said or str(states.get("stderr") or states))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
