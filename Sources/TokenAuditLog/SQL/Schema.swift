/// The tables of a log, as SQL.
///
/// What is hashed is `payload`, stored verbatim. Everything that is searched is computed from it (``EntryView``), so
/// the two cannot differ. The indexes are SQLite's own: a row and what finds it are one commit.
enum Schema {
    /// "RDAL" in `PRAGMA application_id`: tells an audit log from any other database.
    static let applicationID: Int64 = 0x5244_414C

    /// One step to a newer schema.
    ///
    /// Steps only go forward; each is a transaction of its own.
    struct Migration: Sendable {
        /// The schema's version after the step, kept in `PRAGMA user_version`.
        let version: Int64
        let statements: String
    }

    static let migrations = [
        Migration(version: 1, statements: version1), Migration(version: 2, statements: version2),
    ]

    /// Version 2 replaces the tables that searches used, which lay outside of the chain, by indexes.
    private static let version2 =
        "DROP TABLE lookup; DROP TABLE segment;\n"
        + EntryView.indexes.map(\.statement).joined(separator: ";\n")

    /// A payload that is no longer JSON, because it was changed, must not stop a search, hence `json_valid`.
    private static func field(_ name: String, _ type: String, _ path: String) -> String {
        let value = "iif(json_valid(payload), json_extract(payload, '$.\(path)'), NULL)"
        return "    \(name) \(type) GENERATED ALWAYS AS (\(value)) VIRTUAL"
    }

    private static let fields = [
        field("time_us", "INTEGER", "time_us"),
        field("id", "TEXT", "id"),
        field("activity", "TEXT", "activity"),
        field("outcome", "TEXT", "outcome"),
        field("error_code", "TEXT", "error.code"),
        field("generator", "TEXT", "generator.name"),
        field("credential_source", "TEXT", "credential.source"),
        field("access_key_id", "TEXT", "credential.access_key_id"),
        field("profile", "TEXT", "credential.profile"),
        field("host", "TEXT", "target.host"),
        field("db_user", "TEXT", "target.user"),
        field("fingerprint", "TEXT", "token.sha256"),
    ].joined(separator: ",\n")

    private static let version1 = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE event (
            seq INTEGER PRIMARY KEY,
            payload TEXT NOT NULL,
            leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
            chain_hash BLOB NOT NULL CHECK (length(chain_hash) = 32),
        \(fields)
        ) STRICT;

        -- What searches used in version 1.
        CREATE TABLE segment (
            number INTEGER PRIMARY KEY,
            through_seq INTEGER NOT NULL,
            first_us INTEGER,
            last_us INTEGER
        ) STRICT;

        CREATE TABLE lookup (
            segment INTEGER NOT NULL,
            key INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY (segment, key, seq)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE anchor (
            kind TEXT NOT NULL CHECK (kind IN ('prune', 'verified')),
            through_seq INTEGER NOT NULL,
            chain_hash BLOB NOT NULL CHECK (length(chain_hash) = 32),
            time_us INTEGER NOT NULL,
            PRIMARY KEY (kind, through_seq)
        ) STRICT, WITHOUT ROWID;
        \(guards)
        """

    /// Seat belts, not evidence: a program that can write the file can drop them.
    ///
    /// The chain is the evidence.
    ///
    /// The first also stops INSERT OR REPLACE, for which no delete trigger fires.
    private static let guards = """

        CREATE TRIGGER event_in_sequence BEFORE INSERT ON event
        WHEN NEW.seq IS NOT 1 + max(
            coalesce((SELECT max(seq) FROM event), 0),
            coalesce((SELECT max(through_seq) FROM anchor WHERE kind = 'prune'), 0))
        BEGIN SELECT RAISE(ABORT, 'events are appended in sequence'); END;

        CREATE TRIGGER event_unchanged BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'events do not change'); END;

        CREATE TRIGGER event_kept BEFORE DELETE ON event
        WHEN OLD.seq > coalesce((SELECT max(through_seq) FROM anchor WHERE kind = 'prune'), 0)
        BEGIN SELECT RAISE(ABORT, 'events are deleted by pruning only'); END;

        CREATE TRIGGER anchor_true BEFORE INSERT ON anchor
        WHEN NOT EXISTS (SELECT 1 FROM event WHERE seq = NEW.through_seq AND chain_hash = NEW.chain_hash)
            OR EXISTS (SELECT 1 FROM anchor WHERE kind = NEW.kind AND through_seq = NEW.through_seq)
        BEGIN SELECT RAISE(ABORT, 'anchors state what the chain holds'); END;

        CREATE TRIGGER anchor_unchanged BEFORE UPDATE ON anchor
        BEGIN SELECT RAISE(ABORT, 'anchors do not change'); END;

        CREATE TRIGGER anchor_kept BEFORE DELETE ON anchor
        BEGIN SELECT RAISE(ABORT, 'anchors are kept'); END;

        CREATE TRIGGER meta_new BEFORE INSERT ON meta
        WHEN EXISTS (SELECT 1 FROM meta WHERE key = NEW.key)
        BEGIN SELECT RAISE(ABORT, 'the log keeps its name'); END;

        CREATE TRIGGER meta_unchanged BEFORE UPDATE ON meta
        BEGIN SELECT RAISE(ABORT, 'the log keeps its name'); END;

        CREATE TRIGGER meta_kept BEFORE DELETE ON meta
        BEGIN SELECT RAISE(ABORT, 'the log keeps its name'); END;
        """
}
