#if Proxy
/// Reads what a client says before it is let in: bytes in, events out.
///
/// The rules are those of PostgreSQL's `ProcessStartupPacket`. A packet has at most 10,000 bytes, and no more than one
/// packet is ever stored.
package struct StartupReader: Sendable {
    /// What to do next.
    package enum Event: Sendable, Hashable {
        /// Read more.
        case wait
        /// Answer the request for encryption with this byte, then read more.
        case answer(UInt8)
        /// Answer `S`, and read more through TLS.
        case startTLS
        /// A client wants to log in.
        case startup(StartupPacket)
        /// A client wants to cancel a query.
        case cancel(CancelRequest)
        /// Say why, and close.
        case refuse(ClientError)
        /// Close without a word: the other side speaks another protocol, or said nothing.
        case close
    }

    /// A server's own limit (`MAX_STARTUP_PACKET_LENGTH`).
    static let longestPacket = 10_000

    static let cancelCode: UInt32 = 80_877_102
    private static let tlsCode: UInt32 = 80_877_103
    private static let gssCode: UInt32 = 80_877_104

    private let offersTLS: Bool
    private var buffer: [UInt8] = []
    private var askedForTLS = false
    private var askedForGSS = false
    /// How many bytes of the latest read follow the startup packet, and belong to the session.
    package private(set) var surplus = 0

    /// - Parameter offersTLS: Whether the answer to a request for TLS is `S`.
    package init(offersTLS: Bool = false) {
        self.offersTLS = offersTLS
    }

    /// Takes the bytes of one read.
    ///
    /// After any event but `wait`, `answer` and `startTLS` the reader is done.
    package mutating func receive(_ bytes: some Collection<UInt8>) -> Event {
        let received = buffer.count + bytes.count
        // Bytes beyond the longest packet are part of none.
        buffer += bytes.prefix(Self.longestPacket + 1 - min(buffer.count, Self.longestPacket + 1))
        guard let first = buffer.first else { return .wait }
        // TLS without a request: its first record. There is nothing to say that the client would understand.
        if first == 0x16 { return .close }
        guard buffer.count >= 4 else { return .wait }
        let length = Int64(buffer.bigEndianValue)
        guard (8...Int64(Self.longestPacket)).contains(length) else {
            return .refuse(ClientError("08P01", "invalid length of startup packet"))
        }
        guard buffer.count >= Int(length) else { return .wait }
        surplus = received - Int(length)
        return packet(Array(buffer.prefix(Int(length))), hasMore: surplus > 0)
    }

    private mutating func packet(_ packet: [UInt8], hasMore: Bool) -> Event {
        switch packet[4...].bigEndianValue {
        case Self.tlsCode: return encryption(packet, hasMore, \.askedForTLS, "SSL", offersTLS ? .startTLS : .refusal)
        case Self.gssCode: return encryption(packet, hasMore, \.askedForGSS, "GSSAPI encryption", .refusal)
        case Self.cancelCode:
            guard let request = CancelRequest(packet), !hasMore else {
                return .refuse(ClientError("08P01", "invalid length of cancel request packet"))
            }
            return .cancel(request)
        default:
            do { return .startup(try StartupPacket(packet)) } catch { return .refuse(error) }
        }
    }

    /// A request for encryption: at most one of each kind, and nothing may follow it before it is answered.
    private mutating func encryption(
        _ packet: [UInt8],
        _ hasMore: Bool,
        _ asked: WritableKeyPath<Self, Bool>,
        _ name: String,
        _ event: Event
    ) -> Event {
        guard packet.count == 8, !self[keyPath: asked] else {
            return .refuse(ClientError("08P01", "invalid or repeated \(name) request"))
        }
        guard !hasMore else {
            return .refuse(
                ClientError(
                    "08P01",
                    "received unencrypted data after \(name) request",
                    detail: "This is a fault of the client, or of something between the client and the proxy."
                )
            )
        }
        self[keyPath: asked] = true
        buffer.removeAll()
        return event
    }
}

extension StartupReader.Event {
    /// The answer to a request for encryption that there is none.
    fileprivate static var refusal: Self { .answer(UInt8(ascii: "N")) }
}
#endif
