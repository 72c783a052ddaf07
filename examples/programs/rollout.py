"""Runs a command on each host of a plan, a batch at a time and all hosts of a batch at once.

    regal-inventory export ndjson | python3 rollout.py ssh {address} sudo deploy {version}

{host}, {address}, {version} and {batch} are filled in. Stops after the first batch with a failure, with exit code 1. Needs Python's
own library only.
"""

import asyncio
import json
import sys


def read(lines):
    """The batches of a whole stream: without its end nothing is begun."""
    documents = [json.loads(line) for line in lines]
    batches = [document for document in documents if document["type"] == "batch"]
    if not documents or documents[-1] != {"type": "end", "schema": 1, "batches": len(batches)}:
        sys.exit("rollout.py: the plan is cut off, or of another schema")
    return batches


async def run(command):
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    return await process.wait()


async def main(command):
    for batch in read(sys.stdin):
        names = f"{batch['version']} {batch['name']}"
        print(f"== {names}: {', '.join(batch['hosts'])}", flush=True)
        values = {"version": batch["version"], "batch": batch["name"]}
        calls = [
            [word.format(host=host, address=address, **values) for word in command]
            for host, address in zip(batch["hosts"], batch["addresses"])
        ]
        codes = await asyncio.gather(*map(run, calls))
        failed = [host for host, code in zip(batch["hosts"], codes) if code]
        if failed:
            sys.exit(f"rollout.py: stopped at {names}, which failed on {', '.join(failed)}")


asyncio.run(main(sys.argv[1:]))
