#if Proxy
import Foundation
import Logging
import NIOPosix
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Memory that sessions have left", .timeLimit(.minutes(3)))
struct FreedMemoryTests {
    #if canImport(Glibc)
    @Test("Memory that nothing holds goes back to the operating system after many connections have closed")
    func release() async {
        await #expect(processExitsWith: .success) {
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            let log = LogLines()
            let memory = FreedMemory(logger: Logger(label: "memory") { _ in log })
            // Between the free blocks some are held, so that the allocator does not return them by itself.
            let held = Self.fragments(count: 6000, size: 32_768)
            defer { held.forEach { free($0) } }
            let before = try Self.residentBytes()
            for _ in 1..<FreedMemory.enough { memory.connectionClosed(on: loop) }
            #expect(log.all.isEmpty)
            memory.connectionClosed(on: loop)
            #expect(try await comesTrue { try Self.residentBytes() < before - (150 << 20) })
            let isLogged = try await comesTrue {
                log.all.count == 1 && log.all[0].contains("connections=\(FreedMemory.enough)")
            }
            #expect(isLogged)
        }
    }

    /// Takes blocks, uses and frees every second one, and returns the others.
    ///
    /// All are of one size: smaller ones between them could come from what is free already, and lie elsewhere.
    private static func fragments(count: Int, size: Int) -> [UnsafeMutableRawPointer] {
        let blocks = (0..<2 * count).compactMap { _ in malloc(size) }
        for index in stride(from: 0, to: blocks.count, by: 2) {
            memset(blocks[index], 1, size)
            free(blocks[index])
        }
        return stride(from: 1, to: blocks.count, by: 2).map { blocks[$0] }
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
    }
    #endif

    @Test("A proxy counts its connections, also those that were refused, and returns their memory once")
    func connections() async throws {
        let server = try await ScriptedServer.start { $0.close() }
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: TokenMint().issuer())
        for _ in 0..<FreedMemory.enough {
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "mallory"))
            _ = try await client.readToEnd()
            client.close()
        }
        let isReturned = try await comesTrue { proxy.log.all.contains { $0.contains("memory returned") } }
        #expect(isReturned)
        #expect(proxy.log.all.filter { $0.contains("memory returned") }.count == 1)
        try await proxy.stop()
        try await server.stop()
    }
}
#endif
