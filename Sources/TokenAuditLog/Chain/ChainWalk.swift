import AuthTokens
import RDSIAMSystem

/// A walk along the chain, row by row: what it has seen and what it expects next.
///
/// It knows nothing of files. After a break the stored hash counts, so that one break is found once.
struct ChainWalk {
    /// The last row seen.
    private(set) var position: AuditHead
    /// Whether the hash of that row is known; else the next row need not follow from it.
    private(set) var isPositionKnown: Bool
    private(set) var report: AuditVerification
    /// What the log itself says about what was pruned and acknowledged.
    private(set) var statements: [LogStatement] = []
    /// The heads kept elsewhere whose rows were there, and have been compared.
    private(set) var met: Set<AuditHead> = []
    /// Those among them that the rows contradict.
    private(set) var refuted: Set<AuditHead> = []
    /// The last signed checkpoint's row.
    private(set) var lastSigned: Int64?
    /// What indexes must hold of the rows; `nil` if the rows lie where there are none.
    private(set) var indexed: IndexSums?
    /// Heads kept elsewhere that lie ahead, the nearest last.
    private var heads: [AuditHead]
    private let keys: [AuditVerificationKey]
    let hasher: ChainHasher
    private var lastTime: Int64?

    init(
        from origin: AuditHead,
        heads: [AuditHead],
        keys: [AuditVerificationKey],
        hasher: ChainHasher,
        isIndexed: Bool
    ) {
        self.position = origin
        self.isPositionKnown = true
        self.report = AuditVerification(from: origin)
        self.heads = heads.sorted { $0.sequence > $1.sequence }
        self.keys = keys
        self.hasher = hasher
        indexed = isIndexed ? IndexSums() : nil
    }

    /// Goes to a row without looking at those between: they are pruned.
    mutating func jump(to head: AuditHead, isKnown: Bool = true) {
        position = head
        isPositionKnown = isKnown
    }

    /// Makes remarks of what was found from an index on: it was accepted.
    mutating func accept(from index: Int, _ acceptance: String) { report.accept(from: index, acceptance) }

    /// Goes on after rows that are not there, as was accepted.
    mutating func accept(gapThrough last: Int64, _ acceptance: String) {
        let first = position.sequence &+ 1
        report.add(AuditRemark(.accepted, at: first, "Rows \(first) to \(last) are not there. \(acceptance)"))
        jump(to: AuditHead(logID: position.logID, sequence: last, digest: Digest()), isKnown: false)
    }

    /// Begins the rows that count: those before were what an unfinished pruning has left.
    mutating func begin(at origin: AuditHead) {
        jump(to: origin)
        report.origin = origin
        report.head = origin
        report.rows = 0
        (lastTime, lastSigned, indexed) = (nil, nil, indexed.map { _ in IndexSums() })
    }

    /// Sees the next row.
    mutating func visit(_ row: ChainRow) {
        if row.payloadLeaf != row.leaf {
            find(.payloadAltered, row, "The payload does not have the hash that was stored with it.")
        }
        if LogStatement.isLikely(row.payload), let statement = LogStatement(row.payload, sequence: row.sequence) {
            read(statement, row)
        }
        compareTime(row.fields.time, row.sequence)
        indexed?.add(row.fields, row.sequence)
        follow(to: row)
        report.rows += 1
        report.head = position
        compareHeads(with: row)
    }

    /// Sees that a row is there and cannot be read.
    mutating func visitUnreadable(_ sequence: Int64, _ message: String) {
        report.add(AuditFinding(.unreadable, at: sequence, message, evidence: hasher.evidence(of: sequence)))
        position = AuditHead(logID: position.logID, sequence: sequence, digest: Digest())
        isPositionKnown = false
        report.head = position
    }

    /// Sees that a row is not found by its number.
    mutating func visitLost(_ sequence: Int64) {
        let message = "No search finds the row by its number: the file is damaged above it."
        report.add(AuditFinding(.unreadable, at: sequence, message, evidence: hasher.evidence(of: sequence)))
    }

    /// Sees that a row comes where only higher ones may.
    mutating func visitDisorder(_ sequence: Int64) {
        let message = "Row \(sequence) comes after row \(position.sequence): the file is damaged there."
        report.add(AuditFinding(.unreadable, at: sequence, message, evidence: hasher.evidence(of: sequence)))
    }

