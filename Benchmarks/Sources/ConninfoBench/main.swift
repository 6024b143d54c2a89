import BenchSupport
import CLibpqPeer
import PGConninfo

// Reading connection strings beside `PQconninfoParse` and `PQconninfoFree` of the linked libpq.

let dialect = Conninfo.Dialect(libpqVersion: Int(PQlibVersion()))

func compare(_ name: String, _ text: String, repetitions: Int) -> Comparison {
    let cString = Array(text.utf8CString)
    return Comparison(name, repetitions: repetitions) {
        keep(try? Conninfo.parse(text, dialect: dialect))
    } peer: {
        cString.withUnsafeBufferPointer { PQconninfoFree(PQconninfoParse($0.baseAddress, nil)) }
    }
}

let hosts = (0..<100).map { "db\($0).example.com:\(5432 + $0)" }.joined(separator: ",")
let comparisons = [
    compare("empty", "", repetitions: 2_000),
    compare("typical RDS URI", Inputs.uri, repetitions: 1_000),
    compare("typical RDS keyword/value", Inputs.keywordValue, repetitions: 1_000),
    compare("URI with percent escapes", Inputs.escapedURI, repetitions: 500),
    compare("quoted keyword/value", Inputs.quoted, repetitions: 500),
    compare("URI with 100 hosts", "postgresql://u:p@\(hosts)/app", repetitions: 100),
    compare("URI error", "postgresql://h?hots=1", repetitions: 500),
]
ComparisonResult.printTable(comparisons.map { $0.measure() }, peerName: "libpq")

print("\nTime per byte (ns), a password of so many bytes:")
for size in [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
    for (name, text) in Inputs.grown(to: size) {
        let result = compare("\(name) \(size)", text, repetitions: max(1, 200_000 / size)).measure(rounds: 20)
        let perByte = [result.ours, result.peer].map { "\(Double(Int($0.minimum * 1_000) / text.utf8.count) / 1_000)" }
        print("  \(result.name): \(perByte[0])   libpq: \(perByte[1])")
    }
}
