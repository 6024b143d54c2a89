/// Walks a log's chain, a bounded number of rows in each read transaction, so that writers are not kept waiting.
struct ChainVerifier {
    let connection: Connection
    var stride: Int64 = 10_000

    func verify(from start: AuditHead?, anchors: [AuditHead]) throws -> AuditVerification {
        let hasher = try ChainHasher()
        let logID = try connection.logID()
        let genesis = AuditHead(logID: logID, sequence: 0, chainHash: hasher.genesis(of: logID))
        let origin = try start ?? connection.pruneAnchor(logID: logID) ?? genesis
        var walk = ChainWalk(position: origin, anchors: anchors, hasher: hasher)
        while try connection.reading({ try step(&walk) }) {}
        return walk.finish()
    }

    /// Checks the next rows; whether there were any.
    private func step(_ walk: inout ChainWalk) throws -> Bool {
        let select = try connection.prepare(
            "SELECT seq, leaf_hash, chain_hash, payload FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2"
        )
        try select.bind(walk.position.sequence, at: 1)
        try select.bind(stride, at: 2)
        var count: Int64 = 0
        while try select.step() {
            count += 1
            select.withBytes(3) { payload in
                walk.visit(select.integer(0), leaf: select.bytes(1), chain: select.bytes(2), payload: payload)
            }
        }
        return count == stride
    }
}