    private mutating func follow(to row: ChainRow) {
        let expected = position.sequence &+ 1
        if row.sequence > expected {
            let message = "Rows \(expected) to \(row.sequence &- 1) are not there."
            find(.rowsMissing, row, at: expected, message)
        } else if isPositionKnown
            && hasher.chain(previous: position.digest, sequence: row.sequence, leaf: row.leaf) != row.chain
        {
            find(.chainBroken, row, "The row does not follow from the one before it.")
        }
        isPositionKnown = true
        position = AuditHead(logID: position.logID, sequence: row.sequence, digest: row.chain)
    }

    /// Heads whose rows are not there are left for the end.
    private mutating func compareHeads(with row: ChainRow) {
        while let head = heads.last, head.sequence <= row.sequence {
            heads.removeLast()
            guard head.sequence == row.sequence else { continue }
            met.insert(head)
            guard head != position else { continue }
            refuted.insert(head)
            report.add(.mismatch(of: head))
        }
    }

    /// Remarks a row that is older than the one before it by more than several processes' turns explain.
    private mutating func compareTime(_ time: Int64?, _ sequence: Int64) {
        guard let time else { return }
        if let lastTime, time < lastTime - 60_000_000 {
            let (from, to) = (Date(microseconds: lastTime).iso8601, Date(microseconds: time).iso8601)
            report.add(AuditRemark(.timeWentBack, at: sequence, "Time goes back from \(from) to \(to)."))
        }
        lastTime = time
    }

    private mutating func read(_ statement: LogStatement, _ row: ChainRow) {
        if statement.isLasting { statements.append(statement) }
        if statement.activity == .gap {
            let (all, issued) = (statement.detail["events"] ?? "?", statement.detail["issued"] ?? "?")
            let message = "Events were not recorded: \(all), of which \(issued) issued a token nevertheless."
            report.add(AuditRemark(.eventsLost, at: row.sequence, message))
        }
        if statement.activity == .reserveSpent {
            report.add(AuditRemark(.reserveSpent, at: row.sequence, "The disk was full, and the reserve was needed."))
        }
        let followsKnown = isPositionKnown && position.sequence == row.sequence &- 1
        if statement.statesHead && followsKnown && !statement.states(position) {
            find(.checkpointMismatch, row, "The log's own checkpoint states another row than the one before it.")
        }
        if statement.activity == .checkpoint && !keys.isEmpty { checkSignature(of: statement, row) }
    }

    private mutating func checkSignature(of statement: LogStatement, _ row: ChainRow) {
        if statement.isSigned(by: keys, stating: position) {
            lastSigned = row.sequence
        } else if statement.detail["note"] == nil {
            // A program without the key has written to the log: whether it may is for people to say.
            find(.unsignedCheckpoint, row, "The checkpoint is not signed.")
        } else {
            let message = "The checkpoint's signature is wrong, or another key's."
            report.add(AuditFinding(.badSignature, at: row.sequence, message))
        }
    }

    private mutating func find(_ kind: AuditFinding.Kind, _ row: ChainRow, at sequence: Int64? = nil, _ message: String)
    {
        let evidence = hasher.evidence(of: row.sequence, row.payloadLeaf, row.leaf, row.chain)
        report.add(AuditFinding(kind, at: sequence ?? row.sequence, message, evidence: evidence))
    }
}

/// A row as it is stored, with what its payload says, valid while the payload's memory is.
struct ChainRow {
    let sequence: Int64
    let payload: UnsafeRawBufferPointer
    let fields: PayloadFields
    /// The payload's own leaf hash.
    let payloadLeaf: Digest
    /// The leaf hash that is stored with it; all zeros, which is no row's hash, if that is not 32 bytes long.
    let leaf: Digest
    /// The chain hash that is stored with it; all zeros if that is not 32 bytes long.
    let chain: Digest

    init(_ sequence: Int64, payload: UnsafeRawBufferPointer, payloadLeaf: Digest, leaf: Digest?, chain: Digest?) {
        (self.sequence, self.payload, self.payloadLeaf) = (sequence, payload, payloadLeaf)
        (self.leaf, self.chain) = (leaf ?? Digest(), chain ?? Digest())
        fields = PayloadFields(payload)
    }
}

extension AuditFinding {
    static func mismatch(of head: AuditHead) -> AuditFinding {
        AuditFinding(.headMismatch, at: head.sequence, "The row is not the one whose hash was kept elsewhere.")
    }
}
