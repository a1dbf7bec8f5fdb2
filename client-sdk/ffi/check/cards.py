"""Emulated My Number Cards behind TCP ports, one fresh card for each touch.

The emulator's card is itself a TCP client (the protocol of vpcd); this stands between it and whoever touches.
"""

import socket
import subprocess
import threading

# The emulator adds its slot's number to this port.
FIRST_PORT = 35_963
# Far above the slots that a PC/SC stack on this machine would use.
FIRST_SLOT = 400
POWER_ON = b"\x00\x01\x01"
# As long as no card takes.
PATIENCE_SECONDS = 30


class Cards:
    def __init__(self, binary, folder, names):
        subprocess.run([binary, "card", "make-test-cards", folder], check=True, capture_output=True)
        self._emulator = subprocess.Popen(
            [binary, "card", "emulator-console"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self.addresses = {}
        for slot, name in enumerate(names, FIRST_SLOT):
            touches = socket.create_server(("127.0.0.1", 0))
            self.addresses[name] = "127.0.0.1:%d" % touches.getsockname()[1]
            reader = socket.create_server(("127.0.0.1", FIRST_PORT + slot))
            serve = (touches, reader, f"insert {slot} none 0 {folder}/cards/{name}.card\n")
            threading.Thread(target=self._serve, args=serve, daemon=True).start()

    def _serve(self, touches, reader, insert):
        while True:
            person, _ = touches.accept()
            self._emulator.stdin.write(insert)
            self._emulator.stdin.flush()
            card, _ = reader.accept()
            for end in (person, card):
                end.settimeout(PATIENCE_SECONDS)
            card.sendall(POWER_ON)
            threading.Thread(target=carry, args=(card, person), daemon=True).start()
            carry(person, card)

    def stop(self):
        self._emulator.stdin.close()
        self._emulator.wait(timeout=60)


def carry(source, sink):
    """Carries bytes until one side is gone, and takes the other with it."""
    try:
        while part := source.recv(4096):
            sink.sendall(part)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
