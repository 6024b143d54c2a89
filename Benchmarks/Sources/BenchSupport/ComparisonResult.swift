/// What was measured, and how it prints.
public struct ComparisonResult {
    /// What was done.
    public let name: String
    /// This package.
    public let ours: Samples
    /// The peer.
    public let peer: Samples

    /// This package's time as a share of the peer's, by the fastest rounds.
    public var ratio: Double { peer.minimum == 0 ? 0 : ours.minimum / peer.minimum }

    /// Prints a table; times are nanoseconds for doing it once, the fastest round and the one in the middle.
    public static func printTable(_ results: [ComparisonResult], peerName: String) {
        let header = ["", "min", "median", "allocs", "\(peerName) min", "median", "allocs", "ratio"]
        let rows = results.map(\.cells)
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        for row in [header] + rows {
            let cells = row.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + blanks : blanks + row[column]
            }
            print(cells.joined(separator: "  "))
        }
    }

    private var cells: [String] {
        [name] + Self.cells(ours) + Self.cells(peer) + [Self.fixed(ratio, decimals: 2)]
    }

    private static func cells(_ samples: Samples) -> [String] {
        [fixed(samples.minimum, decimals: 0), fixed(samples.median, decimals: 0), "\(samples.allocations)"]
    }

    private static func fixed(_ value: Double, decimals: Int) -> String {
        let scale = decimals == 0 ? 1 : 100
        let scaled = Int((value * Double(scale)).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = "\(scaled % scale)"
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
