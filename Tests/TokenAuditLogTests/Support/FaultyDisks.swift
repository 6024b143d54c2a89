import FaultyDisk
import Foundation

@testable import TokenAuditLog

/// A file layer with faults, for one test.
struct FaultyFileLayer {
    let name = "faulty-" + UUID().uuidString

    init() { faulty_disk_register(name) }

    /// A configuration that writes through it.
    func configuration(_ base: AuditLogConfiguration = Logs.bare) -> AuditLogConfiguration {
        var configuration = base
        configuration.fileLayer = name
        return configuration
    }

    func syncs(_ path: String, _ suffix: String = "") -> Int { Int(faulty_disk_syncs(name, path, suffix)) }

    func limit(_ bytes: Int, reserveOf log: String, size: Int) {
        faulty_disk_limit(name, Int64(bytes), log + ".reserve", Int64(size))
    }

    func delay(_ milliseconds: Int) { faulty_disk_delay(name, Int64(milliseconds)) }

    /// Holds every synchronization until it is called with `false`.
    func hang(_ hangs: Bool) { faulty_disk_hang(name, hangs ? 1 : 0) }

    /// Returns when a synchronization is held.
    func waitUntilHung() async throws {
        while faulty_disk_hung(name) == 0 { try await Task.sleep(for: .milliseconds(1)) }
    }

    func failSyncs(_ fails: Bool) { faulty_disk_fail_syncs(name, fails ? 1 : 0) }

    /// Writes what a power cut at this moment would leave into the directory `target`.
    func cutPower(of folder: String, into target: String, survivors percent: Int, seed: UInt64) throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        guard faulty_disk_cut_power(name, folder, target, Int32(percent), seed) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }
}
