"""Cases: files in a folder, and the sources to read them by."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import random

import texts
from pools import FILE_ENDINGS, GROUPS, HOSTS, ODD_ENDINGS, Pick


@dataclasses.dataclass
class Case:
    """A folder's files, and what is given with `-i`, relative to it."""

    files: dict[str, str] = dataclasses.field(default_factory=dict)
    scripts: set[str] = dataclasses.field(default_factory=set)
    sources: list[str] = dataclasses.field(default_factory=list)
    encodings: dict[str, str] = dataclasses.field(default_factory=dict)

    def write(self, folder: pathlib.Path) -> None:
        """Writes the files into a folder."""
        for name, text in self.files.items():
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode(self.encodings.get(name, "utf-8"), "surrogateescape"))
            except OSError:  # a file and a folder of one name: the first stays
                continue
            if name in self.scripts:
                path.chmod(0o755)
        for source in self.sources:
            if source.endswith("/"):
                (folder / source).mkdir(parents=True, exist_ok=True)


def generate(seed: str) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)
    pick = Pick(rng, rng.choice([0.0, 0.02, 0.05, 0.1, 0.2]))
    case = Case()
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        add_source(case, pick)
    for name in case.files:
        if pick.odd(0.05) and name not in case.scripts:
            case.encodings[name] = pick.of(["latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
            case.files[name] = "# caf\u00e9\n" + "".join(c for c in case.files[name] if ord(c) < 256)
        elif pick.odd(0.1):  # bytes that are not UTF-8
            case.files[name] = pick.of(["# caf\udce9\n", "; caf\udce9\n", " # caf\udce9\n", "v: caf\udce9 # c\n", "#\udcff\udcfe\r"]) + case.files[name]
    return case


def add_source(case: Case, pick: Pick) -> None:
    """A file or a directory, with vars files beside it."""
    number = len(case.sources)
    if pick.chance(0.02):
        hosts = [host for host in (pick.host() for _ in range(1 + pick.count(3))) if host[0] != "-"]
        case.sources.append(",".join([*hosts, "web1", ""]))
    elif pick.chance(0.3):
        folder = f"dir{number}/"
        for _ in range(1 + pick.count(3)):
            add_file(case, pick, folder + pick.of(["a", "b", "hosts", "sub/a", "sub/b", "sub/deep/x", "README", "group_vars.d/x", ".hidden"]))
        case.sources.append(folder)
        add_vars(case, pick, folder)
        if pick.chance(0.2):
            add_vars(case, pick, folder + "sub/")  # not beside a source: never read
    else:
        folder = f"src{number}/" if pick.chance(0.4) else ""
        case.sources.append(add_file(case, pick, f"{folder}hosts{number}"))
        add_vars(case, pick, folder)


def add_file(case: Case, pick: Pick, name: str) -> str:
    """An inventory file; gives its name."""
    kind = pick.rng.random()
    if kind < 0.45:
        name += pick.of(["", "", ".ini", ".cfg" if "dir" not in name else ".ini"], ODD_ENDINGS + FILE_ENDINGS)
        case.files[name] = texts.ini(pick)
    elif kind < 0.85:
        name += pick.of(FILE_ENDINGS, ODD_ENDINGS)
        case.files[name] = texts.yaml(pick)
    else:
        name += pick.of(["", ".py", ".sh", ".yml"])
        case.files[name] = texts.script(pick)
        case.scripts.add(name)
    if pick.odd(0.05):
        case.files[name] = pick.rng.choice(["", "\n", "# c\n", "\ufeff", " ", "\x00", "[g]\n", "---\n", '{"all": {"hosts": {"web1": {"v": 1}}}}', "{\n", "{}"])
    return name


def add_vars(case: Case, pick: Pick, folder: str) -> None:
    """group_vars and host_vars."""
    if not pick.chance(0.6):
        return
    for _ in range(1 + pick.count(4)):
        if pick.chance(0.65):
            name = f"{folder}group_vars/" + pick.of(["all", "all", "ungrouped", *GROUPS], ["a/b", "größe", "..", "regal", "web1"])
        else:
            name = f"{folder}host_vars/" + pick.of(HOSTS, ["a/b", "héte", "10.0.0.3", "2001:db8::1", "g1", "localhost"])
        if pick.chance(0.25):
            name += pick.of(["/", "/", ".yml/", ".d/"]) + pick.of(["a", "b", "main", "sub/x", "sub/y", ".hidden", "x.y/z"])
        case.files[name + pick.of(FILE_ENDINGS, ODD_ENDINGS)] = texts.vars_file(pick)


def load(folder: pathlib.Path) -> Case:
    """A case that was written out, to be replayed where it lies."""
    return Case(sources=json.loads((folder / "sources.json").read_text(encoding="utf-8")))
