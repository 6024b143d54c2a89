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

print("\nTime per byte in ns, a password of so many bytes; as a String, which is copied, and as bytes, which are not:")
for size in [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
    for (name, text) in Inputs.grown(to: size) {
        let repetitions = max(1, 200_000 / size)
        let bytes = Array(text.utf8)
        let ofText = compare(name, text, repetitions: repetitions).measure(rounds: 20)
        let ofBytes = Comparison(name, repetitions: repetitions) {
            keep(try? Conninfo.parse(bytes, dialect: dialect))
        } peer: {
        }
        let times = [ofText.ours, ofBytes.measure(rounds: 20).ours, ofText.peer].map { perByte($0, bytes.count) }
        print("  \(size) \(name): String \(times[0])  bytes \(times[1])  libpq \(times[2])")
    }
}

func perByte(_ samples: Samples, _ count: Int) -> Double {
    (samples.minimum * 1_000 / Double(count)).rounded() / 1_000
}
