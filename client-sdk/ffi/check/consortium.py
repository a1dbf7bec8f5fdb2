"""The demonstration as a process: started on ports of its own, watched until its story is told, stopped at the end."""

import json
import subprocess

# The demonstration tells two children's stories; each ends with an audit.
STORIES = 2


class Consortium:
    def __init__(self, binary, folder, port):
        command = [binary, "demo", "--json", "--folder", folder, "--ports", str(port)]
        self._binary, self.folder, self.address = binary, folder, f"http://127.0.0.1:{port}"
        self._log = open(f"{folder}.log", "w", encoding="utf-8")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)

    def wait_for_the_story(self):
        """Reads the story to its end; gives the pseudonym of the last child."""
        bundles = []
        for line in self._process.stdout:
            step = json.loads(line) if line.startswith("{") else {}
            if step.get("step") == "audit":
                bundles.append(step["proof"])
            if len(bundles) == STORIES:
                return whole_trail(bundles[-1])
        raise SystemExit(f"the demonstration ended before its story: see {self._log.name}")

    def genesis(self):
        """Block 0 and its validators, out of the consortium's specification: a reader asks no node for what it trusts."""
        command = [self._binary, "spec", "genesis", f"{self.folder}/chain-spec.json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def seed(self, member, key):
        """Seed of a member's Ed25519 key, out of its PKCS #8 file."""
        command = ["openssl", "pkey", "-in", f"{self.folder}/members/{member}/{key}.pem", "-outform", "DER"]
        return subprocess.run(command, check=True, capture_output=True).stdout[-32:].hex()

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=60)
        self._log.close()


def whole_trail(bundle):
    with open(bundle, encoding="utf-8") as file:
        statements = json.load(file)["statements"]
    return next(statement["subject"] for statement in statements if statement["kind"] == "whole-trail")
