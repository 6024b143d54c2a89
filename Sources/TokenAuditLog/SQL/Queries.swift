/// The statements that read and write a log, by name.
///
/// What a filter asks of a row is in ``AuditFilter/conditions``, what the columns hold in ``EntryView``.
enum Queries {
    // MARK: Rows

    /// Adds a row.
    ///
    /// Parameters: row, payload, leaf hash, chain hash.
    static let insertRow = "INSERT INTO event (seq, payload, leaf_hash, chain_hash) VALUES (?1, ?2, ?3, ?4)"
    /// The chain hash of a row.
    ///
    /// Parameter: row.
    static let chainHash = "SELECT chain_hash FROM event WHERE seq = ?1"
    /// The last row after what was pruned: row, chain hash.
    static let lastRow = """
        SELECT seq, chain_hash FROM event
        WHERE seq > max(0, coalesce((SELECT max(through_seq) FROM anchor WHERE kind = 'prune'), 0))
        ORDER BY seq DESC LIMIT 1
        """
    /// The last row before one, pruned or not: row, chain hash.
    ///
    /// Parameter: row.
    static let rowBefore = "SELECT seq, chain_hash FROM event WHERE seq < ?1 ORDER BY seq DESC LIMIT 1"
    /// The first row from a number on.
    ///
    /// Parameter: row.
    static let rowFrom = "SELECT seq FROM event WHERE seq >= ?1 ORDER BY seq LIMIT 1"
    /// The last row there is, pruned or not.
    static let highestRow = "SELECT seq FROM event ORDER BY seq DESC LIMIT 1"
    /// The lowest row below 1, which no log has.
    static let impossibleRow = "SELECT seq FROM event WHERE seq < 1 ORDER BY seq LIMIT 1"
    /// Rows to be checked, in order: row, leaf hash, chain hash, payload.
    ///
    /// Parameters: after this row, up to this row.
    static let rowsToCheck =
        "SELECT seq, leaf_hash, chain_hash, payload FROM event WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"
    /// One row to be checked.
    ///
    /// Parameter: row.
    static let rowToCheck = "SELECT seq, leaf_hash, chain_hash, payload FROM event WHERE seq = ?1"
    /// Whether a row is found by its number.
    ///
    /// Parameter: row.
    static let isFound = "SELECT 1 FROM event WHERE seq = ?1"
    /// Rows to be counted or exported, in order: row, payload, leaf hash, chain hash.
    ///
    /// Parameters: first row, last row.
    static let rowsToRead =
        "SELECT seq, payload, leaf_hash, chain_hash FROM event WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"
    /// Rows to be copied, in order: row, payload, leaf hash, chain hash.
    ///
    /// Parameters: after this row, count.
    static let rowsToCopy =
        "SELECT seq, payload, leaf_hash, chain_hash FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2"

    // MARK: Searches

    /// Rows that an index or their numbers lead to, the newest first: row, payload, leaf hash, chain hash, whether the
    /// row matches.
    ///
    /// Parameters: those of the matches, then those of the rows.
    static func search(_ rows: [RowCondition], matching matches: [RowCondition], limit: Int64) -> String {
        """
        SELECT e.seq, e.payload, e.leaf_hash, e.chain_hash, \(all(matches)) FROM entry e
        WHERE \(all(rows)) ORDER BY e.seq DESC LIMIT \(limit)
        """
    }

    /// The rows of a period: their number, the first and the last.
    ///
    /// Parameters: those of the period.
    static func period(_ period: [RowCondition], limit: Int64) -> String {
        """
        SELECT count(*), min(seq), max(seq) FROM
        (SELECT seq FROM entry e WHERE \(all(period)) LIMIT \(limit))
        """
    }

    private static func all(_ conditions: [RowCondition]) -> String {
        conditions.isEmpty ? "1" : conditions.map(\.sql).joined(separator: " AND ")
    }

    private static let time = EntryView.indexes[0].expression
    private static let timeIndex = "event INDEXED BY \(EntryView.indexes[0].name)"

    /// A time some entries after another.
    ///
    /// Parameters: time, how many entries.
    static let laterTime = "SELECT \(time) FROM \(timeIndex) WHERE \(time) >= ?1 ORDER BY \(time) LIMIT 1 OFFSET ?2"
    /// A time some entries before another.
    ///
    /// Parameters: time, how many entries.
    static let earlierTime =
        "SELECT \(time) FROM \(timeIndex) WHERE \(time) < ?1 ORDER BY \(time) DESC LIMIT 1 OFFSET ?2"
    /// The rows from a time on: their number, the first and the last.
    ///
    /// Parameters: time, first row, last row.
    static let countFrom = "SELECT count(*), min(seq), max(seq) FROM \(timeIndex) WHERE \(time) >= ?1 AND \(rowRange)"
    /// The rows before a time, likewise.
    static let countBefore = "SELECT count(*), min(seq), max(seq) FROM \(timeIndex) WHERE \(time) < ?1 AND \(rowRange)"
    /// The rows from a time on and before another, likewise.
    ///
    /// The second time is the last parameter.
    static let countBetween = """
        SELECT count(*), min(seq), max(seq) FROM \(timeIndex)
        WHERE \(time) >= ?1 AND \(time) < ?4 AND \(rowRange)
        """
    private static let rowRange = "seq BETWEEN ?2 AND ?3"
    /// The time of the first row from a number on.
    ///
    /// Parameter: row.
    static let timeOfRow = "SELECT \(time) FROM event WHERE seq >= ?1 ORDER BY seq LIMIT 1"

