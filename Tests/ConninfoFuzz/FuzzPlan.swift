import ConninfoDifferential

/// How long to run, and from which seed.
struct FuzzPlan {
    private var limit = Duration.seconds(10)
    private var count = Int.max
    private var seed: UInt64

    init(arguments: [String]) throws(FuzzFailure) {
        seed = .random(in: 1...1_000_000)
        var isTimed = false
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst().flatMap(Int.init), value >= 0 else { throw .usage }
            switch option {
            case "--seconds":
                limit = .seconds(value)
                isTimed = true
            case "--count":
                count = value
                if !isTimed { limit = .seconds(24 * 3600) }
            case "--seed": seed = UInt64(value)
            default: throw .usage
            }
        }
    }

    func run() throws(FuzzFailure) {
        print("seed \(seed), against \(Oracle.dialect)")
        var generator = InputGenerator(seed: seed)
        var tally = Tally()
        let start = ContinuousClock.now
        while tally.count < count {
            if tally.count.isMultiple(of: 1024), start.duration(to: .now) >= limit { break }
            let input = generator.next()
            let isRoundTrip = tally.count.isMultiple(of: 8)
            if let difference = Differential.difference(on: input, checkingRoundTrip: isRoundTrip) {
                throw .difference(input, difference, number: tally.count)
            }
            tally.add(input)
        }
        print("\(tally) in \(start.duration(to: .now)): no difference")
    }
}

/// Counts the inputs by kind: a run of nothing but errors would prove little.
struct Tally: CustomStringConvertible {
    private(set) var count = 0
    private var uris = 0
    private var accepted = 0

    mutating func add(_ input: [UInt8]) {
        count += 1
        if input.starts(with: "postgres".utf8) { uris += 1 }
        if case .parameters = Oracle.parse(input) { accepted += 1 }
    }

    var description: String { "\(count) inputs (\(uris) URIs, \(accepted) accepted by libpq)" }
}

/// The reason why the run ended early.
enum FuzzFailure: Error, CustomStringConvertible {
    case usage
    case difference([UInt8], String, number: Int)

    var description: String {
        switch self {
        case .usage: "usage: conninfo-fuzz [--seconds N] [--count N] [--seed S]"
        case .difference(let input, let difference, let number):
            "difference on input \(number): \(String(decoding: input, as: UTF8.self).debugDescription)\n"
                + "bytes \(input)\n\(difference)"
        }
    }
}
