#if Proxy
import Foundation
import RDSIAMSystem
import TestSupport
import Testing

@testable import LoginProxy

@Suite("The service manager", .timeLimit(.minutes(1)))
struct ServiceManagerTests {
    /// A datagram socket, as systemd has one.
    private struct Receiver: ~Copyable {
        let descriptor: Int32

        init(_ name: [UInt8], isAbstract: Bool) throws {
            #if canImport(Darwin)
            descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
            #else
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            #endif
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
            let start = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
            let length = start + name.count + (isAbstract ? 0 : 1)
            let result = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) }
            }
            try #require(result == 0)
        }

        deinit { close(descriptor) }

        borrowing func receive() -> String {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }

    @Test("It is told that the proxy is ready, and that it stops, on a socket with a path")
    func path() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("notify")
        let receiver = try Receiver(Array(path.utf8), isAbstract: false)
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": path]))
        #expect(manager.ready("Listening on\nA=B"))
        #expect(receiver.receive() == "READY=1\nSTATUS=Listening on A=B\n")
        #expect(manager.stopping("Draining", within: .seconds(2)))
        #expect(receiver.receive() == "STOPPING=1\nSTATUS=Draining\nEXTEND_TIMEOUT_USEC=2000000\n")
    }

    #if !canImport(Darwin)
    @Test("It is told on an abstract socket")
    func abstract() throws {
        let name = "rds-iam-test-\(UUID().uuidString)"
        let receiver = try Receiver([0] + Array(name.utf8), isAbstract: true)
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "@" + name]))
        #expect(manager.ready("x"))
        #expect(receiver.receive() == "READY=1\nSTATUS=x\n")
    }
    #endif

    @Test("Without one, or with an address that is not known, nothing is told")
    func none() {
        let long = "/" + String(repeating: "x", count: 200)
        for value in [nil, "", "@", "relative", "vsock:2:1", long] {
            #expect(ServiceManager(environment: value.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil, "\(value ?? "nil")")
        }
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": "/nowhere/notify"])?.ready("x") == false)
    }
}
#endif