    // MARK: Prune points

    /// Adds a prune point.
    ///
    /// Parameters: row, chain hash, time.
    static let insertPrunePoint =
        "INSERT INTO anchor (kind, through_seq, chain_hash, time_us) VALUES ('prune', ?1, ?2, ?3)"
    /// All prune points: row, chain hash, time.
    ///
    /// Parameter: up to this row.
    static let prunePoints =
        "SELECT through_seq, chain_hash, time_us FROM anchor WHERE kind = 'prune' AND through_seq <= ?1"
    /// The last prune point: row, chain hash.
    ///
    /// No row has a number below 1.
    static let prunePoint = """
        SELECT through_seq, chain_hash FROM anchor WHERE kind = 'prune' AND through_seq > 0
        ORDER BY through_seq DESC LIMIT 1
        """
    /// The lowest prune point below 1, which no log has.
    static let impossiblePrunePoint = "SELECT min(through_seq) FROM anchor WHERE kind = 'prune' AND through_seq < 1"
    /// The first rows with their times, for pruning: row, chain hash, time.
    ///
    /// Parameters: after this row, count.
    static let rowsToPrune =
        "SELECT seq, chain_hash, coalesce(time_us, 0) FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2"
    /// How many rows are older than a time.
    ///
    /// Parameters: time, after this row.
    static let olderRowsCount =
        "SELECT count(*) FROM event WHERE \(EntryView.indexes[0].expression) < ?1 AND seq > ?2"
    /// Deletes the first rows.
    ///
    /// Parameters: up to this row, count.
    static let deleteFirstRows = """
        DELETE FROM event WHERE seq <= (SELECT max(seq) FROM
        (SELECT seq FROM event WHERE seq <= ?1 ORDER BY seq LIMIT ?2))
        """
    /// Deletes, from a copy, what is pruned.
    static let deletePruned =
        "DELETE FROM event WHERE seq <= (SELECT max(through_seq) FROM anchor WHERE kind = 'prune')"

    // MARK: Indexes

    /// All entries of an index, in its order: value, row.
    static func allEntries(_ index: EntryView.Index) -> String {
        "\(entries(index)) WHERE \(index.condition) ORDER BY \(index.expression), seq"
    }

    /// The entries of one value.
    ///
    /// Parameters: value, after this row.
    static func equalEntries(_ index: EntryView.Index) -> String {
        "\(entries(index)) WHERE \(index.expression) = ?1 AND seq > ?2 ORDER BY seq"
    }

    /// The entries of the values after one.
    ///
    /// Parameter: value.
    static func laterEntries(_ index: EntryView.Index) -> String {
        "\(entries(index)) WHERE \(index.expression) > ?1 ORDER BY \(index.expression), seq"
    }

    /// One entry.
    ///
    /// Parameters: value, row.
    static func entry(_ index: EntryView.Index) -> String {
        "\(entries(index)) WHERE \(index.expression) = ?1 AND seq = ?2"
    }

    /// What the rows themselves give an index: value, row.
    ///
    /// Parameters: after this row, up to this row.
    static func indexedRows(_ index: EntryView.Index) -> String {
        "SELECT \(index.expression), seq FROM event NOT INDEXED WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"
    }

    private static func entries(_ index: EntryView.Index) -> String {
        "SELECT \(index.expression), seq FROM event INDEXED BY \(index.name)"
    }

    // MARK: The file

    static let begin = "BEGIN"
    static let beginWriting = "BEGIN IMMEDIATE"
    static let commit = "COMMIT"
    static let logID = "SELECT value FROM meta WHERE key = 'log_id'"
    static let meta = "SELECT key, value FROM meta"
    static let insertMeta = "INSERT INTO meta (key, value) VALUES (?1, ?2)"
    static let insertLogID = "INSERT INTO meta (key, value) VALUES ('log_id', ?1)"
    /// Each page is read once: a cache only has to be small enough to stay within the processor's.
    static let smallCache = "PRAGMA cache_size = 64"
    /// The journal that a log has.
    ///
    /// Full synchronization is what makes a returned commit durable.
    static func setJournal(_ mode: JournalMode) -> String { "PRAGMA journal_mode = \(mode.rawValue)" }
    static let synchronizeDirectories = "PRAGMA synchronous = EXTRA"
    static let writeDurably = """
        PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON
        """
    /// For a copy that counts for nothing until it is whole.
    static let writeFast = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF"
    static func setVersion(_ version: Int64) -> String { "PRAGMA user_version = \(version)" }
    static let setApplicationID = "PRAGMA application_id = \(Schema.applicationID)"
    static let schemaVersion = "PRAGMA user_version"
    static let applicationID = "PRAGMA application_id"
    static let objectCount = "SELECT count(*) FROM sqlite_schema"
    /// Tables, indexes and triggers: type and name, SQL.
    ///
    /// SQLite's own tables, such as ANALYZE makes, do nothing; a trigger of such a name does.
    static let objects = #"""
        SELECT type || ' ' || name, sql FROM sqlite_schema
        WHERE NOT (type = 'table' AND name LIKE 'sqlite\_%' ESCAPE '\')
        """#
    static let indexNames = "SELECT name FROM sqlite_schema WHERE type = 'index'"
    /// The SQL that makes the tables of a schema.
    static let tables = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type = 'table'"
    /// The SQL that makes all else: indexes and triggers.
    static let indexesAndTriggers = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'table'"
}
