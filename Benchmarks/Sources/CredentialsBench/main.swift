import AWSCredentialSources

// Reads cached credentials beside an actor that caches them, and sources beside botocore, if RDS_IAM_TEST_PYTHON
// names an interpreter that has it.

let source = StaticCredentialSource(Inputs.credentials)
let cache = RefreshingCredentialSource(source)
let actor = ActorCache(source)

print("Nanoseconds a read, the fastest round / the middle one. Cached credentials:")
for tasks in [1, 8] {
    let ours = try await Rounds.measure(tasks: tasks) { for _ in 0..<$0 { _ = try await cache.credentials() } }
    let signing = try await Rounds.measure(tasks: tasks) {
        for _ in 0..<$0 { _ = try await cache.credentials(validFor: 960) }
    }
    let peer = try await Rounds.measure(tasks: tasks, reads: 2_000) {
        for _ in 0..<$0 { _ = try await actor.credentials() }
    }
    print(
        "  \(tasks) tasks: \(ours), for signing: \(signing), an actor: \(peer), ours to the actor's: \(ours.ratio(to: peer))"
    )
}

let peers = BotocorePeer.measure()
let environment = EnvironmentCredentialSource(context: Inputs.environmentContext)
let fromEnvironment = try await Rounds.measure(tasks: 1, reads: 2_000) {
    for _ in 0..<$0 { _ = try await environment.credentials() }
}
print("Environment: \(fromEnvironment), botocore: \(peers?.environment ?? "not here")")

let profile = ProfileCredentialSource("p999", context: Inputs.profileContext)
let fromProfile = try await Rounds.measure(tasks: 1, reads: 1) {
    for _ in 0..<$0 { _ = try await profile.credentials() }
}
print("A profile of 1,000 in a file: \(fromProfile), botocore: \(peers?.profile ?? "not here")")
