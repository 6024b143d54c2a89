#if Proxy
import ProxyFuzzing

/// Inputs to start from: a whole exchange for each machine.
private let seeds: [[UInt8]] = {
    let startup = Array("user\0app\0database\0postgres\0options\0-c a=b\0\0".utf8)
    let packet: [UInt8] = [0, 0, 0, UInt8(startup.count + 8), 0, 3, 0, 0] + startup
    let tls: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]
    let gss: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 48]
    let cancel: [UInt8] = [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 7, 1, 2, 3, 4]
    let request: [UInt8] = [0x52, 0, 0, 0, 8, 0, 0, 0, 3]
    let consent: [UInt8] = [0x52, 0, 0, 0, 8, 0, 0, 0, 0]
    let key: [UInt8] = [0x4B, 0, 0, 0, 12, 0, 0, 0, 7, 1, 2, 3, 4]
    let negotiation: [UInt8] = [0x76, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 0]
    let error: [UInt8] = [0x45, 0, 0, 0, 13, 0x43] + Array("28000\0\0".utf8) + [0]
    let ready: [UInt8] = [0x5A, 0, 0, 0, 5, 0x49]
    return [
        [0] + packet, [4] + tls + packet, [1] + gss + tls, [0] + cancel, [2, 0x53] + request + consent,
        [2, 0x53] + negotiation + request + error, [2, 0x53] + error, [3] + consent + key + ready,
    ]
}()

/// Changes some bytes of a seed: flips, cuts, doubles, lengths at the edges.
private func mutated(_ seed: [UInt8], _ generator: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = seed
    bytes[0] = UInt8.random(in: 0...255, using: &generator) & 0xFC | (bytes[0] & 3)
    for _ in 0..<Int.random(in: 0...6, using: &generator) {
        let index = Int.random(in: 1..<max(bytes.count, 2), using: &generator)
        guard index < bytes.count else { break }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        case 2: bytes.removeSubrange(index..<min(index + Int.random(in: 1...8, using: &generator), bytes.count))
        case 3: bytes.insert(contentsOf: bytes[index..<min(index + 16, bytes.count)], at: index)
        case 4: bytes += (seeds.randomElement(using: &generator) ?? []).dropFirst()
        default:
            bytes.insert(
                contentsOf: Array(repeating: 0x41, count: Int.random(in: 0...12_000, using: &generator)),
                at: index
            )
        }
    }
    return bytes
}

/// Numbers that are the same for the same seed (SplitMix64).
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

private func option(_ name: String) -> UInt64? {
    guard let index = CommandLine.arguments.firstIndex(of: name) else { return nil }
    return CommandLine.arguments.dropFirst(index + 1).first.flatMap { UInt64($0) }
}

private let seed = option("--seed") ?? UInt64.random(in: 0...UInt64.max)
private let end = ContinuousClock.now + .seconds(Int64(option("--seconds") ?? 10))
private let most = option("--count") ?? .max
private var generator = Generator(state: seed)
private var count: UInt64 = 0
while count < most, ContinuousClock.now < end {
    for _ in 0..<1000 where count < most {
        let input = mutated(seeds.randomElement(using: &generator) ?? [], &generator)
        if let fault = ProxyFuzzing.fault(of: input) {
            print("proxy-fuzz: \(fault), after \(count) inputs with the seed \(seed): \(input)")
            fatalError(fault)
        }
        count += 1
    }
}
print("proxy-fuzz: \(count) inputs with the seed \(seed), no fault")
#else
print("proxy-fuzz: the trait Proxy is off")
#endif
