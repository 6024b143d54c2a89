#if Proxy
import CLibcrypto
import RDSIAMBasics
import RDSIAMHashing
import RDSIAMSystem

/// What a server knows of a password with SCRAM-SHA-256: enough to check it, too little to log in elsewhere with it.
public struct SCRAMVerifier: Sendable {
    let salt: [UInt8]
    let iterations: Int
    private let storedKey: [UInt8]
    private let serverKey: [UInt8]

    /// How often the password is hashed: PostgreSQL's own default (`scram_iterations`).
    static let standardIterations = 4096
    /// The counts that a verifier may state.
    ///
    /// The client does the work, and a huge count would stall it.
    static let iterationRange = 4096...1_000_000

    /// Derives the verifier of a password.
    ///
    /// - Parameter password: At most 256 characters of printable ASCII. Other characters would need the normal forms
    ///   of SASLprep, which not every client applies.
    /// - Throws: ``LocalListenerError`` with the code `passwordFile`; `system` if OpenSSL refuses.
    public init(password: String) throws {
        try self.init(password: password, salt: SystemRandom.bytes(16), iterations: Self.standardIterations)
    }

    init(password: String, salt: [UInt8], iterations: Int) throws {
        let bytes = Array(password.utf8)
        guard (1...256).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw LocalListenerError(
                .passwordFile,
                "The local password must have 1 to 256 characters, all of them printable ASCII. Choose another one."
            )
        }
        let salted = try Self.hash(bytes, salt, iterations)
        do {
            let key = try HMACKey(salted)
            var clientKey = try key.code(of: Array("Client Key".utf8))
            defer { clientKey.wipe() }
            self.salt = salt
            self.iterations = iterations
            storedKey = try SHA256Digest.hash(clientKey.bytes).bytes
            serverKey = try key.code(of: Array("Server Key".utf8)).bytes
        }
    }

    /// Hi() of RFC 5802, which is PBKDF2 with one block.
    private static func hash(_ password: [UInt8], _ salt: [UInt8], _ iterations: Int) throws -> [UInt8] {
        var salted = [UInt8](repeating: 0, count: 32)
        let done = password.withUnsafeBytes { password in
            PKCS5_PBKDF2_HMAC(
                password.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(password.count),
                salt,
                Int32(salt.count),
                Int32(iterations),
                SHA256Digest.algorithm,
                32,
                &salted
            )
        }
        guard done == 1 else { throw SHA256Digest.Unavailable() }
        return salted
    }

    /// Reads PostgreSQL's text form, `SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY`, or returns `nil`.
    ///
    /// - Parameter text: As it stands in `pg_authid.rolpassword`.
    public init?(text: String) {
        let parts = text.splitBytes(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isBytewiseEqual(to: SCRAMExchange.mechanism) else { return nil }
        let (first, keys) = (
            parts[1].splitBytes(separator: ":", omittingEmptySubsequences: false),
            parts[2].splitBytes(separator: ":", omittingEmptySubsequences: false)
        )
        guard first.count == 2, keys.count == 2, let iterations = Int(first[0]),
            Self.iterationRange.contains(iterations), let salt = Data(base64Encoded: first[1]),
            (8...64).contains(salt.count), let stored = Data(base64Encoded: keys[0]), stored.count == 32,
            let server = Data(base64Encoded: keys[1]), server.count == 32
        else { return nil }
        self.salt = Array(salt)
        self.iterations = iterations
        storedKey = Array(stored)
        serverKey = Array(server)
    }

    /// PostgreSQL's text form.
    ///
    /// It holds keys that check a password, so it goes into no log.
    var text: String {
        let keys = [storedKey, serverKey].map { Data($0).base64EncodedString() }.joined(separator: ":")
        return "\(SCRAMExchange.mechanism)$\(iterations):\(saltText)$\(keys)"
    }

    var saltText: String { Data(salt).base64EncodedString() }

    /// Returns the server's signature of a text, or `nil` if the client's proof of it is false.
    ///
    /// - Parameters:
    ///   - text: AuthMessage of RFC 5802.
    ///   - proof: ClientProof, 32 bytes.
    func signature(of text: [UInt8], provedBy proof: [UInt8]) -> [UInt8]? {
        do {
            let clientSignature = try HMACKey(storedKey).code(of: text).bytes
            let clientKey = zip(clientSignature, proof).map { $0 ^ $1 }
            let found = try SHA256Digest.hash(clientKey).bytes
            guard found.count == storedKey.count, CRYPTO_memcmp(found, storedKey, storedKey.count) == 0 else {
                return nil
            }
            return try HMACKey(serverKey).code(of: text).bytes
        } catch {
            // Without SHA-256 nothing is proved.
            return nil
        }
    }
}

extension SCRAMVerifier: CustomStringConvertible, CustomReflectable {
    /// Says nothing about the keys.
    public var description: String { "SCRAMVerifier(iterations: \(iterations), keys: [redacted])" }
    /// Shows nothing of the keys.
    public var customMirror: Mirror { Mirror(self, children: ["iterations": iterations]) }
}

/// Random bytes from libcrypto.
enum SystemRandom {
    static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // If libcrypto has none, the operating system's generator takes its place; it never fails.
        if RAND_bytes(&bytes, Int32(count)) != 1 {
            var generator = SystemRandomNumberGenerator()
            for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
        }
        return bytes
    }
}
#endif
