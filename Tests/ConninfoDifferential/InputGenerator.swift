import PGConninfo
import RDSIAMBasics

/// Generates connection strings: half of them from the two grammars, with some faults, half by mutating earlier ones.
public struct InputGenerator: Sendable {
    private static let keywords = Conninfo.Keyword.all.map { Array($0.name.utf8) }
    private static let strangeNames = ["ssl", "requiressl", "", "hots", "HOST", "aws_rds_iam_region", "host ", "é"]
        .map { Array($0.utf8) }
    private static let values = [
        "", "h", "localhost", "db.example.com", "true", "1", "10", "require", "a b", "\\", "\\'", "'", "''", "\\\\x",
        "::1", "[::1]", "a,b", "%", "%41", "%zz", "%00", "%2C", "%20x%20", "é", "p@ss:w/rd", "x=y", "a&b", "+", "#",
        "?",
    ].map { Array($0.utf8) }
    private static let blanks = [" ", "\t", "\n", "\u{0B}", "\u{0C}", "\r", "  ", "\r\n"].map { Array($0.utf8) }
    private static let notable = Array("'\\=%&?/@:,[] \t\n#+;0aF\u{1C}".utf8) + [0xFF, 0x85, 0xA0, 0xC3]

    private var random: RandomSource
    private var pool: [[UInt8]] = []

    /// Creates a generator; the same seed gives the same inputs.
    public init(seed: UInt64) {
        random = RandomSource(seed: seed)
    }

    /// Returns the next input.
    public mutating func next() -> [UInt8] {
        let input = pool.isEmpty || random.chance(2) ? fresh() : mutated(random.pick(pool))
        if pool.count < 512 {
            pool.append(input)
        } else if random.chance(4) {
            pool[random.below(pool.count)] = input
        }
        return input
    }

    private mutating func fresh() -> [UInt8] {
        random.chance(2) ? keywordValue() : uri()
    }

    private mutating func name() -> [UInt8] {
        random.pick(random.chance(8) ? Self.strangeNames : Self.keywords)
    }

    private mutating func value() -> [UInt8] {
        if random.chance(3) { return random.pick(Self.values) + random.pick(Self.values) }
        if random.chance(4) { return (0..<random.below(24)).map { _ in byte() } }
        return random.pick(Self.values)
    }

    private mutating func byte() -> UInt8 {
        random.chance(3) ? random.pick(Self.notable) : UInt8(random.below(random.chance(8) ? 256 : 96) | 0x20)
    }

    private mutating func blank() -> [UInt8] {
        random.chance(4) ? random.pick(Self.blanks) : []
    }
}

extension InputGenerator {
    private mutating func keywordValue() -> [UInt8] {
        var output = blank()
        for _ in 0..<random.below(7) {
            output += name() + blank() + (random.chance(24) ? [] : [UInt8(ascii: "=")]) + blank()
            output += random.chance(2) ? quoted() : value()
            output += random.chance(16) ? [] : random.pick(Self.blanks)
        }
        return output
    }

    private mutating func quoted() -> [UInt8] {
        let quote = UInt8(ascii: "'")
        var output = [quote]
        for byte in value() {
            let needsEscape = byte == quote || byte == UInt8(ascii: "\\")
            if needsEscape != random.chance(16) { output.append(UInt8(ascii: "\\")) }
            output.append(byte)
        }
        return random.chance(24) ? output : output + [quote]
    }

    private mutating func uri() -> [UInt8] {
        var output = Array((random.chance(2) ? "postgresql://" : "postgres://").utf8)
        if random.chance(2) {
            output += component()
            if random.chance(2) { output += Array(":".utf8) + component() }
            output += Array("@".utf8)
        }
        for position in 0...(random.chance(3) ? random.below(5) : 0) {
            if position > 0 { output += Array(",".utf8) }
            output += netloc()
        }
        if random.chance(2) { output += Array("/".utf8) + component() }
        return random.chance(2) ? output : output + query()
    }

    private mutating func netloc() -> [UInt8] {
        let host = random.chance(6) ? Array("[".utf8) + component() + Array("]".utf8) : component()
        guard random.chance(2) else { return host }
        return host + Array(":".utf8) + (random.chance(4) ? component() : Array("\(random.below(70_000))".utf8))
    }

    private mutating func query() -> [UInt8] {
        var output = Array("?".utf8)
        for position in 0..<random.below(5) {
            if position > 0 { output += Array("&".utf8) }
            output += encoded(name()) + (random.chance(24) ? [] : Array("=".utf8)) + component()
        }
        return random.chance(8) ? output + Array("&".utf8) : output
    }

    /// Returns a part of a URI, percent-encoded or raw.
    private mutating func component() -> [UInt8] {
        random.chance(4) ? value() : encoded(value())
    }

    private mutating func encoded(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            let isPlain = byte > 0x2D && byte < 0x7B && !"/:?@[]=\\".utf8.contains(byte)
            guard byte != 0, isPlain == random.chance(16) else { return [byte] }
            let digits = random.chance(2) ? Hexadecimal.lowercaseDigits : Hexadecimal.uppercaseDigits
            return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}

extension InputGenerator {
    private mutating func mutated(_ original: [UInt8]) -> [UInt8] {
        var output = original
        for _ in 0...random.below(3) { mutate(&output) }
        return Array(output.prefix(2_000))
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let place = random.below(bytes.count + 1)
        switch random.below(8) {
        case 0: bytes.insert(byte(), at: place)
        case 1 where place < bytes.count: bytes.remove(at: place)
        case 2 where place < bytes.count: bytes[place] = byte()
        case 3: bytes.insert(contentsOf: random.pick(Self.values), at: place)
        case 4: bytes.replaceSubrange(place..<min(bytes.count, place + random.below(8)), with: name())
        case 5: bytes = Array(bytes.prefix(place))
        case 6: bytes = Array(bytes.prefix(place)) + random.pick(pool).suffix(random.below(40))
        case 7 where random.chance(64): bytes.insert(0, at: place)
        default: bytes.insert(contentsOf: bytes.suffix(random.below(12)), at: place)
        }
    }
}

/// A small generator of repeatable random numbers (SplitMix64).
public struct RandomSource: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Creates a generator; the same seed gives the same numbers.
    public init(seed: UInt64) {
        state = seed
    }

    /// Returns the next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(bound)) >> 32)
    }

    mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}
