"""What an app's platform brings: HTTP to a node, and a way to a card."""

import asyncio
import urllib.error
import urllib.request

import musubi


class HttpNode(musubi.NodeConnection):
    """A node's JSON-RPC over HTTP."""

    def __init__(self, url):
        self._url = url

    async def post(self, body):
        return await asyncio.to_thread(self._post, body)

    def _post(self, body):
        request = urllib.request.Request(self._url, body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()
        except (urllib.error.URLError, TimeoutError) as cause:
            raise musubi.ConnectionError.Unreachable(f"{self._url}: {cause}") from cause


class SocketCard(musubi.CardTransport):
    """A card behind a TCP socket, in the place of a phone's NFC: two bytes of length, then the command or response."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self.ended = 0

    @classmethod
    async def touch(cls, address):
        host, port = address.split(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def transceive(self, command):
        try:
            self._writer.write(len(command).to_bytes(2, "big") + command)
            length = int.from_bytes(await self._reader.readexactly(2), "big")
            return await self._reader.readexactly(length)
        except (OSError, EOFError) as cause:
            raise musubi.CardTransportError.Removed() from cause

    def end_field(self):
        self.ended += 1
        self._writer.close()
