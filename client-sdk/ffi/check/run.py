"""Runs each language's vectors and example against one demonstration consortium: run.py BINARY FOLDER PORT PROGRAM...

A program is a name and a command line. It finds what it needs in its environment, and succeeds or says what is wrong.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time

from cards import Cards
from consortium import Consortium

# An adult's card, a child's (no signing certificate), one whose secrets are locked.
CARDS = ["adult", "child", "locked"]
# Ten times what one takes on a busy machine.
PROGRAM_SECONDS_MAX = 300


def main(binary, folder, port, programs):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    consortium, cards = Consortium(binary, f"{folder}/demo", port), Cards(binary, f"{folder}/cards", CARDS)
    try:
        environment = {**os.environ, **facts(consortium, cards, folder)}
        for program in programs:
            name, *command = shlex.split(program)
            began = time.monotonic()
            subprocess.run(command, check=True, env=environment, timeout=PROGRAM_SECONDS_MAX)
            print(f"ok: {name}, {time.monotonic() - began:.1f} s", flush=True)
    finally:
        cards.stop()
        consortium.stop()


def facts(consortium, cards, folder):
    subject = consortium.wait_for_the_story()
    genesis = f"{folder}/genesis.json"
    with open(genesis, "w", encoding="utf-8") as file:
        json.dump(consortium.genesis(), file)
    return {
        "MUSUBI_NODE": f"{consortium.address}/rpc",
        "MUSUBI_GENESIS": genesis,
        "MUSUBI_SUBJECT": subject,
        "MUSUBI_SEED": consortium.seed("rusutsu", "operator"),
        **{f"MUSUBI_CARD_{name.upper()}": address for name, address in cards.addresses.items()},
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
