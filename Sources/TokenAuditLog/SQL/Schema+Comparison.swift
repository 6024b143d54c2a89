extension Schema {
    /// An empty database in memory with the tables, indexes and triggers that a version makes.
    static func reference(version: Int64 = .max) throws -> Connection {
        let reference = try Connection(path: ":memory:", mode: .memory)
        for step in migrations where step.version <= version { try reference.execute(step.statements) }
        return reference
    }

    /// What of the tables, indexes and triggers is missing, changed or added, for a file of its version.
    static func findings(in connection: Connection, _ hasher: ChainHasher) throws -> [AuditFinding] {
        let version = try connection.integer(Queries.schemaVersion) ?? .max
        let expected = try reference(version: version).schemaObjects()
        let actual = try connection.schemaObjects()
        return Set(expected.keys).union(actual.keys).filter { expected[$0] != actual[$0] }.sorted().map { name in
            AuditFinding(
                .schemaAltered,
                at: 0,
                "\(name.string) is not as this version makes it.",
                evidence: hasher.evidence(Array("\(name.string)\0\(actual[name]?.string ?? "")".utf8))
            )
        }
    }
}

extension Connection {
    fileprivate func schemaObjects() throws -> [ByteText: ByteText] {
        let select = try prepare(Queries.objects)
        // By bytes: SQLite does not take U+212A for a K, and so a constraint written with it is none.
        var objects: [ByteText: ByteText] = [:]
        while try select.step() { objects[ByteText(select.text(0))] = ByteText(select.text(1)) }
        return objects
    }
}
