/// What makes a fleet's database, for PostgreSQL 13 and newer, without extensions.
///
/// Functions that others call run as the owner, with a fixed search path and fixed settings: what a caller sets in its
/// session changes nothing.
enum FleetSchema {
    /// Rises with each change.
    static let version = "4"

    /// All of it, in order.
    static let statements = [
        tables, payload, retention, findings, storing, shipping, views, roles,
        "INSERT INTO audit_fleet.meta VALUES ('schema_version', '\(version)')",
    ].joined(separator: "\n")
}

extension FleetSchema {
    /// Roles and what they may do.
    static let roles = #"""
        DO $$ DECLARE title text; BEGIN
            FOREACH title IN ARRAY ARRAY['audit_fleet_shipper', 'audit_fleet_reader', 'audit_fleet_retention'] LOOP
                BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = title) THEN
                        EXECUTE format('CREATE ROLE %I NOLOGIN', title);
                    END IF;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END;
            END LOOP;
        END $$;
        REVOKE ALL ON SCHEMA audit_fleet FROM PUBLIC;
        REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit_fleet FROM PUBLIC;
        GRANT USAGE ON SCHEMA audit_fleet TO audit_fleet_shipper, audit_fleet_reader, audit_fleet_retention;
        GRANT EXECUTE ON FUNCTION audit_fleet.enroll(text, text, text, bigint, bytea),
            audit_fleet.contact(text, bigint, bigint, bytea), audit_fleet.hash_of_row(text, bigint),
            audit_fleet.open_findings(text),
            audit_fleet.ship(text, bigint[], bigint[], integer[], text[], bytea[], bytea[], bytea[])
            TO audit_fleet_shipper;
        GRANT SELECT ON ALL TABLES IN SCHEMA audit_fleet TO audit_fleet_reader;
        GRANT EXECUTE ON FUNCTION audit_fleet.json(text), audit_fleet.microseconds(jsonb), audit_fleet.moment(bigint),
            audit_fleet.body(text, bytea) TO audit_fleet_reader;
        GRANT EXECUTE ON FUNCTION audit_fleet.retire(date) TO audit_fleet_retention;
        GRANT SELECT ON audit_fleet.partition, audit_fleet.retired_run TO audit_fleet_retention;
        """#
}
