import AWSCredentialSources
import AuthTokens
import RDSIAMBasics
import Synchronization

/// The regions that the AWS configuration names, read from its files again every few seconds.
final class ConfiguredRegions: Sendable {
    private struct Reading {
        let region: String?
        let time: Duration
    }

    private let chain: AWSRegionChain
    private let directory: AWSCredentialDirectory
    private let uptime: @Sendable () -> Duration
    private let isAsked = Atomic(false)
    private let readings = Mutex<[ByteText: Reading]>([:])

    /// How long a reading is good.
    private static let age = Duration.seconds(5)
    private static let capacity = 256

    init(_ chain: AWSRegionChain, _ directory: AWSCredentialDirectory, uptime: @escaping @Sendable () -> Duration) {
        self.chain = chain
        self.directory = directory
        self.uptime = uptime
    }

    /// Whether any region has come from here, which most never do.
    var areInUse: Bool { isAsked.load(ordering: .relaxed) }

    /// The region that was read last, if that was a moment ago.
    func cachedRegion(for request: AuthTokenRequest) -> String? {
        guard areInUse else { return nil }
        let key = ByteText(request.setting(AWSCredentialDirectory.profileKeyword) ?? "")
        return readings.withLock { $0[key] }.flatMap { uptime() - $0.time < Self.age ? $0.region : nil }
    }

    /// The region for a request, or `nil` if none is configured.
    func region(for request: AuthTokenRequest) async throws -> String? {
        isAsked.store(true, ordering: .relaxed)
        let profile = request.setting(AWSCredentialDirectory.profileKeyword)
        let key = ByteText(profile ?? "")
        if let reading = readings.withLock({ $0[key] }), uptime() - reading.time < Self.age {
            return reading.region
        }
        let chain = profile.map { AWSRegionChain(profile: $0, context: directory.context) } ?? chain
        let reading = Reading(region: try await chain.region(), time: uptime())
        readings.withLock { readings in
            // Odd connection strings must not fill the memory.
            if readings.count >= Self.capacity { readings = [:] }
            readings[key] = reading
        }
        return reading.region
    }
}
