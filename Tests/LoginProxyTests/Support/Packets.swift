#if Proxy
import Foundation

@testable import LoginProxy

/// The packets and messages that tests send, built by hand.
enum Packet {
    static let tlsRequest: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]
    static let gssRequest: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 48]

    static func startup(_ parameters: [(String, String)], version: UInt32 = 196_608) -> [UInt8] {
        var body = version.bigEndianBytes
        for (name, value) in parameters { body += Array(name.utf8) + [0] + Array(value.utf8) + [0] }
        body.append(0)
        return UInt32(body.count + 4).bigEndianBytes + body
    }

    static func startup(user: String, database: String = "postgres") -> [UInt8] {
        startup([("user", user), ("database", database)])
    }

    static func cancel(_ process: UInt32, _ secret: [UInt8]) -> [UInt8] {
        UInt32(12 + secret.count).bigEndianBytes + UInt32(80_877_102).bigEndianBytes + process.bigEndianBytes + secret
    }
}

/// Messages of a server.
enum Message {
    static func make(_ type: Character, _ body: [UInt8]) -> [UInt8] {
        [type.asciiValue ?? 0] + UInt32(body.count + 4).bigEndianBytes + body
    }

    static func authentication(_ code: UInt32, _ more: [UInt8] = []) -> [UInt8] {
        make("R", code.bigEndianBytes + more)
    }

    static let passwordRequest = authentication(3)
    static let accepted = authentication(0)
    static let ready = make("Z", [UInt8(ascii: "I")])

    static func key(_ process: UInt32, _ secret: [UInt8]) -> [UInt8] { make("K", process.bigEndianBytes + secret) }

    static func error(_ fields: [(Character, String)]) -> [UInt8] {
        var body: [UInt8] = []
        for (code, text) in fields { body += [code.asciiValue ?? 0] + Array(text.utf8) + [0] }
        return make("E", body + [0])
    }

    static func refusal(_ sqlState: String, _ text: String = "no") -> [UInt8] {
        error([("S", "FATAL"), ("V", "FATAL"), ("C", sqlState), ("M", text)])
    }

    static func negotiation(_ minor: UInt32, _ options: [String] = []) -> [UInt8] {
        var names: [UInt8] = []
        for option in options { names += Array(option.utf8) + [0] }
        return make("v", minor.bigEndianBytes + UInt32(options.count).bigEndianBytes + names)
    }
}
#endif
