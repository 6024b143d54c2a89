#if Proxy
/// Watches what a server sends between its consent and its first ReadyForQuery, for the key that cancels queries.
///
/// It changes nothing, and stores at most one message. It is done after ReadyForQuery, or as soon as something is not
/// as expected.
package struct SessionStart: Sendable {
    package init() {}

    private var reader = MessageReader()
    private(set) var isDone = false

    /// Takes the bytes that go to the client, and returns the key if it is among them.
    package mutating func receive(_ bytes: some Collection<UInt8>) -> BackendKey? {
        guard !isDone else { return nil }
        reader.append(bytes)
        var key: BackendKey?
        do throws(MessageReader.InvalidLength) {
            // A server may send any notice and any parameter here.
            while let message = try reader.next(longest: { _ in 1 << 20 }) {
                if message.type == UInt8(ascii: "K") { key = BackendKey(message.body) }
                guard message.type != UInt8(ascii: "Z"), message.type != UInt8(ascii: "E") else {
                    finish()
                    break
                }
            }
        } catch {
            finish()
        }
        return key
    }

    private mutating func finish() {
        isDone = true
        reader = MessageReader()
    }
}

/// What a server wants to be told to cancel a session's query (PostgreSQL, "Message Formats", BackendKeyData).
package struct BackendKey: Sendable, Hashable {
    let process: UInt32
    /// 4 to 256 bytes.
    package let secret: [UInt8]

    init?(_ body: ArraySlice<UInt8>) {
        guard (8...260).contains(body.count) else { return nil }
        process = body.bigEndianValue
        secret = Array(body.dropFirst(4))
    }

    /// Returns whether a request names this key, in a time that does not depend on where they differ.
    func matches(_ request: CancelRequest) -> Bool {
        guard secret.count == request.secret.count else { return false }
        var difference = process ^ request.process
        for (left, right) in zip(secret, request.secret) { difference |= UInt32(left ^ right) }
        return difference == 0
    }

    /// The request that names this key.
    var cancelRequest: CancelRequest { CancelRequest(process: process, secret: secret) }
}

extension BackendKey: CustomStringConvertible, CustomReflectable {
    /// The number of the server process.
    package var description: String { "BackendKey(\(process))" }

    /// A mirror without the secret.
    package var customMirror: Mirror { Mirror(self, children: ["process": process]) }
}
#endif
