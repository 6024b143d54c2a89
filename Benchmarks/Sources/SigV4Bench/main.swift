import AWSSigV4
import BenchSupport
import CBareHash

// Signing beside the bare hash work, and beside other signers if they are installed, in nanoseconds for one token.

let credentials = try Inputs.credentials()
let warm = SigV4Signer()
let cold = SigV4Signer(keyCapacity: 0)
let clock = Clock()

let sample = try Inputs.token(warm, credentials, at: clock.next())
bare_hash_prepare(sample.utf8.count, 140)

/// Nothing here can fail; were it to, the figures would be void.
func must<Value>(_ work: () throws -> Value) {
    do { keep(try work()) } catch { preconditionFailure("\(error)") }
}

let results = [
    Comparison(
        "RDS token, key cached",
        repetitions: 500,
        ours: { must { try Inputs.token(warm, credentials, at: clock.next()) } },
        peer: bare_hash_warm
    ),
    Comparison(
        "RDS token, nothing cached",
        repetitions: 300,
        ours: { must { try Inputs.token(cold, Inputs.credentials(), at: clock.next()) } },
        peer: bare_hash_cold
    ),
    Comparison(
        "bare hash work by deprecated calls",
        repetitions: 500,
        ours: bare_hash_warm_deprecated,
        peer: bare_hash_warm
    ),
    Comparison(
        "STS POST of 300 bytes, headers",
        repetitions: 200,
        ours: { must { try Inputs.signedForm(warm, credentials) } },
        peer: bare_hash_warm
    ),
].map { $0.measure(rounds: 300) }

print(
    "A token of \(sample.utf8.count) bytes, one thread, session token of \(Inputs.sessionToken.utf8.count) characters."
)
ComparisonResult.printTable(results, peerName: "bare hash")
let ours = results[0].ours.minimum
for peer in Peer.installed {
    guard let nanoseconds = peer.measure() else { continue }
    print(
        "\(peer.name): \(Int(nanoseconds)) ns a token, \(Int((nanoseconds / ours).rounded())) times ours with its key cached"
    )
}
