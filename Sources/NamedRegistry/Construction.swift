/// Which values the current task is building, so that a closure that asks for its own value gets an error and not a
/// wait without end.
enum Construction {
    private struct Site: Hashable {
        let registry: ObjectIdentifier
        let name: String
    }

    @TaskLocal private static var underway: Set<Site> = []

    static func isUnderway(_ name: String, of registry: AnyObject) -> Bool {
        underway.contains(Site(registry: ObjectIdentifier(registry), name: name))
    }

    static func of<Value: Sendable>(
        _ name: String,
        in registry: AnyObject,
        _ build: () async throws -> Value
    ) async throws -> Value {
        let site = Site(registry: ObjectIdentifier(registry), name: name)
        return try await $underway.withValue(underway.union([site]), operation: build)
    }
}
