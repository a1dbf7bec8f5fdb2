// What an app's platform brings: HTTP to a node, a way to a card, keys in a key store.

package example

import java.io.DataInputStream
import java.io.IOException
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.security.KeyFactory
import java.security.Signature
import java.security.spec.EdECPrivateKeySpec
import java.security.spec.NamedParameterSpec
import java.time.Duration
import java.util.HexFormat
import jp.musubi.sdk.*
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** A node's JSON-RPC over HTTP. */
class HttpNode(private val url: String) : NodeConnection {
    private val client = HttpClient.newHttpClient()

    override suspend fun post(body: ByteArray): ByteArray = withContext(Dispatchers.IO) {
        val request = HttpRequest.newBuilder(URI(url))
            .header("content-type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build()
        try {
            client.send(request, HttpResponse.BodyHandlers.ofByteArray()).body()
        } catch (cause: IOException) {
            throw ConnectionException.Unreachable("$url: $cause")
        }
    }
}

/** A card behind a TCP socket, in the place of a phone's NFC: two bytes of length, then the command or response. */
class SocketCard(address: String) : CardTransport {
    private val socket = address.split(":").let { (host, port) -> Socket(host, port.toInt()) }
    private val answers = DataInputStream(socket.getInputStream())
    var ended = 0
        private set

    override suspend fun transceive(command: ByteArray): ByteArray = withContext(Dispatchers.IO) {
        try {
            socket.getOutputStream().write(byteArrayOf((command.size shr 8).toByte(), command.size.toByte()) + command)
            ByteArray(answers.readUnsignedShort()).also(answers::readFully)
        } catch (cause: IOException) {
            throw CardTransportException.Removed()
        }
    }

    override fun endField() {
        ended += 1
        socket.close()
    }
}

/** An Ed25519 key in the platform's provider; the SDK sees its account and hands over what is to be signed. */
class PlatformSigner(private val account: String, seed: ByteArray) : Signer {
    private val key = KeyFactory.getInstance("Ed25519").generatePrivate(EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed))

    override fun account() = account

    override suspend fun sign(payload: ByteArray): ByteArray = Signature.getInstance("Ed25519").run {
        initSign(key)
        update(payload)
        sign()
    }
}

/** A record key whose use the app watches over, such as one that asks for a fingerprint first. */
class WatchedRecordKey(private val key: RecordKey) : RecordKey {
    var uses = 0
        private set

    override fun publicKey() = key.publicKey()

    override suspend fun unwrap(wrapped: WrappedKey): ByteArray {
        uses += 1
        return key.unwrap(wrapped)
    }
}

fun hex(text: String): ByteArray = HexFormat.of().parseHex(text.removePrefix("0x"))

fun hex(bytes: ByteArray): String = HexFormat.of().formatHex(bytes)

fun must(condition: Boolean, what: () -> String) {
    if (!condition) throw AssertionError("expected: ${what()}")
}

/** Runs what must fail with this very error, and gives it. */
inline fun <reified E : Exception> refused(action: () -> Unit): E {
    try {
        action()
    } catch (error: Exception) {
        if (error is E) return error
        throw error
    }
    throw AssertionError("expected: ${E::class.java.name}")
}
