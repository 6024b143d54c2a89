import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Rows hidden by damage to the file's pages", .timeLimit(.minutes(5)))
struct HiddenRowsTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    /// A log of so many rows that the table's first page leads to pages that lead to rows.
    private func write() throws -> AuditHead {
        try Logs.writeAtOnce(3000, to: path)
        return try Connection(path: path, mode: .reading).head()
    }

    /// The position of the table's root page, and of its cells in the file.
    private func root() throws -> (page: Int, cells: [Int]) {
        let connection = try Connection(path: path, mode: .reading)
        let number = try #require(try connection.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'event'"))
        let page = (Int(number) - 1) * 4096
        let bytes = try connection.readFile(4096, at: Int64(page))
        #expect(bytes[0] == 5, "an interior page of a table")
        let count = Int(bytes[3]) << 8 | Int(bytes[4])
        return (page, (0..<count).map { page + (Int(bytes[12 + 2 * $0]) << 8 | Int(bytes[13 + 2 * $0])) })
    }

    private func expectFound(_ head: AuditHead, _ what: String) async throws {
        let other = try await OtherVerifier.verify(path, heads: [head])
        do {
            let report = try await Logs.verification(of: path, heads: [head])
            let isWhole = report.rows == head.sequence && report.head == head
            #expect(!report.isIntact || isWhole, "\(what): \(report.rows) rows")
            #expect(!report.isIntact || other.status == 0, "\(what): the other verifier finds \(other)")
        } catch let error as AuditLogError {
            #expect([.damaged, .sqlite, .notAnAuditLog].contains(error.code))
        }
        #expect(other.status != 0 || other.head == head.description, "\(what): \(other)")
    }

    @Test(
        "keys that are zeroed in the table's first page hide no row from either verifier",
        arguments: [1, 5, 22, 1000]
    )
    func zeroedKeys(count: Int) async throws {
        let head = try write()
        let root = try root()
        var bytes = try Data(contentsOf: URL(filePath: path))
        for cell in root.cells.prefix(count) {
            // Four bytes of the child's page number, then the key, whose bytes but the last have the highest bit set.
            var place = cell + 4
            while bytes[place] & 0x80 != 0 {
                bytes[place] = 0x80
                place += 1
            }
            bytes[place] = 0
        }
        try bytes.write(to: URL(filePath: path))
        try await expectFound(head, "\(count) keys zeroed")
        let report = try? await Logs.verification(of: path, heads: [head])
        #expect(report?.isIntact != true || report?.rows == head.sequence)
    }

    @Test("no flipped bit of the table's first page hides a row from either verifier")
    func flippedBits() async throws {
        let head = try write()
        let root = try root()
        let original = try Data(contentsOf: URL(filePath: path))
        var random = SeededGenerator(seed: 16)
        for _ in 0..<60 {
            var bytes = original
            let place = root.page + Int.random(in: 0..<4096, using: &random)
            let bit = Int.random(in: 0..<8, using: &random)
            bytes[place] ^= 1 << bit
            try bytes.write(to: URL(filePath: path))
            try await expectFound(head, "bit \(bit) of byte \(place - root.page)")
        }
    }

    @Test("a list of a damaged file ends, and gives no row twice")
    func listEnds() async throws {
        let head = try write()
        let root = try root()
        let original = try Data(contentsOf: URL(filePath: path))
        for target in [0, root.cells.count / 2] {
            var bytes = original
            // All pages lead to the same rows, or to the root itself.
            let child = bytes[root.cells[target]..<root.cells[target] + 4]
            for cell in root.cells { bytes.replaceSubrange(cell..<cell + 4, with: child) }
            try bytes.write(to: URL(filePath: path))
            var seen: Set<Int64> = []
            do {
                for entry in try await Logs.entries(of: path) { #expect(seen.insert(entry.sequence).inserted) }
            } catch let error as AuditLogError {
                #expect(error.code == .damaged)
            }
            try await expectFound(head, "all children alike")
        }
    }
}
