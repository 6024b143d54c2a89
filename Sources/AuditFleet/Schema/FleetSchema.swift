/// What makes a fleet's database, for PostgreSQL 13 and newer, without extensions.
///
/// Functions that others call run as the owner, with a fixed search path and fixed settings: what a caller sets in its
/// session changes nothing.
enum FleetSchema {
    /// Rises with each change.
    static let version = "1"

    /// All of it, in order.
    static let statements = [
        tables, payload, retention, shipping, views, roles,
        "INSERT INTO audit_fleet.meta VALUES ('schema_version', '\(version)')",
    ].joined(separator: "\n")
}
