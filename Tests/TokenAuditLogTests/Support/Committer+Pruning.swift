import Foundation

@testable import TokenAuditLog

extension Committer {
    /// Prunes in one go.
    @discardableResult
    func prune(before time: Date, stride: Int64 = 5_000) throws -> AuditPruning {
        var pruner = Pruner(before: time, stride: stride)
        while try pruner.step(self, until: .now + .seconds(10)) {}
        return pruner.result
    }
}
