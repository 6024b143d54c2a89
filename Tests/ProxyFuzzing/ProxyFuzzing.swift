#if Proxy
import LoginProxy

/// Feeds bytes to the machines that read what strangers send, and checks what must hold whatever the bytes are.
///
/// The first byte chooses the machine and how its input is cut into reads.
public enum ProxyFuzzing {
    /// Returns what does not hold for an input, or `nil` if all does.
    public static func fault(of input: some Collection<UInt8>) -> String? {
        guard let choice = input.first else { return nil }
        let bytes = Array(input.dropFirst())
        let size = [1, 2, 3, 7, 64, 1_024, 65_536, bytes.count + 1][Int(choice >> 2) % 8]
        let reads = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        return switch choice % 4 {
        case 0: startup(bytes, reads, offersTLS: false)
        case 1: startup(bytes, reads, offersTLS: true)
        case 2: login(reads)
        default: sessionStart(bytes, reads)
        }
    }

    private static func startup(_ bytes: [UInt8], _ reads: [[UInt8]], offersTLS: Bool) -> String? {
        var reader = StartupReader(offersTLS: offersTLS)
        var answers = 0
        for read in reads {
            switch reader.receive(read) {
            case .wait: continue
            case .answer, .startTLS:
                answers += 1
                if answers > 2 { return "more than two requests for encryption were answered" }
            case .startup(let packet):
                if packet.bytes.count > 10_000 { return "a startup packet is too long" }
                if packet.bytes() != packet.bytes { return "a startup packet was changed" }
                let other = packet.bytes(user: Array("fuzz".utf8))
                var again = StartupReader()
                guard case .startup(let mapped) = again.receive(other) else {
                    return other.count > 10_000 ? nil : "a packet with another user is none"
                }
                return mapped.bytes == other ? nil : "a packet with another user was read otherwise"
            case .cancel(let request):
                return bytes.count < 16 ? "a cancel request of \(bytes.count) bytes: \(request)" : nil
            case .refuse, .close: return nil
            }
        }
        return nil
    }

    private static func login(_ reads: [[UInt8]]) -> String? {
        var login = UpstreamLogin()
        var (passwords, ends, isInTLS) = (0, 0, false)
        for read in reads {
            for action in login.receive(read) {
                if ends > 0 { return "something happens after the end" }
                switch action {
                case .startTLS:
                    if isInTLS { return "TLS starts twice" }
                    isInTLS = true
                    login.tlsStarted()
                case .sendPassword:
                    passwords += 1
                    if !isInTLS { return "the password is sent before TLS" }
                    if passwords > 1 { return "the password is sent twice" }
                case .accepted:
                    ends += 1
                    if passwords != 1 { return "a login without a password is accepted" }
                case .failed: ends += 1
                }
            }
        }
        return login.closed().count + ends == 1 ? nil : "the login has not one end"
    }

    private static func sessionStart(_ bytes: [UInt8], _ reads: [[UInt8]]) -> String? {
        var start = SessionStart()
        let keys = reads.compactMap { start.receive($0) }
        if keys.contains(where: { !(4...256).contains($0.secret.count) }) { return "a key of an impossible length" }
        return keys.count * 13 > bytes.count ? "more keys than bytes" : nil
    }
}
/// libFuzzer's entry point, which `bin/fuzz proxy --libfuzzer` builds with the address sanitizer.
///
/// In every other build it is never called.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = ProxyFuzzing.fault(of: UnsafeBufferPointer(start: start, count: count)) { fatalError(fault) }
    return 0
}
#endif
