#if Proxy
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LoginProxy

@Suite("What connections leave behind", .timeLimit(.minutes(3)))
struct EndedConnectionTests {
    enum Ending: String, CaseIterable, Sendable {
        case clientLeaves, clientLeavesDuringLogin, serverLeaves, loginRefused, queryCanceled, proxyEnds

        var isInSession: Bool { self != .clientLeavesDuringLogin && self != .loginRefused }
    }

    @Test("No channel and no handler outlives its connection, however it ends", arguments: Ending.allCases)
    func lifetimes(_ ending: Ending) async throws {
        let mayEnd = Flag()
        let server = try await ScriptedServer.start { try await Self.serve($0, ending, mayEnd) }
        var limits = ProxyLimits()
        // The proxy waits for the server's word on a token that it has sent, for the record.
        if ending == .clientLeavesDuringLogin { limits.connectTimeout = .seconds(15) }
        let route = try await RunningRoute(try await server.upstream(), limits: limits)
        let client = try await WireEnd.connect(to: route.address)
        try await client.send(Packet.startup(user: "app"))
        if ending.isInSession {
            #expect(try await comesTrue { client.received.suffix(Message.ready.count) == Message.ready[...] })
        }
        #expect(try await comesTrue { try await route.objects().count >= 5 })
        let objects = try await route.objects()
        mayEnd.raise()
        switch ending {
        case .clientLeaves, .clientLeavesDuringLogin: client.close()
        case .serverLeaves, .loginRefused: break
        case .proxyEnds: route.server.open.endAll()
        case .queryCanceled:
            let second = try await WireEnd.connect(to: route.address)
            try await second.send(Packet.cancel(77, [1, 2, 3, 4]))
            _ = try await second.readToEnd()
            client.close()
        }
        _ = try await client.readToEnd()
        client.close()
        let left = try await comesTrue { objects.allSatisfy(\.isGone) }
        #expect(left, "\(objects.filter { !$0.isGone }.map(\.name))")
        #expect(try await comesTrue { route.server.open.all.isEmpty })
        #expect(
            try await comesTrue { route.server.cancels.count == 0 && route.server.status.openConnections == 0 }
        )
        await route.stop()
        try await server.stop()
    }

    /// What the server does with one connection.
    @Sendable
    private static func serve(_ end: WireEnd, _ ending: Ending, _ mayEnd: Flag) async throws {
        let packet = try await Login.begin(end)
        guard packet[4...].bigEndianValue != 80_877_102 else { return end.close() }
        _ = try await Login.password(end)
        if ending.isInSession { try await end.send(Message.accepted + Message.key(77, [1, 2, 3, 4]) + Message.ready) }
        _ = try await comesTrue { mayEnd.isRaised || end.isClosed }
        if ending == .loginRefused { try await end.send(Message.refusal("28000")) }
        if ending != .serverLeaves { _ = try await end.readToEnd() }
        end.close()
    }
}

/// Something that has happened, or not yet.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() { value.store(true, ordering: .releasing) }
}
#endif
